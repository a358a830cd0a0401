//! Files to sign, which are read when their requests are sent.
//!
//! Many large files need not be in memory at the same time: the bytes of each are read for each message that is made of them,
//! and not kept.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    signing::{Blob, Text},
};

/// Checks a file that gets a detached signature: that it can be read, and is at most 1 GiB.
///
/// Its bytes are read when its requests are sent. It must not change until then. What can be read only once, such as a pipe,
/// is read now.
///
/// # Errors
/// [`Error::InputFile`] if it cannot be read; [`Error::Argument`] if it is too large.
///
/// # Examples
/// ```
/// # let path = std::env::temp_dir().join("amqp-messenger-doctest");
/// # std::fs::write(&path, "release 1.0").unwrap();
/// let blob = amqp_messenger::files::blob(&path)?;
/// assert_eq!(blob.size(), 11);
/// std::fs::write(&path, "release 2.0!").unwrap();
/// assert!(blob.read().is_err(), "it has changed");
/// # Ok::<(), amqp_messenger::Error>(())
/// ```
pub fn blob(path: impl Into<PathBuf>) -> Result<Blob, Error> {
    let path = path.into();
    match opened(&path, WAITING)? {
        (_, Some(state)) => {
            let read = reading(path.clone(), state);
            Blob::later(path, state.size, read)
        }
        (file, None) => Blob::new(bytes(&path, file)?),
    }
}

/// The same of a text.
///
/// # Errors
/// As [`blob`].
pub fn text(path: impl Into<PathBuf>) -> Result<Text, Error> {
    let path = path.into();
    match opened(&path, WAITING)? {
        (_, Some(state)) => {
            let read = reading(path.clone(), state);
            Text::later(path, state.size, read)
        }
        (file, None) => Text::new(bytes(&path, file)?),
    }
}

/// Which file it is, and when it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl State {
    /// Nothing, if it is not a regular file.
    fn of(metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

/// The opening of a pipe waits for what writes to it.
const WAITING: i32 = 0;

/// A file that can be read, and what it is now.
fn opened(path: &Path, flags: i32) -> Result<(File, Option<State>), Error> {
    let open = || {
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        let state = State::of(&file.metadata()?);
        Ok((file, state))
    };
    open().map_err(unreadable(path))
}

/// Reads the file, if it is still as it was.
fn reading(
    path: PathBuf,
    state: State,
) -> impl Fn() -> Result<Vec<u8>, Error> + Send + Sync + 'static {
    move || {
        let changed = || {
            let problem = "it has changed since the start; sign it in a new run";
            unreadable(&path)(io::Error::other(problem))
        };
        // What has taken the place of the file may be a pipe.
        let (mut file, now) = opened(&path, libc::O_NONBLOCK)?;
        if now != Some(state) {
            return Err(changed());
        }
        let mut bytes = Vec::with_capacity(state.size as usize);
        file.read_to_end(&mut bytes).map_err(unreadable(&path))?;
        let after = file.metadata().map_err(unreadable(&path))?;
        if State::of(&after) == Some(state) { Ok(bytes) } else { Err(changed()) }
    }
}

fn bytes(path: &Path, mut file: File) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(unreadable(path))?;
    Ok(bytes)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::InputFile { path, source }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, process::Command};

    use super::*;

    #[test]
    fn a_file_is_read_when_it_is_needed_and_must_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        type Change = fn(&Path);
        let changes: [(Change, &str); 6] = [
            (|path| fs::write(path, "longer than it was").unwrap(), "it has changed"),
            (|path| fs::write(path, "").unwrap(), "it has changed"),
            (|path| fs::remove_file(path).unwrap(), "No such file"),
            (
                |path| {
                    fs::rename(path, path.with_extension("old")).unwrap();
                    fs::write(path, "bytes").unwrap();
                },
                "it has changed",
            ),
            (
                |path| {
                    fs::remove_file(path).unwrap();
                    symlink("/dev/null", path).unwrap();
                },
                "it has changed",
            ),
            (
                |path| {
                    fs::remove_file(path).unwrap();
                    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
                },
                "it has changed",
            ),
        ];
        for (change, says) in changes {
            let _ = fs::remove_file(&path);
            fs::write(&path, "bytes").unwrap();
            let (blob, text) = (blob(&path).unwrap(), text(&path).unwrap());
            assert_eq!((blob.size(), text.size()), (5, 5));
            for _ in 0..2 {
                assert_eq!(&*blob.read().unwrap(), b"bytes");
            }
            change(&path);
            for error in [blob.read().map(drop), text.read().map(drop)] {
                let error = error.unwrap_err().with_sources();
                assert!(
                    error.contains("file: cannot read the input: ") && error.contains(says),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn what_can_be_read_only_once_is_read_at_once() {
        let null = blob("/dev/null").unwrap();
        assert_eq!((null.size(), null.read().unwrap().len()), (0, 0));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let writer = std::thread::spawn({
            let path = path.clone();
            move || fs::write(path, "once").unwrap()
        });
        let text = text(&path).unwrap();
        writer.join().unwrap();
        for _ in 0..2 {
            assert_eq!(&*text.read().unwrap(), b"once");
        }
    }
}
