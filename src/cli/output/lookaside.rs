//! The signatures of an image in the layout that skopeo, podman and CRI-O read: `signature-1`, `signature-2` and so on, up
//! to the first that is missing.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::disk::holds;

/// Looks for a signature in a folder: returns its name, or else the first one that is free.
///
/// # Errors
/// Those of the system.
pub(super) fn find(folder: &Path, value: &[u8]) -> io::Result<Result<PathBuf, PathBuf>> {
    for number in 1_u64.. {
        let name = PathBuf::from(format!("signature-{number}"));
        let path = folder.join(&name);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(name)),
            Err(error) => return Err(error),
            Ok(_) if holds(&path, value)? => return Ok(Ok(name)),
            Ok(_) => {}
        }
    }
    unreachable!("a folder has fewer files")
}

/// Gives a draft the first free name, unless its signature is there, and returns the signature's name. Other processes may do
/// the same meanwhile.
///
/// # Errors
/// Those of the system.
pub(super) fn publish(folder: &Path, draft: &Path, value: &[u8]) -> io::Result<PathBuf> {
    loop {
        let free = match find(folder, value)? {
            Ok(name) => return Ok(name),
            Err(free) => free,
        };
        let path = folder.join(&free);
        match fs::hard_link(draft, &path) {
            Ok(()) => return Ok(free),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // There are file systems without links.
            Err(_) => return fs::rename(draft, &path).map(|()| free),
        }
    }
}
