//! Base64 that came from outside, with line breaks or without.

use std::borrow::Cow;

/// Base64 (RFC 4648 part 4) on one line: line breaks, and blanks at the ends of lines, as MIME and PEM have them, are left
/// out.
///
/// # Errors
/// The reason in one clause if it is not base64.
pub(super) fn one_line(text: &str) -> Result<Cow<'_, str>, String> {
    let mut line = Cow::Borrowed(text.trim_ascii());
    // In one pass without branches: most values are good, and on one line.
    if !line.trim_end_matches('=').bytes().fold(true, |all, byte| all & is_digit(byte)) {
        line = joined(text);
        let mut characters = line.trim_end_matches('=').char_indices();
        if let Some((at, c)) = characters.find(|(_, c)| !c.is_ascii() || !is_digit(*c as u8)) {
            return Err(format!("it is not base64: character {} is {c:?}", at + 1));
        }
    }
    let unpadded = line.trim_end_matches('=');
    if unpadded.is_empty() || line.len() - unpadded.len() > 2 || !line.len().is_multiple_of(4) {
        return Err(
            "it is not base64: its length is wrong, so part of it may be missing".to_owned()
        );
    }
    Ok(line)
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/')
}

/// The same of a text that is known to be base64.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    if text.contains(['\n', '\r']) {
        Cow::Owned(text.split(['\n', '\r']).map(str::trim_ascii).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_left_out() {
        for text in [
            "QUJD",
            "QUI=",
            "QQ==",
            "+/+/",
            "QUJD\n",
            "\r\nQUJD",
            "QU\nJD",
            "QUJD\r\nQUJD\r\n",
            " QUJD ",
            "  QU \n\t JD\n\n",
        ] {
            let line = one_line(text).unwrap();
            assert_eq!(line, text.replace(|c: char| c.is_ascii_whitespace(), ""), "{text:?}");
            openssl::base64::decode_block(&line).unwrap();
        }
    }

    #[test]
    fn what_is_not_base64_has_a_reason() {
        for (text, reason) in [
            ("", "length"),
            ("=", "length"),
            ("====", "length"),
            ("Q===", "length"),
            ("QUJDR", "length"),
            ("QUJDRA", "length"),
            ("QUJD=", "length"),
            ("QU=D", "character 3 is '='"),
            ("QU D", "character 3 is ' '"),
            ("QU-_", "character 3 is '-'"),
            ("QUJD\u{1b}[2J", "character 5 is '\\u{1b}'"),
            ("QUJD\\nQUJD", "character 5 is '\\\\'"),
            ("ｱｱｱｱ", "character 1 is 'ｱ'"),
            (
                "-----BEGIN PGP SIGNATURE-----\nQUJD\n-----END PGP SIGNATURE-----",
                "character 1 is '-'",
            ),
        ] {
            let error = one_line(text).unwrap_err();
            assert!(
                error.starts_with("it is not base64: ") && error.contains(reason),
                "{text:?}: {error}"
            );
        }
    }
}
