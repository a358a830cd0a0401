//! Whole packets of a stream.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The bytes of a stream that are not a whole packet yet.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// Where the next packet begins.
    start: usize,
}

/// What a stream has next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A packet.
    Whole(Vec<u8>),
    /// A packet that is announced with more than the limit.
    TooLarge,
    /// No packet: its length is not one.
    Malformed,
    /// The end of the stream, perhaps within a packet.
    End,
}

impl Frames {
    /// Waits for the next packet. Cancelling the wait loses nothing.
    pub(crate) async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        limit: usize,
    ) -> io::Result<Frame> {
        loop {
            match total_length(&self.bytes[self.start..]) {
                Err(NoLength) => return Ok(Frame::Malformed),
                Ok(Some(length)) if length > limit => return Ok(Frame::TooLarge),
                Ok(Some(length)) if self.bytes.len() - self.start >= length => {
                    let packet = self.bytes[self.start..self.start + length].to_vec();
                    self.start += length;
                    return Ok(Frame::Whole(packet));
                }
                Ok(_) => {}
            }
            self.bytes.drain(..self.start);
            self.start = 0;
            self.bytes.reserve(16 * 1024);
            if stream.read_buf(&mut self.bytes).await? == 0 {
                return Ok(Frame::End);
            }
        }
    }
}

struct NoLength;

/// The length of the packet at the start, with its header, once that is complete.
fn total_length(bytes: &[u8]) -> Result<Option<usize>, NoLength> {
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some(2 + index + length));
        }
    }
    if bytes.len() > 4 { Err(NoLength) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn packets_are_cut_wherever_the_bytes_are() {
        let long = [&[0x30, 0xc8, 0x01][..], &[7; 200]].concat();
        let stream = [&[0xc0, 0][..], &long, &[0xd0, 0]].concat();
        for size in [1, 2, 3, 100, 300] {
            let (mut writer, mut reader) = tokio::io::duplex(size);
            let all = stream.clone();
            tokio::spawn(async move {
                tokio::io::AsyncWriteExt::write_all(&mut writer, &all).await.unwrap();
            });
            let mut frames = Frames::default();
            for expected in [&[0xc0, 0][..], &long, &[0xd0, 0]] {
                let found = frames.next(&mut reader, 1000).await.unwrap();
                assert_eq!(found, Frame::Whole(expected.to_vec()), "{size}");
            }
            assert_eq!(frames.next(&mut reader, 1000).await.unwrap(), Frame::End);
        }
    }

    #[tokio::test]
    async fn a_length_is_looked_at_before_the_packet_is_there() {
        for (bytes, expected) in [
            (&[0x30, 0x80, 0x80, 0x80, 0x01][..], Frame::TooLarge),
            (&[0x30, 0xff, 0xff, 0xff, 0xff], Frame::Malformed),
            (&[0x30, 0xff, 0xff], Frame::End),
        ] {
            let mut bytes = bytes;
            assert_eq!(Frames::default().next(&mut bytes, 1000).await.unwrap(), expected);
        }
    }
}
