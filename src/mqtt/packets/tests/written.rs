//! What the client writes.

use crate::{
    error::Error,
    mqtt::packets::{
        Connect, Request, Unwritable, Version, mark_as_repeated, write::encoded_length,
        write_disconnect, write_pingreq, write_puback, write_subscribe,
    },
};

const CONNECT: Connect<'_> = Connect {
    version: Version::V5,
    client_id: "me",
    clean_start: true,
    keep_alive: 30,
    session_expiry: 600,
    receive_maximum: 100,
    username: None,
    password: None,
};

const REQUEST: Request<'_> = Request {
    version: Version::V5,
    id: 0x1234,
    topic: "sign",
    expiry: 3600,
    response_topic: "done",
    correlation: "7",
    properties: &[],
};

/// What `write` appends to something that is there already.
fn written<T: std::fmt::Debug>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), T>) -> Vec<u8> {
    let mut out = b"before".to_vec();
    write(&mut out).unwrap();
    assert!(out.starts_with(b"before"));
    out.split_off(6)
}

fn words(write: impl FnOnce(&mut Vec<u8>) -> Result<(), Unwritable>) -> String {
    let mut out = b"before".to_vec();
    let Err(Unwritable::Never(words)) = write(&mut out) else { panic!("it was written") };
    assert_eq!(out, b"before", "nothing is left of it");
    words
}

#[test]
fn connect_has_what_the_version_knows() {
    let connect = |connect: Connect<'_>| written(|out| connect.write(out));
    assert_eq!(
        connect(CONNECT),
        b"\x10\x17\0\x04MQTT\x05\x02\0\x1e\x08\x11\0\0\x02\x58\x21\0\x64\0\x02me"
    );
    let login = Connect { username: Some("u"), password: Some(b"\0p"), ..CONNECT };
    let resumed = Connect { clean_start: false, ..login };
    assert_eq!(
        connect(resumed),
        b"\x10\x1e\0\x04MQTT\x05\xc0\0\x1e\x08\x11\0\0\x02\x58\x21\0\x64\0\x02me\0\x01u\0\x02\0p"
    );
    // A user name alone is allowed.
    let old = Connect { version: Version::V311, password: None, ..login };
    assert_eq!(connect(old), b"\x10\x11\0\x04MQTT\x04\x82\0\x1e\0\x02me\0\x01u");
}

#[test]
fn a_request_is_one_publish() {
    let body = |out: &mut Vec<u8>| {
        out.extend_from_slice(b"{}");
        Ok(())
    };
    let properties = [("mtype", "x".into()), ("a", "".into()), ("a", "é".into())];
    let request = Request { properties: &properties, ..REQUEST };
    let mut packet = written(|out| request.write(out, body));
    let expected = [
        &b"\x32\x49\0\x04sign\x12\x34\x3e"[..],
        b"\x01\x01\x02\0\0\x0e\x10\x03\0\x10application/json\x08\0\x04done\x09\0\x017",
        b"\x26\0\x05mtype\0\x01x\x26\0\x01a\0\0\x26\0\x01a\0\x02\xc3\xa9{}",
    ];
    assert_eq!(packet, expected.concat());
    mark_as_repeated(&mut packet);
    assert_eq!(packet[0], 0x3a);
    let old = Request { version: Version::V311, ..request };
    assert_eq!(written(|out| old.write(out, body)), b"\x32\x0a\0\x04sign\x12\x34{}");
}

#[test]
fn a_length_has_as_many_bytes_as_it_needs() {
    for (length, expected) in [
        (0, Some(&b"\0"[..])),
        (0x7f, Some(b"\x7f")),
        (0x80, Some(b"\x80\x01")),
        (0x3fff, Some(b"\xff\x7f")),
        (0x4000, Some(b"\x80\x80\x01")),
        (0x1f_ffff, Some(b"\xff\xff\x7f")),
        (0x20_0000, Some(b"\x80\x80\x80\x01")),
        (0xfff_ffff, Some(b"\xff\xff\xff\x7f")),
        (0x1000_0000, None),
        (usize::MAX, None),
    ] {
        let encoded = encoded_length(length);
        assert_eq!(encoded.as_ref().map(|(bytes, count)| &bytes[..*count]), expected, "{length}");
    }
    let request = Request { version: Version::V311, topic: "t", ..REQUEST };
    for length in [0x7f, 0x80, 0x4000, 0x20_0000] {
        let body = vec![b'x'; length - 5];
        let packet = written(|out| {
            request.write(out, |out| {
                out.extend_from_slice(&body);
                Ok(())
            })
        });
        let (encoded, count) = encoded_length(length).unwrap();
        let head = [b"\x32", &encoded[..count], b"\0\x01t\x12\x34"].concat();
        assert!(packet.starts_with(&head), "{length}");
        assert_eq!(packet[head.len()..], body);
    }
}

#[test]
fn the_small_packets() {
    let subscribe = |version| written(|out| write_subscribe(out, version, 0x102, "done"));
    assert_eq!(subscribe(Version::V5), b"\x82\x0a\x01\x02\0\0\x04done\x21");
    assert_eq!(subscribe(Version::V311), b"\x82\x09\x01\x02\0\x04done\x01");
    let mut out = Vec::new();
    write_puback(&mut out, 0x102);
    write_pingreq(&mut out);
    write_disconnect(&mut out, Version::V5, false);
    write_disconnect(&mut out, Version::V5, true);
    write_disconnect(&mut out, Version::V311, false);
    assert_eq!(out, b"\x40\x02\x01\x02\xc0\0\xe0\x07\0\x05\x11\0\0\0\0\xe0\0\xe0\0");
}

#[test]
fn what_mqtt_cannot_carry_is_not_written() {
    let long = "x".repeat(65_536);
    let request = |request: Request<'_>| words(|out| request.write(out, |_| Ok(())));
    for (properties, expected) in [
        (
            ("k", &*long),
            "the application property \"k\" has 65536 bytes; MQTT allows at most 65535",
        ),
        (("k\n", "a\0"), "the application property \"k\\n\" has a NUL, which MQTT does not allow"),
        (("\0", "a"), "the name of an application property has a NUL, which MQTT does not allow"),
    ] {
        let properties = [(properties.0, properties.1.into())];
        assert_eq!(request(Request { properties: &properties, ..REQUEST }), expected);
    }
    let expected = "the topic has 65536 bytes; MQTT allows at most 65535";
    assert_eq!(request(Request { topic: &long, ..REQUEST }), expected);
    assert_eq!(words(|out| write_subscribe(out, Version::V5, 1, &long)), expected);
    for (connect, expected) in [
        (Connect { client_id: &long, ..CONNECT }, "the client id has 65536 bytes"),
        (Connect { username: Some("\0"), ..CONNECT }, "the user name has a NUL"),
        (Connect { password: Some(long.as_bytes()), ..CONNECT }, "the password has 65536 bytes"),
    ] {
        assert!(words(|out| connect.write(out)).starts_with(expected), "{expected}");
    }
}

#[test]
fn a_body_that_cannot_be_made_leaves_nothing() {
    let mut out = b"before".to_vec();
    let failed = REQUEST.write(&mut out, |out| {
        out.push(b'{');
        Err(Error::Interrupted)
    });
    assert!(matches!(failed, Err(Unwritable::Body(Error::Interrupted))));
    assert_eq!(out, b"before");
}
