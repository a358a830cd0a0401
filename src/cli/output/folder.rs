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
    /// For each request whether its values were taken.
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
            is_taken: RefCell::new(vec![false; run.entries().len()]),
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

    /// Takes the values of a request, once.
    fn take(&self, number: usize, entry: &Entry) {
        if std::mem::replace(&mut self.is_taken.borrow_mut()[number], true) {
            return;
        }
        let values = entry.signed_values();
        for (pair, value) in self.pairs.of_request(number) {
            // It was checked when the reply was read.
            let decoded = openssl::base64::decode_block(values[value].as_str());
            self.values
                .borrow_mut()
                .extend(decoded.ok().filter(|value| !value.is_empty()).map(|value| (pair, value)));
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
            out.write_all(&pair.head())?;
            let file = file.map(Path::to_string_lossy);
            write!(
                out,
                ", \"signature_file\": {}, \"status\": \"{}\"}}",
                pyjson::to_string(&file),
                standing.word()
            )?;
        }
        out.write_all(b"\n]\n")
    }
}

impl Observer for Folder<'_> {
    fn notice(&self, notice: Notice<'_>) {
        if let Notice::Reply(noted, _) = notice
            && standing::is_signed(noted.entry)
        {
            self.take(noted.index, noted.entry);
        }
    }

    fn secure(&self) -> Result<(), Error> {
        self.write()
    }

    fn secures(&self) -> bool {
        true
    }
}
