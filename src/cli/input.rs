//! What is to be signed, read from arguments and files.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::{Error, signing::Text};

/// A text to sign: an argument itself, or with `@file` the bytes of that file.
///
/// The reference takes an argument for Latin-1 and so signs other bytes than were given, or fails;
/// under its names (`latin_1`) an argument, not a file, is still that.
///
/// # Errors
/// [`Error::InputFile`] where the file cannot be read; [`Error::Argument`] for a character beyond Latin-1.
pub(super) fn text(argument: &OsStr, latin_1: bool) -> Result<Text, Error> {
    if let Some(path) = argument.as_bytes().strip_prefix(b"@") {
        let bytes = file(Path::new(OsStr::from_bytes(path)))?;
        return Ok(Text { shown: String::from_utf8_lossy(&bytes).into_owned(), bytes });
    }
    let shown = argument.to_string_lossy().into_owned();
    if !latin_1 {
        return Ok(Text { shown, bytes: argument.as_bytes().to_vec() });
    }
    let byte = |c: char| {
        u8::try_from(u32::from(c)).map_err(|_| Error::Argument {
            name: "input".into(),
            problem: format!("“{c}” is beyond Latin-1; put the text into a file and give @FILE"),
        })
    };
    Ok(Text { bytes: shown.chars().map(byte).collect::<Result<_, _>>()?, shown })
}

/// The bytes of a file.
///
/// # Errors
/// [`Error::InputFile`] where it cannot be read.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::InputFile { path: PathBuf::from(path), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_its_own_bytes_natively_and_latin_1_as_the_reference() {
        let of =
            |argument: &str, latin_1| text(OsStr::new(argument), latin_1).map(|text| text.bytes);
        assert_eq!(of("é", false).unwrap(), "é".as_bytes());
        assert_eq!(of("é", true).unwrap(), [0xe9]);
        assert!(of("€", true).unwrap_err().to_string().contains('€'));
        let raw = text(OsStr::from_bytes(&[0xff, b'a']), false).unwrap();
        assert_eq!((raw.bytes, raw.shown.as_str()), (vec![0xff, b'a'], "\u{fffd}a"));
    }
}
