//! Messages that do not fit into the buffer, and those that are too large.

use super::bench::{LIMIT, feed, packet, reader};
use crate::{
    mqtt::packets::{Packet, Publish, Version, write::encoded_length},
    signing::ReplyBody,
};

const ID: &str = "0123abcd-0123-4123-8123-0123456789ab";

#[test]
fn large_messages_are_whole_however_they_are_cut() {
    let body: Vec<u8> = (0..300_000u32).map(|number| number as u8).collect();
    let pairs = [b"\x26\0\x01k\x75\x30", &[b'v'; 30_000][..]].concat().repeat(4);
    let (length, count) = encoded_length(pairs.len()).unwrap();
    // Properties that do not fit into the buffer either.
    for (pairs, length) in [(&b""[..], &b"\0"[..]), (&pairs, &length[..count])] {
        let bytes = packet(0x32, &[b"\0\x01t\x12\x34", length, pairs, &body].concat());
        for size in [1000, 65_535, 65_536, 65_537, bytes.len()] {
            let mut reader = reader(Version::V5, LIMIT);
            let mut packets: Vec<_> =
                bytes.chunks(size).flat_map(|piece| feed(&mut reader, piece)).collect();
            let Some(Packet::Publish(publish)) = packets.pop() else { panic!("{size}") };
            assert!(packets.is_empty());
            assert_eq!((publish.id, publish.qos), (0x1234, 1));
            let ReplyBody::Bytes(read) = publish.reply.body else { panic!() };
            assert!(read == body);
            assert!((body.len() + 1000..body.len() + 70_000).contains(&read.capacity()));
            assert_eq!(publish.reply.properties.is_some(), !pairs.is_empty());
        }
    }
}

/// Those that nearly fill the buffer, fill it, and do not fit, after a small one.
#[test]
fn a_message_may_have_the_length_of_the_buffer() {
    for size in 65_536 - 20..65_536 + 20 {
        let message = packet(0x32, &[b"\0\x01t\x12\x34\0", &vec![b'x'; size - 10][..]].concat());
        assert_eq!(message.len(), size);
        for before in 0..4 {
            let bytes = [&b"\xd0\0".repeat(before), &message[..], b"\xd0\0"].concat();
            let packets = feed(&mut reader(Version::V5, LIMIT), &bytes);
            assert_eq!(packets.len(), before + 2);
            assert!(matches!(&packets[before], Packet::Publish(Publish { id: 0x1234, .. })));
        }
    }
}

#[test]
fn a_message_over_the_limit_is_skipped_and_names_its_request() {
    for size in [2000, 500_000] {
        let mut rest = [b"\0\x01t\x12\x34\0{\"msg\": {\"request_id\": \"", ID.as_bytes()].concat();
        rest.resize(size, b'x');
        let bytes = [packet(0x32, &rest), packet(0x40, b"\0\x09")].concat();
        for piece in [1, 999, 70_000, bytes.len()] {
            let mut reader = reader(Version::V5, size as u64 - 1);
            let mut packets = Vec::new();
            for piece in bytes.chunks(piece) {
                packets.extend(feed(&mut reader, piece));
                assert_eq!(reader.arrived(), 0, "nothing waits for it");
            }
            let [Packet::Publish(publish), Packet::Puback { id: 9, .. }] = &packets[..] else {
                panic!("{packets:?}")
            };
            assert_eq!(publish.id, 0x1234);
            let ReplyBody::TooLarge { size: told, ids } = &publish.reply.body else { panic!() };
            assert_eq!((*told, &ids[..]), (size as u64, &[ID.to_owned()][..]));
        }
    }
    let kept = packet(0x32, &[b"\0\x01t\x12\x34\0", &[b'x'; 1994][..]].concat());
    let packets = feed(&mut reader(Version::V5, 2000), &kept);
    assert!(
        matches!(&packets[..], [Packet::Publish(publish)] if matches!(publish.reply.body, ReplyBody::Bytes(_)))
    );
    // Without a packet identifier there is nothing to acknowledge.
    let cut = packet(0x32, &[&[0xff, 0xff][..], &[b't'; 3000]].concat());
    let packets = feed(&mut reader(Version::V5, 2000), &cut);
    assert!(matches!(&packets[..], [Packet::Useless(_)]), "{packets:?}");
}

/// The limit is for messages: a refusal has its reason, however small that is.
#[test]
fn other_packets_may_be_larger_than_a_message() {
    for size in [50, 60_000] {
        let words = "x".repeat(size - 4);
        let text = [&b"\x1f"[..], &(words.len() as u16).to_be_bytes(), words.as_bytes()].concat();
        let (length, count) = encoded_length(text.len()).unwrap();
        let puback = packet(0x40, &[b"\0\x07\x80", &length[..count], &text].concat());
        let packets = feed(&mut reader(Version::V5, 10), &puback);
        let Ok([Packet::Puback { id: 7, reason }]) = <[_; 1]>::try_from(packets) else {
            panic!("{size}")
        };
        assert_eq!(reason.text.len(), words.len());
    }
}

#[test]
fn the_bytes_of_a_message_that_is_not_whole_are_counted() {
    for size in [1000, 200_000] {
        let bytes = packet(0x32, &[b"\0\x01t\x12\x34\0", &vec![b'x'; size][..]].concat());
        let mut reader = reader(Version::V5, LIMIT);
        let (begin, rest) = bytes.split_at(400);
        // What came before it does not count, and neither do packets of other types.
        feed(&mut reader, &[b"\xd0\0", begin].concat());
        assert_eq!(reader.arrived(), 400 - if size > 65_536 { 4 } else { 0 }, "{size}");
        feed(&mut reader, &rest[..300]);
        assert_eq!(reader.arrived(), 300);
        feed(&mut reader, &[&rest[300..], b"\x40\x09\0"].concat());
        assert_eq!(reader.arrived(), 0);
    }
}

/// 256 MiB, of which a little comes.
#[test]
fn memory_is_for_what_has_come_and_not_for_what_is_announced() {
    for first in [0x20, 0x32, 0x34, 0x40, 0x90, 0xe0, 0x50] {
        for begin in [&b"\0\x01t\x12\x34\0"[..], b"\xff\xff", b"\0\x01t\x12\x34\xff\xff\xff\x7f"] {
            let mut reader = reader(Version::V5, u64::MAX);
            feed(&mut reader, &[&[first], &b"\xff\xff\xff\x7f"[..], begin].concat());
            for _ in 0..20 {
                feed(&mut reader, &[0; 50_000]);
            }
            let (held, come) = (reader.held(), 1_000_000);
            assert!(held <= 2 * come + 200_000, "{first:#x} {begin:?}: {held}");
            let is_message = first >> 4 == 3;
            assert!(is_message || held < 700_000, "{first:#x}: {held}");
        }
    }
    // One that is skipped costs nothing, whatever its topic.
    for begin in [&b"\0\x01t\x12\x34\0"[..], b"\xff\xff"] {
        let mut reader = reader(Version::V5, 1000);
        feed(&mut reader, &[b"\x32\xff\xff\xff\x7f", begin].concat());
        for _ in 0..20 {
            feed(&mut reader, &[0; 50_000]);
        }
        assert!(reader.held() < 400_000, "{}", reader.held());
    }
}

/// Few large ones cost as much memory as many small ones.
#[test]
fn properties_may_have_a_mebibyte() {
    for (size, fits) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let mut pairs = [b"\x26\0\x01k\xff\xff", &[b'v'; 0xffff][..]].concat().repeat(16);
        pairs.truncate(size);
        let (length, count) = encoded_length(size).unwrap();
        let rest = [b"\0\x01t\0\x07", &length[..count], &pairs, b"{}"].concat();
        let Packet::Publish(publish) = Packet::read(0x32, Version::V5, &rest) else { panic!() };
        assert_eq!(matches!(publish.reply.body, ReplyBody::Bytes(_)), fits, "{size}");
        assert_eq!(publish.id, 7);
    }
}
