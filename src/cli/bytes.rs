//! Words of any bytes, and their way through a parser of strings.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    str::FromStr,
};

/// Any bytes, which pass through argh's strings as one character each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(super) OsString);

impl Bytes {
    /// The string from which they are parsed.
    pub(super) fn characters(bytes: &OsStr) -> String {
        bytes.as_bytes().iter().map(|byte| char::from(*byte)).collect()
    }
}

impl FromStr for Bytes {
    type Err = std::char::TryFromCharError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.chars().map(u8::try_from).collect::<Result<_, _>>()?;
        Ok(Self(OsString::from_vec(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_through_strings() {
        let bytes: Vec<u8> = (0..=255).collect();
        let bytes = OsString::from_vec(bytes);
        assert_eq!(Bytes::characters(&bytes).parse(), Ok(Bytes(bytes)));
    }
}
