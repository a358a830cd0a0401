//! The file of a journal: it is locked, only its owner may read it, and it is only appended to.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufReader, Seek, SeekFrom, Write},
    os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::lock::lock;
use crate::error::Error;

/// An open file.
pub(super) struct StateFile {
    path: PathBuf,
    file: File,
    /// Whether something was written since the file was synced.
    is_dirty: bool,
    /// Why the file cannot be written to. Nothing is written after that: it would follow on half a line.
    failure: Option<io::Error>,
}

impl StateFile {
    /// Opens and locks a file, or makes a new one.
    ///
    /// # Errors
    /// [`Error::StateFile`] if it is no regular file; [`Error::StateInUse`]; [`Error::LocalFile`].
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::LocalFile { path: path.into(), source };
        match fs::symlink_metadata(path) {
            Ok(found) => check_type(path, found.file_type())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            // Whatever takes its place meanwhile: no link is followed, and nothing is waited for.
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(path)
            .map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        check_type(path, found.file_type())?;
        if !lock(&file).map_err(failed)? {
            return Err(Error::StateInUse { path: path.into() });
        }
        Ok(Self { path: path.into(), file, is_dirty: false, failure: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that only its owner may read it.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn close_to_others(&self) -> Result<(), Error> {
        let found = self.file.metadata().map_err(|source| self.failed(source))?;
        if found.permissions().mode() & 0o7777 == 0o600 {
            return Ok(());
        }
        let own = Permissions::from_mode(0o600);
        self.file.set_permissions(own).map_err(|source| self.failed(source))
    }

    /// Reads from a place on.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn read_from(&self, at: u64) -> Result<BufReader<&File>, Error> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at)).map_err(|source| self.failed(source))?;
        Ok(BufReader::with_capacity(64 << 10, file))
    }

    /// Drops what is behind the end.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn cut(&mut self, end: u64) -> Result<(), Error> {
        let length = self.file.metadata().map_err(|source| self.failed(source))?.len();
        if length > end {
            self.file.set_len(end).map_err(|source| self.failed(source))?;
            self.is_dirty = true;
        }
        Ok(())
    }

    /// Makes sure that the folder knows the file.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn sync_folder(&self) -> Result<(), Error> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()) {
            Ok(()) => Ok(()),
            // The folder may be one to which only adding is allowed, or of a file system that needs no syncing of it.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
                ) =>
            {
                Ok(())
            }
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Appends bytes. [`StateFile::sync`] returns a failure.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if self.failure.is_none() && !bytes.is_empty() {
            self.is_dirty = true;
            self.failure = self.file.write_all(bytes).err();
        }
    }

    /// Makes sure that everything is on disk.
    ///
    /// # Errors
    /// [`Error::LocalFile`], and the same again after the first failure: what an earlier call could not write is lost.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        if self.failure.is_none() && self.is_dirty {
            self.failure = self.file.sync_data().err();
            self.is_dirty = false;
        }
        match &self.failure {
            None => Ok(()),
            Some(error) => Err(self.failed(copy(error))),
        }
    }

    /// The error of the system about this file.
    pub(super) fn failed(&self, source: io::Error) -> Error {
        Error::LocalFile { path: self.path.clone(), source }
    }
}

fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

fn check_type(path: &Path, found: fs::FileType) -> Result<(), Error> {
    let what = match found {
        found if found.is_file() => return Ok(()),
        found if found.is_dir() => "a folder",
        found if found.is_symlink() => "a symbolic link",
        found if found.is_fifo() => "a FIFO",
        found if found.is_socket() => "a socket",
        _ => "a device",
    };
    let problem = format!("it is {what}; expected a regular file, or none");
    Err(Error::StateFile { path: path.into(), problem })
}
