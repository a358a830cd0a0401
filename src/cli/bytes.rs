//! Words of any bytes, and their way through a parser of strings.

use std::{
    ffi::OsString,
    fmt::{self, Write},
    os::unix::ffi::{OsStrExt, OsStringExt},
    str::FromStr,
};

/// Any bytes, which pass through argh's strings as one character each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(super) OsString);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_bytes().iter().try_for_each(|byte| f.write_char((*byte).into()))
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
        assert_eq!(Bytes(bytes.clone()).to_string().parse(), Ok(Bytes(bytes)));
    }
}
