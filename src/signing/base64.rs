//! Base64 that came from outside, with line breaks or without.

use std::borrow::Cow;

/// Base64 (RFC 4648 part 4) on one line: line breaks, and blanks at the ends of lines, as MIME and PEM have them, are left
/// out.
///
/// # Errors
/// The reason in one clause if it is not base64.
pub(super) fn one_line(text: &str) -> Result<Cow<'_, str>, String> {
    let mut line = Cow::Borrowed(text.trim_ascii());
    // In one pass: most values are good, and on one line.
    if !are_digits(line.trim_end_matches('=').as_bytes()) {
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

/// Whether all bytes are digits of base64: eight at once, and without branches.
fn are_digits(bytes: &[u8]) -> bool {
    let (eights, rest) = bytes.as_chunks();
    let eights = eights.iter().map(|eight| digits(u64::from_le_bytes(*eight)));
    eights.fold(!0, |all, digits| all & digits) & ALL_HIGHEST == ALL_HIGHEST
        && rest.iter().all(|byte| is_digit(*byte))
}

const ALL_HIGHEST: u64 = 0x8080_8080_8080_8080;

/// Sets the highest bit of each of eight bytes that is a digit.
fn digits(eight: u64) -> u64 {
    let all = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let is_ascii = !eight;
    let eight = eight & !ALL_HIGHEST;
    // No byte reaches the next one.
    let from = |eight: u64, first: u8| eight + all(0x80 - first);
    let between = |eight, first, last| from(eight, first) & !from(eight, last + 1);
    // With this bit, a capital letter becomes a small one.
    let letter = between(eight | all(0x20), b'a', b'z');
    is_ascii & (letter | between(eight, b'/', b'9') | between(eight, b'+', b'+'))
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

    /// Among eight bytes, and after them.
    #[test]
    fn every_byte_is_known_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..11 {
                for other in *b"A+/9z" {
                    let mut text = [other; 11];
                    text[place] = byte;
                    assert_eq!(are_digits(&text), is_digit(byte), "{byte} at {place}");
                }
            }
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
