//! Cleartext signatures (RFC 9580 part 7): a readable text with its signature.

use std::ops::Range;

const BEGIN: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

/// Where the text is, and where the armored signature begins.
pub(super) fn places(bytes: &[u8]) -> Option<(Range<usize>, usize)> {
    let mut at = bytes.len() - bytes.trim_ascii_start().len();
    if line(bytes, &mut at)? != BEGIN {
        return None;
    }
    // Headers end with an empty line. People may take any other for a part of the text, and none is signed.
    loop {
        match line(bytes, &mut at)? {
            b"" => break,
            header if header.starts_with(b"Hash: ") => {}
            _ => return None,
        }
    }
    let start = at;
    loop {
        let begin = at;
        match line(bytes, &mut at)? {
            SIGNATURE => return Some((start..begin, begin)),
            // Lines that begin with a dash have another before it, and a blank.
            [b'-', other, ..] if *other != b' ' => return None,
            _ => {}
        }
    }
}

/// The text at a place as it was signed, without the line break before the signature. It may be large, and is made in the
/// memory that it is in.
pub(super) fn text(mut bytes: Vec<u8>, place: Range<usize>) -> Vec<u8> {
    let (mut at, mut end) = (place.start, 0);
    while at < place.end {
        let begin = at;
        let Some(line) = line(&bytes, &mut at) else { break };
        let (begin, length) = match line {
            [b'-', b' ', line @ ..] => (begin + 2, line.len()),
            // `- ` before an empty line has lost its blank.
            b"-" => (begin, 0),
            line => (begin, line.len()),
        };
        bytes.copy_within(begin..begin + length, end);
        end += length;
        bytes[end] = b'\n';
        end += 1;
    }
    bytes.truncate(end.saturating_sub(1));
    bytes
}

/// The line at a place, which moves on to the next one; `None` if it does not end.
fn line<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = &bytes[*at..];
    let end = rest.iter().position(|&byte| byte == b'\n')? + 1;
    *at += end;
    Some(without_blanks_at_end(&rest[..end]))
}

/// What a signature is of has no blanks at the ends of lines.
pub(super) fn without_blanks_at_end(line: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| b" \t\r\n".contains(byte);
    &line[..line.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1)]
}
