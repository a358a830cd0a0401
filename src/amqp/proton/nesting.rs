//! Frames that may hold values nested so deep that the engine needs a large stack for them.

/// Frames of this size and less are never deep: each level of a value takes a byte.
const SMALL: usize = 2 << 10;

/// The longest beginning of a frame that is looked at. A transfer has a performative of some tens of bytes there, before
/// the piece of a message that it carries, which the engine does not read.
const HEAD: usize = 256;

/// Follows the frames of a stream (AMQP 1.0 part 2.3.1).
#[derive(Default)]
pub(super) struct Nesting {
    /// The beginning of the frame, as far as it has come and is looked at.
    head: Vec<u8>,
    /// The bytes of the frame after that which are still to come.
    left: usize,
}

impl Nesting {
    /// Takes the next bytes; returns whether a deep frame may begin in them.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> bool {
        let mut is_deep = false;
        while !bytes.is_empty() {
            if self.left > 0 {
                let count = self.left.min(bytes.len());
                self.left -= count;
                bytes = &bytes[count..];
                continue;
            }
            let missing = self.looked_at() - self.head.len();
            let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
            self.head.extend_from_slice(taken);
            bytes = rest;
            if self.head.len() == self.looked_at() {
                let size = self.size();
                is_deep |= size > SMALL && !is_flat(&self.head);
                self.left = size - self.head.len();
                self.head.clear();
            }
        }
        is_deep
    }

    /// How much of the frame is looked at; at first its size.
    fn looked_at(&self) -> usize {
        if self.head.len() < 4 { 4 } else { self.size().min(HEAD) }
    }

    /// The size of the frame, once that has come. A protocol header has eight bytes (part 2.2).
    fn size(&self) -> usize {
        match self.head.first_chunk() {
            Some(b"AMQP") => 8,
            Some(size) => (u32::from_be_bytes(*size) as usize).max(8),
            None => 8,
        }
    }
}

/// Whether a frame's performative has only simple values, and described lists of nothing, such as `accepted`.
fn is_flat(frame: &[u8]) -> bool {
    // The size, no extended header, any type and channel; the performative's number; its list.
    let &[_, _, _, _, 2, _, _, _, 0x00, 0x53, _, kind, ref rest @ ..] = frame else { return false };
    let (count, mut rest) = match (kind, rest) {
        (0x45, _) => return true,
        (0xc0, [_, count, rest @ ..]) => (u32::from(*count), rest),
        (0xd0, [_, _, _, _, a, b, c, d, rest @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), rest),
        _ => return false,
    };
    for _ in 0..count {
        let Some(after) = after_simple(rest) else { return false };
        rest = after;
    }
    true
}

/// What follows a simple value (part 1.2.1).
fn after_simple(bytes: &[u8]) -> Option<&[u8]> {
    let (constructor, rest) = bytes.split_first()?;
    let length = match constructor >> 4 {
        0x0 => return rest.strip_prefix(b"\x53")?.get(1..)?.strip_prefix(b"\x45"),
        0x4 => 0,
        0x5 => 1,
        0x6 => 2,
        0x7 => 4,
        0x8 => 8,
        0x9 => 16,
        0xa => 1 + usize::from(*rest.first()?),
        0xb => 4 + u32::from_be_bytes(*rest.first_chunk()?) as usize,
        _ => return None,
    };
    rest.get(length..)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame with this performative, and this number of bytes after it.
    fn frame(performative: &[u8], more: usize) -> Vec<u8> {
        let body = [&[2, 0, 0, 0], performative, &vec![7; more]].concat();
        let size = u32::try_from(body.len() + 4).unwrap();
        [&size.to_be_bytes(), &*body].concat()
    }

    const TRANSFER: &[u8] = b"\0\x53\x14\xc0\x12\x06\x43\x52\x07\xa0\x04abcd\x43\x41\x42";
    const ACCEPTED: &[u8] = b"\0\x53\x15\xc0\x0a\x05\x41\x43\x40\x42\0\x53\x24\x45";
    const NESTED: &[u8] = b"\0\x53\x10\xc0\x04\x01\xc0\x01\x01\xc0\x01\x01\x40";
    const NULL_DESCRIBED: &[u8] = b"\0\x53\x14\xc0\x03\x01\0\0\0\x40\x40\x40";

    #[test]
    fn only_a_long_frame_that_is_not_flat_is_deep() {
        for (performative, more, is_deep) in [
            (TRANSFER, 0, false),
            (TRANSFER, 60_000, false),
            (ACCEPTED, 60_000, false),
            (b"\0\x53\x17\x45", 60_000, false),
            (b"\0\x53\x14\xd0\0\0\0\x06\0\0\0\x01\x70\0\0\0\x01", 60_000, false),
            (NESTED, 0, false),
            (NESTED, 1_900, false),
            (NESTED, 3_000, true),
            (NULL_DESCRIBED, 3_000, true),
            // Not a list, no such number, another end of the header, more values than there are.
            (b"\0\x53\x14\xc1\x01\0", 3_000, true),
            (b"\0\xa3\x01a\x45", 3_000, true),
            (b"", 3_000, true),
            (b"\0\x53\x14\xc0\xff\xff\x40", 3_000, true),
            (b"\0\x53\x14\xc0\xff\x01\xb0\xff\xff\xff\xff", 3_000, true),
        ] {
            let tested = frame(performative, more);
            let stream =
                [b"AMQP\0\x01\0\0", &*frame(b"", 0), &tested, &frame(TRANSFER, 9)].concat();
            for size in [1, 3, 7, 500, stream.len()] {
                let mut nesting = Nesting::default();
                let found = stream.chunks(size).filter(|piece| nesting.feed(piece)).count();
                assert_eq!(found, usize::from(is_deep), "{performative:?} {more} {size}");
                assert!(nesting.feed(&frame(NESTED, 3_000)), "it follows the frames");
            }
        }
    }
}
