//! What is needed of the file system.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::Error;

/// The error about a file that cannot be written.
pub(super) fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::LocalFile { path: path.into(), source }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes sure that a folder knows its files.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // The folder may be one to which only adding is allowed, or of a file system that needs no syncing of it.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// Whether a file has these bytes; it may be missing.
pub(super) fn holds(path: &Path, value: &[u8]) -> io::Result<bool> {
    let there = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(there.is_file() && there.len() == value.len() as u64 && fs::read(path)? == value)
}
