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
    start + bytes[start..].iter().take_while(|byte| is_plain(**byte)).count()
}

/// As many bytes as a processor compares in a few instructions.
const RUN: usize = 32;

/// Whether all of them stand for themselves: without branches, the compiler makes vectors of them.
fn are_plain(bytes: &[u8; RUN]) -> bool {
    bytes.iter().fold(true, |all, byte| all & is_plain(*byte))
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\')
}

/// The highest bits of those of eight bytes that do not stand for themselves.
fn others(eight: u64) -> u64 {
    let all = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let low = eight & all(0x7f);
    // No sum goes beyond its byte, and the highest bit says of each: it is no quote, no backslash, no control character;
    // it is DEL.
    let no_quote = (low ^ all(b'"')) + all(0x7f);
    let no_backslash = (low ^ all(b'\\')) + all(0x7f);
    let no_control = low + all(0x60);
    let delete = low + all(0x01);
    (eight | delete | !(no_quote & no_backslash & no_control)) & all(0x80)
}
