use std::ops::Range;

use super::{decode::MAX_PROPERTIES, *};

fn value(encoded: &[u8]) -> Vec<u8> {
    [&[0x00, 0x53, 0x77], encoded].concat()
}

fn at(place: Range<usize>) -> Body {
    Body::Bytes(vec![place])
}

#[test]
fn what_is_written_is_read() {
    let long = "x".repeat(300);
    let application_properties = [("mtype", long.clone().into()), ("é", "".into())];
    let outgoing = Outgoing {
        durable: true,
        ttl: 4000,
        to: "topic://a",
        application_properties: &application_properties,
        body: b"{}",
    };
    let encoded = outgoing.encode();
    let message = Message::decode(&encoded).unwrap();
    assert_eq!(message.body, at(encoded.len() - 2..encoded.len()));
    let properties =
        [("mtype".into(), Scalar::Text(long.into())), ("é".into(), Scalar::Text("".into()))];
    assert_eq!(message.application_properties.as_deref(), Some(&properties[..]));
}

#[test]
fn bodies_of_every_kind() {
    let cases: [(&[u8], Body); 9] = [
        (b"\xa1\x02{}", at(5..7)),
        (b"\xb1\0\0\0\x02{}", at(8..10)),
        (b"\xa0\x02\xff\xfe", at(5..7)),
        (b"\x40", Body::Other("null")),
        (b"\x45", Body::Other("a list")),
        (b"\xc1\x01\x00", Body::Other("a map")),
        (b"\x00\xa3\x01a\x40", Body::Other("a described value")),
        (b"\x54\x07", Body::Other("a number or another simple value")),
        (b"\xe0\x02\x00\x40", Body::Other("an array")),
    ];
    for (encoded, body) in cases {
        assert_eq!(Message::decode(&value(encoded)).unwrap().body, body, "{encoded:x?}");
    }
    assert_eq!(Message::decode(b"").unwrap().body, Body::Other("nothing"));
    let sections = b"\x00\x53\x75\xa0\x02{\"\x00\x80\0\0\0\0\0\0\0\x75\xb0\0\0\0\x03a\":\x00\xa3\x10amqp:data:binary\xa0\x021}";
    assert_eq!(Message::decode(sections).unwrap().body, Body::Bytes(vec![5..7, 22..25, 46..48]));
}

#[test]
fn properties_of_every_type() {
    let pairs =
        b"\xa1\x01a\x41\xa1\x01b\x52\x07\xa1\x01c\x54\xff\xa3\x01d\x72\x3f\x80\0\0\xa1\x01e\x45\
                  \xa1\x01f\xa0\x01\x09\xa1\x01g\x73\0\0\0A";
    let map = [b"\x00\x53\x74\xc1", &[pairs.len() as u8 + 1, 14][..], pairs].concat();
    let properties = Message::decode(&map).unwrap().application_properties.unwrap();
    let expected = [
        ("a", Scalar::Bool(true)),
        ("b", Scalar::Unsigned(7)),
        ("c", Scalar::Signed(-1)),
        ("d", Scalar::Float(1.0)),
        ("e", Scalar::Other),
        ("f", Scalar::Binary(&[9])),
        ("g", Scalar::Text("A".into())),
    ];
    assert_eq!(properties, expected.map(|(name, value)| (name.into(), value)));
}

#[test]
fn properties_are_bounded() {
    let message = |count: usize| {
        let pairs = b"\xa1\x01a\x40".repeat(count);
        let size = (pairs.len() as u32 + 4).to_be_bytes();
        Message::decode(&[b"\x00\x53\x74\xd1", &size[..], &[0; 4], &pairs].concat()).map(drop)
    };
    assert!(message(MAX_PROPERTIES).is_ok() && message(MAX_PROPERTIES + 1).is_err());
}

/// The other sections, delivery annotations to footer, are ignored.
#[test]
fn other_sections_are_ignored() {
    let message = b"\x00\x53\x71\xc1\x01\x00\x00\x53\x72\x40\x00\x53\x73\x45\x00\x53\x77\xa1\x01x\x00\x53\x78\x45";
    assert_eq!(Message::decode(message).unwrap().body, at(19..20));
}

#[test]
fn nesting_of_any_depth_is_read_without_recursion() {
    let deep = value(&[b"\x00\x53\x01".repeat(1_000_000), vec![0x40]].concat());
    assert_eq!(Message::decode(&deep).unwrap().body, Body::Other("a described value"));
}

#[test]
fn no_cut_and_no_changed_byte_makes_it_panic() {
    let properties = [("name", "value".into())];
    let whole = Outgoing {
        durable: true,
        ttl: 1,
        to: "a",
        application_properties: &properties,
        body: b"{}",
    }
    .encode();
    for length in 0..whole.len() {
        let _ = Message::decode(&whole[..length]);
    }
    for position in 0..whole.len() {
        for byte in 0..=255 {
            let mut changed = whole.clone();
            changed[position] = byte;
            let _ = Message::decode(&changed);
        }
    }
    for wrong in [
        &b"\xa1\x01x"[..],
        b"\x00\x53\x77",
        b"\x00\x53\x77\x1f",
        b"\x00\x40\x40",
        b"\x00\x53\x75\xa1\x01x",
    ] {
        assert!(Message::decode(wrong).is_err(), "{wrong:x?}");
    }
}
