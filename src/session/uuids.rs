//! Finds UUIDs in a message that is discarded while it arrives: one of them may be the id of the request that it answers.

/// The characters of a UUID (RFC 9562, part 4), and where its hyphens are.
const LENGTH: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// No more are kept.
const MOST: usize = 100;

/// The different UUIDs in a stream of bytes.
#[derive(Default)]
pub(crate) struct Uuids {
    /// The end of what has come, in which a UUID may have begun.
    tail: Vec<u8>,
    found: Vec<String>,
}

impl Uuids {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        // Across the boundary, and then the rest without a copy of it.
        let (start, tail) = (bytes.len().min(LENGTH), std::mem::take(&mut self.tail));
        let joined = [&tail, &bytes[..start]].concat();
        self.search(&joined);
        self.search(bytes);
        let kept = |bytes: &[u8]| bytes[bytes.len().saturating_sub(LENGTH - 1)..].to_vec();
        self.tail = if start < LENGTH { kept(&joined) } else { kept(bytes) };
    }

    fn search(&mut self, bytes: &[u8]) {
        let mut from = HYPHENS[0];
        while let Some(hyphen) =
            bytes.get(from..).and_then(|rest| rest.iter().position(|&byte| byte == b'-'))
        {
            let start = from + hyphen - HYPHENS[0];
            from += hyphen + 1;
            if let Some(candidate) = bytes.get(start..start + LENGTH).filter(|it| is_uuid(it)) {
                let text = String::from_utf8_lossy(candidate).into_owned();
                if self.found.len() < MOST && !self.found.contains(&text) {
                    self.found.push(text);
                }
            }
        }
    }

    pub(crate) fn into_found(self) -> Vec<String> {
        self.found
    }
}

fn is_uuid(bytes: &[u8]) -> bool {
    let mut characters = bytes.iter().enumerate();
    characters.all(
        |(at, byte)| {
            if HYPHENS.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_once_however_the_bytes_are_cut() {
        let (one, two) =
            ("0123abcd-0123-4123-8123-0123456789ab", "ffffffff-ffff-4fff-8fff-ffffffffffff");
        let text = format!("--{one}-{{\"{two}\"}} {one} 0123abcd-0123-4123-8123-012345678xyz-----");
        for size in [1, 2, 7, 35, 36, 37, 50, 1000] {
            let mut uuids = Uuids::default();
            text.as_bytes().chunks(size).for_each(|piece| uuids.feed(piece));
            assert_eq!(uuids.into_found(), [one, two], "{size}");
        }
        let mut uuids = Uuids::default();
        uuids.feed(&[b'-'; 10_000]);
        assert!(uuids.into_found().is_empty());
    }
}
