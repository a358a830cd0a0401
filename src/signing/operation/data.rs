//! Texts and blobs to sign.

use std::sync::Arc;

use crate::error::{Argument, Error};

/// The largest text or blob, in bytes: base64 lengths must fit OpenSSL's signed 32-bit integers.
const MAX_SIZE: usize = 1 << 30;

/// A text to sign, at most 1 GiB, in any encoding. Clones share its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Arc<Vec<u8>>);

impl Text {
    /// Checks a text's bytes.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is larger than 1 GiB.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Ok(Self(checked(Argument::Text, bytes.into())?))
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes that get a detached signature, at most 1 GiB. Clones share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob(Arc<Vec<u8>>);

impl Blob {
    /// Checks a blob's bytes.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is larger than 1 GiB.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Ok(Self(checked(Argument::Blob, bytes.into())?))
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn checked(argument: Argument, bytes: Vec<u8>) -> Result<Arc<Vec<u8>>, Error> {
    if bytes.len() > MAX_SIZE {
        return Err(Error::argument(argument, "is larger than 1 GiB"));
    }
    Ok(Arc::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_too_large_for_base64_is_refused() {
        // Memory that is not touched costs nothing.
        let zeros = |size| vec![0; size];
        assert_eq!(Blob::new(zeros(MAX_SIZE)).unwrap().as_bytes().len(), MAX_SIZE);
        for error in [
            Blob::new(zeros(MAX_SIZE + 1)).map(drop).unwrap_err().to_string(),
            Text::new(zeros(MAX_SIZE + 1)).map(drop).unwrap_err().to_string(),
        ] {
            assert!(error.ends_with(": is larger than 1 GiB"), "{error}");
        }
    }
}
