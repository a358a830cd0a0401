//! What is to be signed, read from arguments and files.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::{
    Argument, Error,
    error::{printable, printable_path},
    files,
    signing::{Blob, Text},
};

use super::{alarm::Alarm, options::Bytes, style::Style};

/// A text to sign, and its form in the document: the argument itself, or natively with `-` the bytes of standard input. With
/// `@file` it is the text in that file, whose form the document reads.
///
/// pubtools-sign encodes an argument in Latin-1, and so signs other bytes than were given, or fails; under its
/// names this program does the same with an argument, but not with a file.
///
/// # Errors
/// [`Error::InputFile`] if the file cannot be read; [`Error::Argument`] for a character beyond Latin-1, and natively for
/// an empty argument.
pub(super) fn text(
    argument: &OsStr,
    style: Style,
    alarm: Option<&Alarm>,
) -> Result<(Text, String), Error> {
    if let Some(path) = argument.as_bytes().strip_prefix(b"@") {
        let text = text_file(Path::new(OsStr::from_bytes(path)), style, alarm);
        return Ok((text.map_err(named_after_an_at)?, String::new()));
    }
    if let Some(input) = Standard::named(argument, style) {
        let bytes = input.read(alarm)?;
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        return Ok((Text::new(bytes)?, shown));
    }
    let shown = argument.to_string_lossy().into_owned();
    let latin_1 = style == Style::PubtoolsSign;
    if !latin_1 && argument.is_empty() {
        let problem = "is empty: expected a text or @FILE; is a variable unset?";
        return Err(Error::argument(Argument::Text, problem));
    }
    if !latin_1 {
        return Ok((Text::new(argument.as_bytes())?, shown));
    }
    let byte = |c: char| {
        u8::try_from(u32::from(c)).map_err(|_| {
            let problem = format!(
                "holds \"{}\", which is beyond Latin-1; put the text into a file and give @FILE",
                printable(&c.to_string())
            );
            Error::argument(Argument::Text, problem)
        })
    };
    let bytes = shown.chars().map(byte).collect::<Result<Vec<_>, _>>()?;
    Ok((Text::new(bytes)?, shown))
}

/// The file that an argument names, if it does.
pub(super) fn file_of(argument: &OsStr, style: Style) -> Option<PathBuf> {
    match argument.as_bytes().strip_prefix(b"@") {
        Some(path) => Some(PathBuf::from(OsStr::from_bytes(path))),
        None => Standard::named(argument, style).map(|_| PathBuf::from("-")),
    }
}

/// A text may begin with an @ that is not meant to name a file.
fn named_after_an_at(error: Error) -> Error {
    match error {
        Error::InputFile { path, source } => {
            let remedy = "a file's name is expected after \"@\"; put a text that begins with \"@\" into a file";
            let source = io::Error::new(source.kind(), format!("{source}; {remedy}"));
            Error::InputFile { path, source }
        }
        other => other,
    }
}

/// The text in a file, which natively is read when it is sent. A deadline that passes meanwhile ends the process.
///
/// # Errors
/// [`Error::InputFile`] if it cannot be read; [`Error::Argument`] if it is too large.
pub(super) fn text_file(path: &Path, style: Style, alarm: Option<&Alarm>) -> Result<Text, Error> {
    match style {
        Style::Native => noted(path, alarm, files::text),
        Style::PubtoolsSign => noted(path, alarm, bytes).and_then(Text::new),
    }
}

/// The same of a blob.
///
/// # Errors
/// As [`text_file`].
pub(super) fn blob_file(path: &Path, style: Style, alarm: Option<&Alarm>) -> Result<Blob, Error> {
    match style {
        Style::Native => noted(path, alarm, files::blob),
        Style::PubtoolsSign => noted(path, alarm, bytes).and_then(Blob::new),
    }
}

fn noted<T>(
    path: &Path,
    alarm: Option<&Alarm>,
    read: impl FnOnce(PathBuf) -> Result<T, Error>,
) -> Result<T, Error> {
    if let Some(alarm) = alarm {
        alarm.reading(&printable_path(path));
    }
    read(path.to_owned())
}

fn bytes(path: PathBuf) -> Result<Vec<u8>, Error> {
    fs::read(&path).map_err(|source| Error::InputFile { path, source })
}

/// Standard input.
pub(super) struct Standard;

impl Standard {
    /// Standard input, if that is what a word names.
    pub(super) fn named(word: &OsStr, style: Style) -> Option<Self> {
        (word == "-" && style == Style::Native).then_some(Self)
    }

    /// Its bytes up to the end.
    pub(super) fn read(self, alarm: Option<&Alarm>) -> Result<Vec<u8>, Error> {
        if let Some(alarm) = alarm {
            alarm.reading(STANDARD);
        }
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|source| Error::InputFile { path: PathBuf::from(STANDARD), source })?;
        Ok(bytes)
    }
}

/// What errors call standard input.
const STANDARD: &str = "standard input";

/// Reads a list from a file, or with `-` from standard input. A deadline that passes meanwhile ends the process.
///
/// # Errors
/// [`Error::InputFile`] if it cannot be read, and those of `read`.
pub(super) fn list<T>(
    list: &Bytes,
    alarm: Option<&Alarm>,
    read: impl FnOnce(&str, &mut dyn Read) -> Result<T, Error>,
) -> Result<T, Error> {
    let name = shown(list);
    if let Some(alarm) = alarm {
        alarm.reading(&name);
    }
    if list.0 == "-" {
        return read(&name, &mut io::stdin().lock());
    }
    let path = Path::new(&list.0);
    let file = File::open(path);
    let mut file = file.map_err(|source| Error::InputFile { path: PathBuf::from(path), source })?;
    read(&name, &mut file)
}

/// What errors call a list.
pub(super) fn shown(list: &Bytes) -> String {
    if list.0 == "-" { STANDARD.into() } else { printable_path(Path::new(&list.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_its_own_bytes_natively_and_latin_1_under_the_names_of_pubtools_sign() {
        let of = |argument: &str, style| {
            text(OsStr::new(argument), style, None)
                .map(|(text, _)| text.read().unwrap().into_owned())
        };
        assert_eq!(of("é", Style::Native).unwrap(), "é".as_bytes());
        assert_eq!(of("é", Style::PubtoolsSign).unwrap(), [0xe9]);
        assert!(of("€", Style::PubtoolsSign).unwrap_err().to_string().contains('€'));
        let (raw, shown) = text(OsStr::from_bytes(&[0xff, b'a']), Style::Native, None).unwrap();
        assert_eq!((&*raw.read().unwrap(), shown.as_str()), (&[0xff, b'a'][..], "\u{fffd}a"));
    }
}
