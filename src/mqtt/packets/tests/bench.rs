//! What the tests have in common.

use crate::mqtt::packets::{Packet, Reader, Version, write::encoded_length};

/// A CONNACK of MQTT 5 without properties.
pub(super) const CONNACK: &[u8] = b"\x20\x03\0\0\0";

/// The most bytes of a message.
pub(super) const LIMIT: u64 = 1_000_000;

/// A reader to which the broker has said CONNACK.
pub(super) fn reader(version: Version, limit: u64) -> Reader {
    let mut reader = Reader::new(version, limit);
    let packets = feed(&mut reader, CONNACK);
    assert!(matches!(packets[..], [Packet::Connack(_)]));
    reader
}

/// Feeds bytes in one piece or several, and takes the packets.
pub(super) fn feed(reader: &mut Reader, bytes: &[u8]) -> Vec<Packet> {
    let (mut rest, mut packets) = (bytes, Vec::new());
    while !rest.is_empty() {
        let input = reader.input();
        let count = input.len().min(rest.len());
        assert!(count > 0, "it accepts no more");
        input[..count].copy_from_slice(&rest[..count]);
        reader.input_done(count);
        rest = &rest[count..];
        while let Some(packet) = reader.next() {
            packets.push(packet.unwrap());
        }
    }
    packets
}

/// The one packet that these bytes are.
pub(super) fn read(version: Version, bytes: &[u8]) -> Packet {
    let mut packets = feed(&mut reader(version, LIMIT), bytes);
    assert_eq!(packets.len(), 1, "{packets:?}");
    packets.remove(0)
}

/// A packet with its fixed header.
pub(super) fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
    let (length, count) = encoded_length(rest.len()).unwrap();
    [&[first][..], &length[..count], rest].concat()
}

/// Numbers that look random and are the same in each run (SplitMix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}
