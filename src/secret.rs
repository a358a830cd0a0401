//! Secrets in files.

use std::{fs::File, io::Read, path::Path};

use zeroize::Zeroizing;

use crate::error::{Error, printable_path};

/// More than any password; a device or a wrong file must not fill the memory.
const LIMIT: u64 = 64 << 10;

/// Reads a secret, which is erased from memory when it is dropped; errors name it as `what`.
///
/// Editors end a file with a line break, and some begin it with a byte order mark. Neither is part of the secret; all
/// else is, blanks and further line breaks, too.
///
/// # Errors
/// [`Error::Certificate`] if the file cannot be read, is empty, is no UTF-8, holds PEM, or contains a NUL, which a C
/// string cannot hold.
pub(crate) fn read(path: &Path, what: &str) -> Result<Zeroizing<String>, Error> {
    let wrong = |problem: String| Error::Certificate { path: path.into(), problem };
    // Allocated once: growing would leave parts of the secret behind in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT as usize + 1));
    File::open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(format!("cannot read the {what}: {error}")))?;
    let text = text(&bytes).map_err(|problem| wrong(format!("the {what} {problem}")))?;
    let secret =
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if secret.contains(['\n', '\r']) {
        let path = printable_path(path);
        log::warn!("{path}: the {what} contains a line break; only one at its end is cut off");
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    if bytes.len() as u64 > LIMIT {
        return Err("is longer than 64 KiB");
    }
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..]) {
        return Err("is in UTF-16; convert the file with iconv -f UTF-16 -t UTF-8");
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match str::from_utf8(bytes) {
        Err(_) => Err("is not UTF-8"),
        Ok(text) if text.trim_matches(['\n', '\r']).is_empty() => Err("is empty"),
        Ok(text) if text.contains('\0') => Err("holds a NUL character"),
        Ok(text) if text.contains("-----BEGIN ") => {
            Err("is PEM; expected the file to hold nothing else")
        }
        Ok(text) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(content: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        read(&path, "password").map(|secret| secret.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_one_line_break_at_the_end_is_no_part_of_a_secret() {
        for (content, expected) in [
            ("sesame", "sesame"),
            ("sesame\n", "sesame"),
            ("sesame\r\n", "sesame"),
            ("sesame\n\n", "sesame\n"),
            ("sesame\r", "sesame\r"),
            ("\nsesame", "\nsesame"),
            (" sesame ", " sesame "),
            ("\tsesame \t\n", "\tsesame \t"),
            ("\u{a0}sesame\u{2003}\r\n", "\u{a0}sesame\u{2003}"),
            (" \n", " "),
            ("\u{feff}sesame\n", "sesame"),
        ] {
            assert_eq!(secret(content.as_bytes()).as_deref(), Ok(expected), "{content:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_named_and_not_shown() {
        for (content, expected) in [
            (&b""[..], "the password is empty"),
            (b"\n", "is empty"),
            (b"\r\n\n", "is empty"),
            (b"\xef\xbb\xbf\n", "is empty"),
            (b"se\0same", "NUL"),
            (b"sesam\xe9", "not UTF-8"),
            (b"\xff\xfes\0e\0s\0", "UTF-16"),
            (b"\xfe\xff\0s\0e\0s", "UTF-16"),
            (b"s\0e\0s\0a\0", "UTF-16"),
            (b"-----BEGIN PRIVATE KEY-----\nsesame", "is PEM"),
            (&[b's'; (64 << 10) + 1], "longer than 64 KiB"),
        ] {
            let problem = secret(content).unwrap_err();
            assert!(problem.contains(expected) && !problem.contains("sesam"), "{problem}");
        }
    }
}
