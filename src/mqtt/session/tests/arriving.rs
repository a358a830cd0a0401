//! Replies as they arrive: in pieces, and as other protocols' messages.

use super::*;
use crate::signing::{RawReply, ReplyBody};

/// Properties of the packet are those that the broker made of the message's.
#[test]
fn a_message_of_amqp_may_have_the_properties() {
    let decode: fn(Vec<u8>) -> RawReply =
        |bytes| RawReply { body: ReplyBody::Bytes(bytes), properties: Some("inner".into()) };
    let user = b"\x07\x26\0\x01k\0\x01v";
    for (properties, expected) in [(&b"\0"[..], "inner"), (user, r#"{"k": "v"}"#)] {
        let memory = Memory::default();
        let options = Options { decode, ..options(V5, &memory, Instant::now()) };
        let mut session = Session::new(&options).unwrap();
        let message = packet(0x32, &[b"\0\x07replies\0\x05", properties, b"\0ab"]);
        let bytes = [connack(false, 0, &[]), message].concat();
        session.input()[..bytes.len()].copy_from_slice(&bytes);
        session.input_done(bytes.len());
        let found = std::iter::from_fn(|| session.next_event()).find_map(|event| match event {
            Event::Reply { reply, .. } => reply.properties,
            _ => None,
        });
        assert_eq!(found.as_deref(), Some(expected));
    }
}

/// It is the only sign of a large reply that comes slowly.
#[test]
fn the_bytes_of_a_reply_that_is_on_its_way_are_reported() {
    let mut bench = Bench::established(&[]);
    let bytes = publish(5, &[b'x'; 100]);
    let (one, rest) = bytes.split_at(40);
    for (piece, expected) in [(one, Some(40)), (&rest[..30], Some(30)), (&rest[30..], None)] {
        bench.session.input()[..piece.len()].copy_from_slice(piece);
        bench.session.input_done(piece.len());
        let arrived =
            std::iter::from_fn(|| bench.session.next_event()).find_map(|event| match event {
                Event::Arriving(count) => Some(count),
                _ => None,
            });
        assert_eq!(arrived, expected);
    }
}
