//! Bytes that stand for themselves in JSON: printable ASCII without quote and backslash.

/// How many bytes at the beginning stand for themselves.
pub(super) fn plain(bytes: &[u8]) -> usize {
    // Many at once: many texts are a few words, and some are a run of megabytes.
    let mut start = 0;
    while bytes[start..].first_chunk().is_some_and(are_plain) {
        start += RUN;
    }
    while let Some(eight) = bytes[start..].first_chunk() {
        let others = others(u64::from_le_bytes(*eight));
        if others != 0 {
            return start + others.trailing_zeros() as usize / 8;
        }
        start += 8;
    }
    start + bytes[start..].iter().take_while(|byte| !is_strange(**byte)).count()
}

/// As many bytes as a processor compares in a few instructions.
const RUN: usize = 32;

/// Whether all of them stand for themselves: without branches, the compiler makes vectors of them.
fn are_plain(bytes: &[u8; RUN]) -> bool {
    !bytes.iter().fold(false, |any, byte| any | is_strange(*byte))
}

/// In another order the compiler makes twice as many instructions, which are a twentieth of a request's.
fn is_strange(byte: u8) -> bool {
    // What is not ASCII is negative.
    let is_control = (byte as i8) < b' ' as i8;
    is_control | (byte == b'"') | (byte == b'\\') | (byte == 0x7f)
}

/// The highest bits of those of eight bytes that do not stand for themselves, up to the first of these: what is above it may
/// have lost a bit to it.
fn others(eight: u64) -> u64 {
    let all = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let control = eight.wrapping_sub(all(b' '));
    let quote = (eight ^ all(b'"')).wrapping_sub(all(1));
    let backslash = (eight ^ all(b'\\')).wrapping_sub(all(1));
    let delete = eight.wrapping_add(all(1));
    (eight | control | quote | backslash | delete) & all(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At each place of a run, of eight bytes, and of what is left.
    #[test]
    fn every_byte_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_plain = (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
            let mut text = [b'a'; 2 * RUN + 11];
            for place in 0..text.len() {
                text[place] = byte;
                let expected = if is_plain { text.len() } else { place };
                assert_eq!(plain(&text), expected, "{byte} at {place}");
                text[place] = b'a';
            }
        }
    }
}
