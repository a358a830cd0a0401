//! Bytes that stand for themselves in JSON: printable ASCII without quote and backslash.

/// How many bytes at the beginning stand for themselves.
pub(super) fn plain(bytes: &[u8]) -> usize {
    // With one branch for 32 bytes: two thirds of the instructions, and 2 % of the time of a batch.
    let (blocks, _) = bytes.as_chunks();
    let mut found = 32 * blocks.iter().take_while(|block| are_plain(block)).count();
    let (eights, _) = bytes[found..].as_chunks();
    found += 8 * eights.iter().take_while(|eight| plain_of(eight) == 8).count();
    match (bytes[found..].first_chunk(), bytes.last_chunk()) {
        (Some(eight), _) => found + plain_of(eight),
        // Those that are looked at again stand for themselves.
        (None, Some(last)) => bytes.len() - 8 + plain_of(last),
        (None, None) => bytes.iter().take_while(|byte| !is_strange(**byte)).count(),
    }
}

fn are_plain(block: &[u8; 32]) -> bool {
    let (eights, _) = block.as_chunks();
    eights.iter().fold(0, |all, eight| all | others(u64::from_le_bytes(*eight))) == 0
}

/// How many of eight bytes at the beginning stand for themselves.
fn plain_of(eight: &[u8; 8]) -> usize {
    others(u64::from_le_bytes(*eight)).trailing_zeros() as usize / 8
}

fn is_strange(byte: u8) -> bool {
    !(b' '..=b'~').contains(&byte) || byte == b'"' || byte == b'\\'
}

/// The highest bits of those of eight bytes that do not stand for themselves, up to the first of these: what is above it may
/// have lost a bit to it. A loop over bytes is as fast only where the compiler makes vectors of it, which it does not in
/// programs that are to be small.
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

    /// At each place of 32 bytes, of the next eight, of what is left, and of fewer than eight.
    #[test]
    fn every_byte_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_plain = (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
            for length in [5, 11, 35, 75] {
                for place in 0..length {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let expected = if is_plain { length } else { place };
                    assert_eq!(plain(&text), expected, "{byte} at {place} of {length}");
                }
            }
        }
    }
}
