//! Texts and blobs to sign: bytes that are here, or that are read when they are needed.

use std::{
    borrow::Cow,
    fmt, io,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use openssl::sha::sha256;

use crate::error::{Argument, Error};

/// The largest text or blob, in bytes: base64 lengths must fit OpenSSL's signed 32-bit integers.
const MAX_SIZE: u64 = 1 << 30;

/// A text to sign, at most 1 GiB, in any encoding. Clones share its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Data);

/// Bytes that get a detached signature, at most 1 GiB. Clones share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob(Data);

/// Makes the functions of a kind of data.
macro_rules! of_data {
    ($kind:ident, $argument:expr) => {
        impl $kind {
            /// Checks bytes.
            ///
            /// # Errors
            /// [`Error::Argument`] if they are more than 1 GiB.
            pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
                let bytes = bytes.into();
                checked($argument, bytes.len() as u64)?;
                Ok(Self(Data::Here(bytes.into())))
            }

            /// Takes a function that reads the bytes of a file. They are read each time that a message is made of them, and
            /// not kept: the memory for large files is needed only while their messages go out.
            ///
            /// `size` is the number of bytes that are expected. The file must not change while it is signed: a second
            /// reading that brings other bytes fails.
            ///
            /// # Errors
            /// [`Error::Argument`] if it is more than 1 GiB.
            pub fn later(
                path: impl Into<PathBuf>,
                size: u64,
                read: impl Fn() -> Result<Vec<u8>, Error> + Send + Sync + 'static,
            ) -> Result<Self, Error> {
                checked($argument, size)?;
                let (path, read, seen) = (path.into(), Box::new(read), OnceLock::new());
                Ok(Self(Data::Later(Arc::new(Later { path, size, read, seen }))))
            }

            /// Returns the number of bytes, or the number that is expected of a file.
            pub fn size(&self) -> u64 {
                match &self.0 {
                    Data::Here(bytes) => bytes.len() as u64,
                    Data::Later(later) => later.size,
                }
            }

            /// Returns the bytes, and reads them if they are those of a file.
            ///
            /// # Errors
            /// That of the function that reads; [`Error::InputFile`] if it brings other bytes than the first time, and
            /// [`Error::Argument`] if these are more than 1 GiB.
            pub fn read(&self) -> Result<Cow<'_, [u8]>, Error> {
                match &self.0 {
                    Data::Here(bytes) => Ok(Cow::Borrowed(bytes)),
                    Data::Later(later) => {
                        let bytes = later.read()?;
                        checked($argument, bytes.len() as u64)?;
                        Ok(Cow::Owned(bytes))
                    }
                }
            }
        }
    };
}

of_data!(Text, Argument::Text);
of_data!(Blob, Argument::Blob);

#[derive(Clone)]
enum Data {
    Here(Arc<Vec<u8>>),
    Later(Arc<Later>),
}

/// Bytes that are read when they are needed.
struct Later {
    path: PathBuf,
    size: u64,
    read: Box<dyn Fn() -> Result<Vec<u8>, Error> + Send + Sync>,
    /// The digest of what was read first.
    seen: OnceLock<[u8; 32]>,
}

impl Later {
    fn read(&self) -> Result<Vec<u8>, Error> {
        let bytes = (self.read)()?;
        let digest = sha256(&bytes);
        if *self.seen.get_or_init(|| digest) != digest {
            let problem = "it has changed since it was read first; sign it in a new run";
            let source = io::Error::other(problem);
            return Err(Error::InputFile { path: self.path.clone(), source });
        }
        Ok(bytes)
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Here(one), Self::Here(other)) => one == other,
            (Self::Later(one), Self::Later(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Data {}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Later(later) => write!(f, "{} bytes of {:?}", later.size, later.path),
        }
    }
}

fn checked(argument: Argument, size: u64) -> Result<(), Error> {
    if size > MAX_SIZE {
        return Err(Error::argument(argument, "is larger than 1 GiB"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn data_too_large_for_base64_is_refused() {
        // Memory that is not touched costs nothing.
        let zeros = |size: u64| vec![0; size as usize];
        assert_eq!(Blob::new(zeros(MAX_SIZE)).unwrap().size(), MAX_SIZE);
        let never = || panic!("it is not read");
        for error in [
            Blob::new(zeros(MAX_SIZE + 1)).map(drop).unwrap_err().to_string(),
            Text::new(zeros(MAX_SIZE + 1)).map(drop).unwrap_err().to_string(),
            Blob::later("f", MAX_SIZE + 1, never).map(drop).unwrap_err().to_string(),
            Text::later("f", 1, move || Ok(zeros(MAX_SIZE + 1)))
                .unwrap()
                .read()
                .unwrap_err()
                .to_string(),
        ] {
            assert!(error.ends_with(": is larger than 1 GiB"), "{error}");
        }
    }

    #[test]
    fn a_file_is_read_when_it_is_needed_and_may_not_change() {
        let content = Arc::new(Mutex::new("one"));
        let file = Arc::clone(&content);
        let blob =
            Blob::later("a.tar", 9, move || Ok(file.lock().unwrap().to_owned().into())).unwrap();
        *content.lock().unwrap() = "two";
        assert_eq!((blob.size(), &*blob.read().unwrap()), (9, &b"two"[..]));
        assert_eq!(*blob.read().unwrap(), *b"two");
        *content.lock().unwrap() = "six";
        let Err(Error::InputFile { path, source }) = blob.read().map(drop) else { panic!() };
        assert!(path.ends_with("a.tar") && source.to_string().starts_with("it has changed"));
    }
}
