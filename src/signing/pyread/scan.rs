//! What bytes begin with, in JSON.

/// The length of the number; `None` if there is none.
pub(super) fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        Some(rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
            .filter(|&count| count > 0)
    };
    let mut length = usize::from(bytes.first() == Some(&b'-'));
    // No digit follows a leading zero.
    length += if bytes.get(length) == Some(&b'0') { 1 } else { digits(length)? };
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(length) {
        length += 1 + usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        length += digits(length)?;
    }
    Some(length)
}

/// The character that an escape with `\u`, or a pair of them, stands for, and the length. Half a pair is U+FFFD.
pub(super) fn escaped(bytes: &[u8]) -> Option<(usize, char)> {
    let first = unit(bytes)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((6, c));
    }
    let pair = [Some(first), bytes.get(6..).and_then(unit)].into_iter().flatten();
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) => Some((12, c)),
        _ => Some((6, char::REPLACEMENT_CHARACTER)),
    }
}

fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Whether a character stands for itself.
pub(super) fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') && c != '"' && c != '\\'
}

/// The first character; `None` if it is not UTF-8.
pub(super) fn character(bytes: &[u8]) -> Option<char> {
    let bytes = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
    };
    valid.chars().next()
}
