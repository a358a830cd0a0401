//! A folder with a file for each signature, and a list of them.

use std::{
    cell::{Cell, RefCell},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    rc::Rc,
};

use crate::{
    Error, Run,
    signing::{Entry, Notice, Observer, pyjson},
};

use super::{
    beside::Beside,
    disk::{folder_of, sync_folder, unwritable},
    drafts::Drafts,
    names,
    pairs::Pairs,
    standing::{self, Standing},
};

/// This number of files is written before they are synced.
const TOGETHER: usize = 100;

/// The name of the list.
const LIST: &str = "signatures.json";

/// Writes the file of each signature before the broker learns that it has come.
pub(super) struct Folder<'a> {
    path: PathBuf,
    pairs: Rc<Pairs<'a>>,
    /// For each request whether it is signed and its values were taken.
    is_done: RefCell<Vec<bool>>,
    /// For each pair whether its value was taken.
    is_taken: RefCell<Vec<bool>>,
    /// Values that are not written yet, each with the number of its pair.
    values: RefCell<Vec<(usize, Vec<u8>)>>,
    /// For each pair its file, below the folder.
    files: RefCell<Vec<Option<PathBuf>>>,
    has_failed: Cell<bool>,
}

impl<'a> Folder<'a> {
    /// Checks the names of all files, and that the folder can be written; makes it if it is missing.
    ///
    /// # Errors
    /// [`Error::Argument`] if two signatures would have one file; [`Error::LocalFile`].
    pub(super) fn new(path: &Path, pairs: Rc<Pairs<'a>>, run: &Run) -> Result<Self, Error> {
        names::check(&pairs)?;
        match fs::create_dir(path) {
            Ok(()) => sync_folder(folder_of(path)).map_err(|source| unwritable(path, source))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(unwritable(path, source)),
        }
        // Only to see that it can be.
        drop(Beside::new(&path.join(LIST))?);
        Ok(Self {
            path: path.into(),
            is_done: RefCell::new(vec![false; run.entries().len()]),
            is_taken: RefCell::new(vec![false; pairs.len()]),
            values: RefCell::default(),
            files: RefCell::new(vec![None; pairs.len()]),
            has_failed: Cell::new(false),
            pairs,
        })
    }

    /// Writes what is signed before the run.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn begin(&self, run: &Run) -> Result<(), Error> {
        let signed = |(_, entry): &(_, &Entry)| standing::is_signed(entry);
        self.take_all(run.entries().iter().enumerate().filter(signed))
    }

    /// Writes the rest, and the list.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn end(&self, run: &Run) -> Result<(), Error> {
        // Its error has ended the run.
        if self.has_failed.get() {
            return Ok(());
        }
        self.take_all(run.entries().iter().enumerate())?;
        // Other runs may write theirs at the same time.
        loop {
            let mut list = Beside::new(&self.path.join(LIST))?;
            list.write(|out| self.list(out, run))?;
            if list.try_publish()? {
                return Ok(());
            }
        }
    }

    fn take_all<'e>(&self, entries: impl Iterator<Item = (usize, &'e Entry)>) -> Result<(), Error> {
        for (number, entry) in entries {
            self.take(number, entry);
            if self.values.borrow().len() >= TOGETHER {
                self.write()?;
            }
        }
        self.write()
    }

    /// Takes the values of a request.
    fn take(&self, number: usize, entry: &Entry) {
        let is_signed = standing::is_signed(entry);
        if !std::mem::replace(&mut self.is_done.borrow_mut()[number], is_signed) {
            let values = entry.signed_values();
            self.take_values(number, |value| values[value].as_str());
        }
    }

    /// Takes those values of a request that there are, each once.
    fn take_values<'v>(&self, number: usize, values: impl Fn(usize) -> &'v str) {
        let mut is_taken = self.is_taken.borrow_mut();
        for (pair, value) in self.pairs.of_request(number) {
            if is_taken[pair] {
                continue;
            }
            // It was checked when the reply was read.
            let decoded = openssl::base64::decode_block(values(value)).unwrap_or_default();
            if !decoded.is_empty() {
                is_taken[pair] = true;
                self.values.borrow_mut().push((pair, decoded));
            }
        }
    }

    fn write(&self) -> Result<(), Error> {
        let mut values = self.values.take().into_iter().peekable();
        let mut files = self.files.borrow_mut();
        let mut write = || {
            while values.peek().is_some() {
                let mut drafts = Drafts::new(&self.path);
                for (pair, value) in values.by_ref().take(TOGETHER) {
                    let name = names::name(&self.pairs, self.pairs.get(pair));
                    files[pair] = drafts.add(pair, name, value)?;
                }
                for (pair, file) in drafts.publish()? {
                    files[pair] = Some(file);
                }
            }
            Ok(())
        };
        let written = write();
        self.has_failed.set(written.is_err());
        written
    }

    fn list(&self, out: &mut dyn Write, run: &Run) -> io::Result<()> {
        let files = self.files.borrow();
        out.write_all(b"[")?;
        for (number, file) in files.iter().enumerate() {
            let pair = self.pairs.get(number);
            let (standing, file) = match self.pairs.place(number) {
                Some((request, _)) => {
                    (Standing::of(&run.entries()[request], file.is_some()), file.as_deref())
                }
                None => {
                    let file = self.pairs.existing().get(&number).and_then(Option::as_deref);
                    (Standing::Exists, file)
                }
            };
            out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
            let mut head = Vec::new();
            pair.write_head(&mut head);
            out.write_all(&head)?;
            let file = file.map(|file| pyjson::quoted(&file.to_string_lossy()));
            write!(
                out,
                ", \"signature_file\": {}, \"status\": \"{}\"}}",
                file.as_deref().unwrap_or("null"),
                standing.word()
            )?;
        }
        out.write_all(b"\n]\n")
    }
}

impl Observer for Folder<'_> {
    fn notice(&self, notice: Notice<'_>) {
        let Notice::Reply(noted, received) = notice else { return };
        if standing::is_signed(noted.entry) {
            self.take(noted.index, noted.entry);
        } else if noted.entry.request().is_batch() {
            // The broker does not offer it again, and the process may be killed before the rest comes.
            let values = received.values(noted.entry.request());
            self.take_values(noted.index, |value| &values[value]);
        }
    }

    fn secure(&self) -> Result<(), Error> {
        self.write()
    }

    fn secures(&self) -> bool {
        true
    }
}
