//! Where the peer's frames begin and end: the engine says nothing of a frame that is not whole yet.

/// Shorter frames are no messages: heartbeats, flow, dispositions.
const LEAST: u64 = 100;

/// Follows the frames of a stream (AMQP 1.0 part 2.3.1).
#[derive(Default)]
pub(super) struct Framing {
    /// The bytes of a frame's size that have come.
    size: Vec<u8>,
    /// Whether the frame is long enough for a message.
    is_long: bool,
    /// The bytes of the frame that are still to come.
    left: u64,
}

impl Framing {
    /// Takes the next bytes; returns how many of them belong to a message's frame that is not whole yet.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> u64 {
        while !bytes.is_empty() {
            if self.left > 0 {
                let count = self.left.min(bytes.len() as u64);
                self.left -= count;
                bytes = &bytes[count as usize..];
                if self.left > 0 && self.is_long {
                    return count;
                }
                continue;
            }
            let missing = (4 - self.size.len()).min(bytes.len());
            self.size.extend(&bytes[..missing]);
            bytes = &bytes[missing..];
            if let Ok(size) = <[u8; 4]>::try_from(self.size.as_slice()) {
                self.size.clear();
                // A protocol header has eight bytes (part 2.2).
                let size = if size == *b"AMQP" { 8 } else { u64::from(u32::from_be_bytes(size)) };
                self.is_long = size >= LEAST;
                self.left = size.saturating_sub(4);
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(size: usize) -> Vec<u8> {
        let mut frame = u32::try_from(size).unwrap().to_be_bytes().to_vec();
        frame.resize(size, 7);
        frame
    }

    #[test]
    fn bytes_of_a_long_frame_count_until_it_is_whole() {
        let stream =
            [b"AMQP\0\x01\0\0".to_vec(), frame(8), frame(500), frame(8), frame(99)].concat();
        let mut framing = Framing::default();
        let counted: Vec<_> = stream.iter().map(|byte| framing.feed(&[*byte])).collect();
        assert_eq!(counted.iter().sum::<u64>(), 500 - 4 - 1);
        assert_eq!(counted.iter().position(|count| *count > 0), Some(8 + 8 + 4));

        let mut framing = Framing::default();
        assert_eq!(framing.feed(&stream), 0, "every frame is whole");
        assert_eq!(framing.feed(&[frame(8), frame(1000)[..300].to_vec()].concat()), 296);
        assert_eq!(framing.feed(&frame(1000)[300..]), 0);
    }
}
