//! What no broker should send.

use arbitrary::{Arbitrary as _, Unstructured};
use mqtt_proto::v5;

use super::bench::{CONNACK, LIMIT, Random, feed, packet, read, reader};
use crate::{
    mqtt::packets::{
        Packet, Publish, Reader, Reason, Version, properties::take_length, write::encoded_length,
    },
    signing::ReplyBody,
};

/// The packet, in words.
fn shown(packet: &Packet) -> String {
    let reason = |Reason { code, text, server, info }: &Reason| {
        format!("{code:#04x} {text:?} {server:?} {info:?}")
    };
    match packet {
        Packet::Connack(connack) => format!("{:?} {}", connack.version, reason(&connack.reason)),
        Packet::Suback { id, codes, reason: said } => format!("{id} {codes:?} {}", reason(said)),
        Packet::Puback { id, reason: said } => format!("{id} {}", reason(said)),
        Packet::Disconnect(said) => reason(said),
        Packet::Useless(what) => what.clone(),
        Packet::Pingresp => "pingresp".to_owned(),
        Packet::Publish(Publish { id, qos, retained, reply }) => {
            let body = match &reply.body {
                ReplyBody::Bytes(bytes) => bytes.escape_ascii().to_string(),
                ReplyBody::Broken(reason) => format!("broken: {reason}"),
                other => format!("{other:?}"),
            };
            let properties = reply.properties.as_deref().unwrap_or("none");
            let kept = if *retained { " retained" } else { "" };
            format!("{id} qos {qos}{kept} {body} {properties}")
        }
    }
}

/// First byte, the rest of a packet of MQTT 5, and what is read.
const PACKETS: &[(u8, &[u8], &str)] = &[
    // CONNACK: in the form of 3.1.1; with a code of MQTT 5 in two bytes; cut off.
    (0x20, b"\0\x01", r#"V311 0x01 "" None []"#),
    (0x20, b"\0\x87", r#"V5 0x87 "" None []"#),
    (0x20, b"\0\x87\0", r#"V5 0x87 "" None []"#),
    (0x20, b"\0\x9d\x08\x1c\0\x05other", r#"V5 0x9d "" Some("other") []"#),
    (0x20, b"\0", "a packet CONNACK that ends after 1 bytes"),
    // PUBACK: codes that the standard does not have, a text that is not UTF-8, properties that are cut off or unknown, or
    // longer than the packet.
    (0x40, b"\0\x07", r#"7 0x00 "" None []"#),
    (0x40, b"\0\x07\x95", r#"7 0x95 "" None []"#),
    (0x40, b"\0\x07\xfe\0", r#"7 0xfe "" None []"#),
    (0x4f, b"\0\0\x80\x05\x1f\0\x02a\xff", r#"0 0x80 "a�" None []"#),
    (0x40, b"\0\x07\x80\x09\x26\0\x01k\0\x01v\x1f\0", r#"7 0x80 "" None [("k", "v")]"#),
    (0x40, b"\0\x07\x80\x09\x7f\x1f\0\x05words", r#"7 0x80 "" None []"#),
    (0x40, b"\0\x07\x80\x7f\x1f\0\x05words", r#"7 0x80 "words" None []"#),
    (0x40, b"\0\x07\x80\xff\xff\xff\xff\xff", r#"7 0x80 "" None []"#),
    (0x40, b"\0\x07\x80\x0d\x1f\0\x01a\x1f\0\x05words", r#"7 0x80 "words" None []"#),
    (0x40, b"\0", "a packet PUBACK that ends after 1 bytes"),
    // SUBACK: without a code, with several, with properties that hide it.
    (0x90, b"\0\x01\0\x87", r#"1 [135] 0x00 "" None []"#),
    (0x90, b"\0\x01\x05\x1f\0\x02no\x01\x02", r#"1 [1, 2] 0x00 "no" None []"#),
    (0x90, b"\0\x01\0", r#"1 [] 0x00 "" None []"#),
    (0x90, b"\0\x01", r#"1 [] 0x00 "" None []"#),
    (0x90, b"\0\x01\x50\x01", r#"1 [] 0x00 "" None []"#),
    (0x90, b"", "a packet SUBACK that ends after 0 bytes"),
    // DISCONNECT.
    (0xe0, b"", r#"0x00 "" None []"#),
    (0xe0, b"\x8e", r#"0x8e "" None []"#),
    (0xe0, b"\x9c\x0b\x1f\0\x02go\x1c\0\x03b:1", r#"0x9c "go" Some("b:1") []"#),
    (0xd0, b"more", "pingresp"),
    // PUBLISH: every QoS, no packet identifier, an empty topic, one that is not UTF-8, has a wildcard or a NUL.
    (0x31, b"\0\x01t\0{}", "0 qos 0 retained {} none"),
    (0x3a, b"\0\0\0\x07\0{}", "7 qos 1 {} none"),
    (0x32, b"\0\x04\xff#\0+\0\x07\0{}", "7 qos 1 {} none"),
    (0x34, b"\0\x01t\0\x07\0{}", "7 qos 2 {} none"),
    (0x36, b"\0\x01t\0\x07\0{}", "7 qos 3 {} none"),
    (0x32, b"\0\x01t\0\0\0{}", "0 qos 1 {} none"),
    (0x32, b"\0\x01t\0\x07\0", "7 qos 1  none"),
    (0x32, b"\0\x01t\0\x07\0\xff\0", r"7 qos 1 \xff\x00 none"),
    (0x32, b"\0\x01t\0\x07", "7 qos 1 broken: its properties are longer than the message none"),
    (0x32, b"\0\x01t\0\x07\x02\x01", "7 qos 1 broken: its properties are longer than the message none"),
    (
        0x32,
        b"\0\x01t\0\x07\xff\xff\xff\xff\x01{}",
        "7 qos 1 broken: its properties are longer than the message none",
    ),
    (0x32, b"\0\x01t\0", "a packet PUBLISH that ends after 4 bytes"),
    (0x32, b"\0\x09t\0\x07\0{}", "a packet PUBLISH that ends after 8 bytes"),
    (0x32, b"", "a packet PUBLISH that ends after 0 bytes"),
    // User properties: in order, a name twice, not UTF-8, between others; after one that is unknown they are lost.
    (
        0x32,
        b"\0\x01t\0\x07\x18\x26\0\x01k\0\x01v\x26\0\x01a\0\0\x01\x01\x26\0\x01k\0\x03\xe2\x82\xac{}",
        r#"7 qos 1 {} {"k": "\u20ac", "a": ""}"#,
    ),
    (0x32, b"\0\x01t\0\x07\x08\x26\0\x01\xff\0\x02\0\"{}", r#"7 qos 1 {} {"\ufffd": "\u0000\""}"#),
    (0x32, b"\0\x01t\0\x07\x0f\x26\0\x01k\0\x01v\x7f\x26\0\x01a\0\x01b{}", r#"7 qos 1 {} {"k": "v"}"#),
    (0x32, b"\0\x01t\0\x07\x09\x26\0\x01k\0\x01v\x26\0{}", r#"7 qos 1 {} {"k": "v"}"#),
    (0x32, b"\0\x01t\0\x07\x08\x0b\xff\xff\xff\x7f\x23\0\x01{}", "7 qos 1 {} none"),
    // What only a client sends, what QoS 1 does not have, and a type that does not exist.
    (0x00, b"", "a packet RESERVED"),
    (0x10, b"\0\x04MQTT", "a packet CONNECT"),
    (0x50, b"\0\x07", "a packet PUBREC"),
    (0xb0, b"\0\x07\0\0", "a packet UNSUBACK"),
    (0xf0, b"\x18\0", "a packet AUTH"),
];

#[test]
fn every_packet_that_frames_is_read_and_leaves_the_next_one_as_it_is() {
    for (first, rest, expected) in PACKETS {
        let bytes = packet(*first, rest);
        assert_eq!(shown(&read(Version::V5, &bytes)), *expected, "{}", bytes.escape_ascii());
        let mut reader = reader(Version::V5, LIMIT);
        let both = [&bytes[..], b"\x40\x02\0\x09"].concat();
        let packets: Vec<_> = both.chunks(1).flat_map(|byte| feed(&mut reader, byte)).collect();
        let shown: Vec<_> = packets.iter().map(shown).collect();
        assert_eq!(shown, [expected, r#"9 0x00 "" None []"#]);
    }
}

/// Also those that belong into other packets (§2.2.2.2).
#[test]
fn every_property_is_known() {
    let forms: [(&[u8], &[u8]); 6] = [
        (&[0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a], b"\x01"),
        (&[0x13, 0x21, 0x22, 0x23], b"\x01\x01"),
        (&[0x02, 0x11, 0x18, 0x27], b"\x01\x01\x01\x01"),
        (&[0x0b], b"\x81\x01"),
        (&[0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f], b"\0\x02ab"),
        (&[0x26], b"\0\x01a\0\x01b"),
    ];
    assert_eq!(forms.iter().map(|(ids, _)| ids.len()).sum::<usize>(), 27);
    for (ids, value) in forms {
        for id in ids {
            let properties = [&[*id][..], value, b"\x26\0\x01k\0\x01v"].concat();
            let rest = [b"\0\x01t\0\x07", &[properties.len() as u8][..], &properties, b"{}"];
            let shown = shown(&read(Version::V5, &packet(0x32, &rest.concat())));
            assert!(shown.ends_with("\"k\": \"v\"}"), "{id:#x}: {shown}");
        }
    }
}

/// The next CONNECT could not be written with another one.
#[test]
fn an_assigned_client_id_is_one_that_a_connect_can_have() {
    let bad = [&b""[..], b"a\0", b"a\xff", &[0xff; 40]];
    for (id, expected) in [(&b"me"[..], Some("me"))].into_iter().chain(bad.map(|id| (id, None))) {
        let property = [b"\x12\0", &[id.len() as u8][..], id].concat();
        let rest = [b"\0\0", &[property.len() as u8][..], &property].concat();
        let Packet::Connack(connack) = read(Version::V5, &packet(0x20, &rest)) else { panic!() };
        assert_eq!(connack.assigned_client_id.as_deref(), expected);
    }
}

/// That is against the standard (§1.5.5), and harmless.
#[test]
fn a_length_may_have_more_bytes_than_it_needs() {
    assert_eq!(shown(&read(Version::V5, b"\xd0\x80\x80\x00")), "pingresp");
    let publish = b"\x32\x89\x80\0\0\x01t\0\x07\x80\0{}";
    assert_eq!(shown(&read(Version::V5, publish)), "7 qos 1 {} none");
}

#[test]
fn old_packets_have_no_properties() {
    for (first, rest, expected) in [
        (0x20, &b"\x01\0"[..], r#"V311 0x00 "" None []"#),
        (0x90, b"\0\x01\x80", r#"1 [128] 0x00 "" None []"#),
        (0x32, b"\0\x01t\0\x07{}", "7 qos 1 {} none"),
        (0x32, b"\0\x01t\0\x07", "7 qos 1  none"),
    ] {
        assert_eq!(shown(&read(Version::V311, &packet(first, rest))), expected);
    }
}

#[test]
fn a_thousand_properties_are_enough() {
    let message = |count: usize| {
        let pairs = b"\x26\0\x01k\0\x01v".repeat(count);
        let (length, bytes) = encoded_length(pairs.len()).unwrap();
        packet(0x32, &[b"\0\x01t\0\x07", &length[..bytes], &pairs, b"{}"].concat())
    };
    assert_eq!(shown(&read(Version::V5, &message(1000))), r#"7 qos 1 {} {"k": "v"}"#);
    let expected = "7 qos 1 broken: more than a thousand application properties none";
    assert_eq!(shown(&read(Version::V5, &message(1001))), expected);
    // Those of a refusal are for a line of the log.
    let pairs = b"\x26\0\x01k\0\x01v".repeat(100);
    let (length, bytes) = encoded_length(pairs.len()).unwrap();
    let puback = packet(0x40, &[b"\0\x07\x80", &length[..bytes], &pairs].concat());
    let Packet::Puback { reason, .. } = read(Version::V5, &puback) else { panic!() };
    assert_eq!(reason.info.len(), 20);
}

#[test]
fn another_protocol_is_named() {
    for (sent, expected) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n"[..],
            r#"the port does not speak MQTT: it sent "HTTP/1.1""#,
        ),
        (b"AMQP\0\x01\0\0", "the port speaks AMQP, not MQTT; use amqp:// or amqps:// for it"),
        (b"AMQP\0\0\x09\x01", "the port speaks AMQP, not MQTT; use amqp:// or amqps:// for it"),
        (b"\x15\x03\x01\0\x02\x02\x46", "the port speaks TLS; use mqtts:// for it"),
        (b"220 mail ready\r\n", r#"the port does not speak MQTT: it sent "220 mail""#),
        (b"+OK", r#"the port does not speak MQTT: it sent "+OK""#),
        (
            b"\x32\x07\0\x01t\0\x07",
            r#"the port does not speak MQTT: it sent "2\x07\x00\x01t\x00\x07""#,
        ),
    ] {
        for size in [1, sent.len()] {
            let mut reader = Reader::new(Version::V5, LIMIT);
            let mut problems = Vec::new();
            for piece in sent.chunks(size) {
                let input = reader.input();
                if input.is_empty() {
                    break;
                }
                input[..piece.len()].copy_from_slice(piece);
                reader.input_done(piece.len());
                problems.extend(reader.next());
            }
            reader.input_ended();
            problems.extend(reader.next());
            let [Err(problem)] = &problems[..] else { panic!("{problems:?}") };
            assert_eq!(problem, expected);
            assert!(reader.input().is_empty() && reader.next().is_none());
        }
    }
    // A broker may refuse in other ways than CONNACK.
    for bytes in [&b"\xe0\x01\x89"[..], b"\xf0\x01\x18"] {
        assert_eq!(feed(&mut Reader::new(Version::V5, LIMIT), bytes).len(), 1);
    }
}

#[test]
fn a_length_without_an_end_is_the_end() {
    let mut reader = reader(Version::V5, LIMIT);
    reader.input()[..7].copy_from_slice(b"\xd0\0\x32\xff\xff\xff\xff");
    reader.input_done(7);
    assert!(matches!(reader.next(), Some(Ok(Packet::Pingresp))));
    let problem = reader.next().unwrap().unwrap_err();
    assert_eq!(problem, "the broker sent a packet without an end");
    assert!(reader.next().is_none() && reader.input().is_empty());
}

/// Whatever a packet holds, it is one packet, and the next one is read.
#[test]
fn no_change_of_a_packet_hides_the_next_one() {
    let mut random = Random(5);
    let mut readers = [Version::V5, Version::V311].map(|version| reader(version, 2000));
    for _ in 0..20_000 {
        let count = random.below(3000);
        let seed = random.bytes(count);
        let packet = v5::Packet::arbitrary(&mut Unstructured::new(&seed)).unwrap();
        let mut bytes = packet.encode().unwrap().as_ref().to_vec();
        let mut header = &bytes[1..];
        take_length(&mut header).unwrap();
        let begin = bytes.len() - header.len();
        for _ in 0..random.below(4) {
            let place = random.below(bytes.len());
            if place == 0 || place >= begin {
                bytes[place] = [0, 1, 0x7f, 0x80, 0xff, random.next() as u8][random.below(6)];
            }
        }
        bytes.extend_from_slice(b"\x40\x02\x12\x34");
        for reader in &mut readers {
            let cut = random.below(bytes.len());
            let mut packets = feed(reader, &bytes[..cut]);
            packets.extend(feed(reader, &bytes[cut..]));
            assert_eq!(packets.len(), 2, "{}: {packets:?}", bytes.escape_ascii());
            assert!(matches!(&packets[1], Packet::Puback { id: 0x1234, .. }));
        }
    }
}

/// Bytes of every kind: no panic, and an end at the latest with the first length that has none.
#[test]
fn no_stream_of_bytes_makes_it_panic() {
    let mut random = Random(6);
    for _ in 0..5000 {
        let mut reader = Reader::new(Version::V5, 500);
        let count = random.below(400);
        let stream = [CONNACK, &random.bytes(count)].concat();
        for piece in stream.chunks(1 + random.below(50)) {
            let input = reader.input();
            if input.is_empty() {
                break;
            }
            input[..piece.len()].copy_from_slice(piece);
            reader.input_done(piece.len());
            while reader.next().is_some() {}
        }
        reader.input_ended();
        while reader.next().is_some() {}
    }
}
