//! Cleartext signatures (RFC 9580 part 7): a readable text with its signature.

const BEGIN: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

/// The text as it was signed, without the line break before the signature; and the armored signature.
pub(super) fn parts(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = bytes.trim_ascii_start();
    let mut line = || {
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        let (line, after) = rest.split_at(end + 1);
        rest = after;
        Some((without_blanks_at_end(line), line, after))
    };
    if line()?.0 != BEGIN {
        return None;
    }
    // Headers end with an empty line. People may take any other for a part of the text, and none is signed.
    loop {
        match line()?.0 {
            b"" => break,
            header if header.starts_with(b"Hash: ") => {}
            _ => return None,
        }
    }
    let mut text = Vec::new();
    loop {
        let (line, whole, after) = line()?;
        if line == SIGNATURE {
            let signature = &bytes[bytes.len() - after.len() - whole.len()..];
            text.pop();
            return Some((text, signature));
        }
        match line {
            // Lines that begin with a dash have another before it, and a blank.
            [b'-', b' ', line @ ..] => text.extend_from_slice(line),
            // `- ` before an empty line has lost its blank.
            b"-" => {}
            [b'-', ..] => return None,
            line => text.extend_from_slice(line),
        }
        text.push(b'\n');
    }
}

/// What a signature is of has no blanks at the ends of lines.
pub(super) fn without_blanks_at_end(line: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| b" \t\r\n".contains(byte);
    &line[..line.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1)]
}
