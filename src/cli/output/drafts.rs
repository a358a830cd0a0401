//! Files that are written together: a few are synced at once, and then get their names.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use openssl::sha::sha256;

use super::{
    disk::{folder_of, holds, unwritable},
    lookaside,
    names::{Name, with_extension},
    sync,
};
use crate::Error;

/// Files without their names. Those that are left when it is dropped are removed.
pub(super) struct Drafts<'a> {
    /// The folder of all.
    root: &'a Path,
    drafts: Vec<Draft>,
    /// Folders with new names in them.
    folders: BTreeSet<PathBuf>,
}

struct Draft {
    /// Whose signature it is.
    pair: usize,
    name: Name,
    path: PathBuf,
    file: File,
    value: Vec<u8>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, drafts: Vec::new(), folders: BTreeSet::new() }
    }

    /// Writes a value, unless it is there already; then returns its file, below the folder.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn add(
        &mut self,
        pair: usize,
        name: Name,
        value: Vec<u8>,
    ) -> Result<Option<PathBuf>, Error> {
        let folder = match &name {
            Name::Stem(stem) => {
                let file = with_extension(stem, &value);
                let path = self.root.join(&file);
                if holds(&path, &value).map_err(|source| unwritable(&path, source))? {
                    return Ok(Some(file));
                }
                self.root.to_owned()
            }
            Name::Folder(folder) => {
                let path = self.root.join(folder);
                let found = lookaside::find(&path, &value);
                if let Ok(file) = found.map_err(|source| unwritable(&path, source))? {
                    return Ok(Some(folder.join(file)));
                }
                self.make(&path).map_err(|source| unwritable(&path, source))?;
                path
            }
        };
        // The same in the next run, if it gets the same signature; and no other process has it.
        let hash: String = sha256(&value)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!(".{hash}-{pair}.part"));
        let write = || {
            remove(&path)?;
            let mut file = File::options().write(true).create_new(true).open(&path)?;
            file.write_all(&value).map(|()| file)
        };
        let file = write().map_err(|source| {
            let _ = remove(&path);
            unwritable(&path, source)
        })?;
        self.drafts.push(Draft { pair, name, path, file, value });
        Ok(None)
    }

    /// Makes sure that all are on disk, and gives them their names: returns the pairs, each with its file below the folder.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn publish(mut self) -> Result<Vec<(usize, PathBuf)>, Error> {
        let files: Vec<_> =
            self.drafts.iter().map(|draft| (draft.path.as_path(), &draft.file)).collect();
        sync::files(&files)?;
        let mut published = Vec::new();
        for draft in &self.drafts {
            let put = || match &draft.name {
                Name::Stem(stem) => {
                    let file = with_extension(stem, &draft.value);
                    fs::rename(&draft.path, self.root.join(&file)).map(|()| file)
                }
                Name::Folder(folder) => {
                    let path = self.root.join(folder);
                    lookaside::publish(&path, &draft.path, &draft.value)
                        .map(|file| folder.join(file))
                }
            };
            let file = put().map_err(|source| unwritable(&draft.path, source))?;
            self.folders.insert(folder_of(&draft.path).to_owned());
            published.push((draft.pair, file));
        }
        sync::folders(self.folders.iter().map(PathBuf::as_path))?;
        Ok(published)
    }

    /// Makes a folder and those that it is in.
    fn make(&mut self, folder: &Path) -> io::Result<()> {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != self.root => {
                self.make(folder_of(folder))?;
                self.make(folder)
            }
            made => {
                self.folders.insert(folder_of(folder).to_owned());
                made
            }
        }
    }
}

impl Drop for Drafts<'_> {
    fn drop(&mut self) {
        for draft in &self.drafts {
            let _ = fs::remove_file(&draft.path);
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
