//! A file that is written beside its place, and gets its name when it is complete.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::disk::{folder_of, sync_folder, unwritable};
use crate::Error;

/// The file, until it has its name: then it is on disk as a whole, or what was there before is.
pub(super) struct Beside {
    path: PathBuf,
    /// Its file until then. That has one name in all runs: the next one replaces what a killed one has left.
    draft: PathBuf,
    file: File,
    /// The bytes of whole writes.
    length: u64,
    has_failed: bool,
}

impl Beside {
    /// Makes the draft; a file that is there stays as it is.
    ///
    /// # Errors
    /// [`Error::LocalFile`] if the file cannot be written or replaced.
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        let failed = |source| unwritable(path, source);
        let target = target(path).map_err(failed)?;
        let draft = draft(&target).map_err(failed)?;
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let create = || {
            let file = File::options().read(true).write(true).create_new(true).open(&draft)?;
            if let Ok(found) = fs::metadata(&target) {
                file.set_permissions(found.permissions())?;
            }
            Ok(file)
        };
        let file = create().map_err(failed)?;
        Ok(Self { path: target, draft, file, length: 0, has_failed: false })
    }

    /// Appends something, wholly or not at all.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut out = BufWriter::with_capacity(64 * 1024, &self.file);
        let written = write(&mut out).and_then(|()| out.flush());
        // What could not be written is not tried once more.
        drop(out.into_parts());
        let moved = written.and_then(|()| self.file.stream_position());
        match moved {
            Ok(length) => self.length = length,
            Err(source) => {
                self.has_failed = true;
                let _ = self.file.set_len(self.length);
                let _ = self.file.seek(SeekFrom::Start(self.length));
                return Err(unwritable(&self.path, source));
            }
        }
        Ok(())
    }

    /// Makes sure that what was written is on disk.
    ///
    /// # Errors
    /// [`Error::LocalFile`], also if another process has replaced the draft.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let synced = self.file.sync_data().map_err(|source| unwritable(&self.path, source));
        synced.and_then(|()| if self.is_draft() { Ok(()) } else { Err(self.replaced()) })
    }

    /// Puts the file in its place, unless nothing could be written to it. One with the same bytes stays as it is.
    ///
    /// # Errors
    /// [`Error::LocalFile`], also if another process has replaced the draft.
    pub(super) fn publish(mut self) -> Result<(), Error> {
        if self.try_publish()? { Ok(()) } else { Err(self.replaced()) }
    }

    /// The same; returns whether it is done. It is not if another process has replaced the draft.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn try_publish(&mut self) -> Result<bool, Error> {
        let mut put = || {
            if (self.has_failed && self.length == 0) || holds_same(&self.path, &mut self.file)? {
                return Ok(true);
            }
            self.file.sync_all()?;
            if !self.is_draft() {
                return Ok(false);
            }
            fs::rename(&self.draft, &self.path)?;
            sync_folder(folder_of(&self.path)).map(|()| true)
        };
        put().map_err(|source| unwritable(&self.path, source))
    }

    /// Whether the draft's name is still that of this file: another process may write to the same place.
    fn is_draft(&self) -> bool {
        let same = |one: &fs::Metadata, two: &fs::Metadata| {
            (one.dev(), one.ino()) == (two.dev(), two.ino())
        };
        match (fs::symlink_metadata(&self.draft), self.file.metadata()) {
            (Ok(named), Ok(own)) => same(&named, &own),
            _ => false,
        }
    }

    fn replaced(&self) -> Error {
        let problem = "another process writes it, too; give each a file of its own";
        unwritable(&self.path, io::Error::other(problem))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After a rename it is gone, or that of another process.
        if self.is_draft() {
            let _ = fs::remove_file(&self.draft);
        }
    }
}

/// The file to replace: what a link points to, not the link. A device or a pipe is not replaced.
fn target(path: &Path) -> io::Result<PathBuf> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path.into()),
        found => found?,
    };
    let target = if found.is_symlink() { fs::canonicalize(path)? } else { path.into() };
    let what = match fs::metadata(&target)?.file_type() {
        found if found.is_file() => return Ok(target),
        found if found.is_dir() => "a folder",
        _ => "a device, pipe or socket",
    };
    Err(io::Error::other(format!("it is {what}; expected a regular file, or none")))
}

fn draft(target: &Path) -> io::Result<PathBuf> {
    let problem = "it ends with no name; expected that of a file";
    let name = target.file_name().ok_or_else(|| io::Error::other(problem))?;
    let name = [OsStr::new("."), name, OsStr::new(".part")].into_iter().collect::<OsString>();
    Ok(target.with_file_name(name))
}

/// Whether what is in the place has the same bytes.
fn holds_same(path: &Path, file: &mut File) -> io::Result<bool> {
    let mut other = match File::open(path) {
        Ok(other) => other,
        // It is replaced.
        Err(_) => return Ok(false),
    };
    if other.metadata()?.len() != file.metadata()?.len() {
        return Ok(false);
    }
    file.rewind()?;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    loop {
        one.clear();
        two.clear();
        file.take(PART).read_to_end(&mut one)?;
        Read::by_ref(&mut other).take(PART).read_to_end(&mut two)?;
        if one != two || one.is_empty() {
            return Ok(one == two);
        }
    }
}

/// This number of bytes is compared at once.
const PART: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_process_writes_is_never_published() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results");
        let mut one = Beside::new(&path).unwrap();
        one.write(|out| out.write_all(b"one, complete")).unwrap();
        let mut two = Beside::new(&path).unwrap();
        two.write(|out| out.write_all(b"two, not ")).unwrap();
        let error = one.publish().unwrap_err().with_sources();
        assert!(error.contains("another process writes it"), "{error}");
        assert!(!path.exists());
        two.write(|out| out.write_all(b"complete")).unwrap();
        two.publish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two, not complete");
    }
}
