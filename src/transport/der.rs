//! As much of DER (X.690) as OpenSSL's safe interface leaves to its callers: elements, one after the other.

use zeroize::Zeroizing;

pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// One element.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With its tag and length.
    pub(super) whole: &'a [u8],
}

/// The first element, and the bytes after it.
pub(super) fn first(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after_tag) = bytes.split_first()?;
    let (&short, after_length) = after_tag.split_first()?;
    let (length, start) = match short {
        0..=0x7f => (usize::from(short), 2),
        0x81..=0x84 => {
            let octets = after_length.get(..usize::from(short & 0x7f))?;
            let length = octets.iter().fold(0, |length, &octet| length << 8 | usize::from(octet));
            (length, 2 + octets.len())
        }
        _ => return None,
    };
    let end = start.checked_add(length).filter(|&end| end <= bytes.len())?;
    Some((Element { tag, content: &bytes[start..end], whole: &bytes[..end] }, &bytes[end..]))
}

/// The elements up to the end, or to the first that is damaged.
pub(super) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (element, rest) = first(bytes)?;
        bytes = rest;
        Some(element)
    })
}

/// Writes an element whose content is these parts, which may be secret.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
    let length = u16::try_from(parts.iter().map(|part| part.len()).sum::<usize>()).ok()?;
    // Allocated once: growing would leave parts of a key behind in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(length) + 4));
    bytes.push(tag);
    match length.to_be_bytes() {
        [0, short @ ..=0x7f] => bytes.push(short),
        [0, long] => bytes.extend([0x81, long]),
        [high, low] => bytes.extend([0x82, high, low]),
    }
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_short_and_long_lengths() {
        let long = [&[4, 0x81, 200][..], &[7; 200]].concat();
        let bytes = [&[6, 1, 9][..], &long, &[5, 0]].concat();
        let found: Vec<_> =
            elements(&bytes).map(|element| (element.tag, element.content.len())).collect();
        assert_eq!(found, [(6, 1), (4, 200), (5, 0)]);
        assert_eq!(first(&long).unwrap().0.whole, &long[..]);
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65535] {
            let content = vec![7; length];
            let (one, other) = content.split_at(length / 2);
            let bytes = element(SEQUENCE, &[one, other]).unwrap();
            let (found, rest) = first(&bytes).unwrap();
            assert_eq!((found.tag, found.content, rest), (SEQUENCE, &content[..], &[][..]));
        }
        assert!(element(SEQUENCE, &[&[0; 65536]]).is_none());
    }

    #[test]
    fn damaged_elements_are_none() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 2, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x82, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(first(bytes).is_none(), "{bytes:x?}");
        }
    }
}
