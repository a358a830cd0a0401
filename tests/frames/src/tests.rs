//! What is written is read, however it is cut; known bytes are what they should be; garbage is an error.

use crate::*;

/// A value of every type, some in every length of their encodings.
fn values() -> Vec<Value> {
    let symbols = ["PLAIN", "ANONYMOUS"];
    let long = "x".repeat(300);
    let error = error("amqp:not-found", "nothing there");
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Ubyte(200),
        Value::Ushort(60_000),
        Value::Uint(0),
        Value::Uint(255),
        Value::Uint(256),
        Value::Ulong(0),
        Value::Ulong(255),
        Value::Ulong(u64::MAX),
        Value::Byte(-3),
        Value::Short(-300),
        Value::Int(-128),
        Value::Int(127),
        Value::Int(128),
        Value::Int(i32::MIN),
        Value::Long(-128),
        Value::Long(127),
        Value::Long(-129),
        Value::Float(0.5),
        Value::Double(-0.25),
        Value::Decimal32([1; 4]),
        Value::Decimal64([2; 8]),
        Value::Decimal128([3; 16]),
        Value::Char('é'.into()),
        Value::Timestamp(-1),
        Value::Uuid([4; 16]),
        Value::Binary(vec![]),
        Value::Binary(vec![0; 255]),
        Value::Binary(vec![0; 256]),
        Value::from("text"),
        Value::from(&*long),
        Value::symbol("name"),
        Value::symbol(&long),
        Value::List(vec![]),
        Value::List(vec![Value::Null, Value::List(vec![1u32.into()])]),
        Value::List(vec![Value::Null; 300]),
        Value::List(vec![Value::Binary(vec![0; 252])]),
        Value::List(vec![Value::Binary(vec![0; 253])]),
        Value::List(vec![Value::Uuid([5; 16]); 20]),
        Value::Map(vec![]),
        Value::Map(vec![("key".into(), 1u8.into()), ("key".into(), Value::Null)]),
        Value::Map(vec![(0u32.into(), true.into()); 200]),
        Value::Array(vec![]),
        Value::symbols(&symbols),
        Value::Array(vec![true.into(), false.into()]),
        Value::Array(vec![0u32.into(), 1u32.into(), 1000u32.into()]),
        Value::Array(vec![Value::Null; 300]),
        Value::Array(vec![Value::symbols(&symbols), Value::symbols(&["x"])]),
        Value::Array(vec![Value::List(vec![]), Value::List(vec![Value::Null])]),
        Value::Array(vec![error.clone(), error.clone()]),
        Value::Described(Box::new(Value::symbol("a")), Box::new(accepted())),
        error,
    ]
}

/// The stream of a broker, from the login to the end.
fn stream() -> Vec<Incoming> {
    let (refusal, nothing) = (error("amqp:unauthorized-access", "no"), Value::Null);
    let port = [("port", 5672u16.into()), ("network-host", "localhost".into())];
    let message = [
        message::header(true, Some(1000)),
        message::properties(&[(message::TO, "queue".into())]),
        message::application_properties(&[("mtype", "container_signature".into())]),
        message::data(b"{}"),
    ]
    .concat();
    let of_sasl = [sasl_mechanisms(&["PLAIN"]), sasl_challenge(b"?"), sasl_outcome(0)];
    let of_amqp = [
        open("broker").with(open::IDLE_TIME_OUT, 5000u32),
        begin(0),
        begin(None).on_channel(300),
        attach("replies", 0, Role::Sender, source("in"), target("in")),
        attach("requests", 1, Role::Receiver, nothing.clone(), nothing.clone()),
        session_flow(),
        flow(1, 0, u32::MAX).with(flow::DRAIN, true),
        transfer(0, 0, message[..9].to_vec()).with(transfer::MORE, true),
        continuation(0, message[9..].to_vec()),
        disposition(Role::Receiver, 0, None, false, received(0, 0)),
        disposition(Role::Receiver, 0, 3, true, accepted()),
        disposition(Role::Receiver, 4, None, true, rejected(refusal.clone())),
        disposition(Role::Receiver, 5, None, true, released()),
        disposition(Role::Receiver, 6, None, true, modified(true, false)),
        disposition(Role::Receiver, 7, None, true, nothing.clone()),
        detach(1, true, refusal),
        detach(0, false, nothing),
        end(None::<Value>),
        close(error_with_info("amqp:connection:redirect", "elsewhere", &port)),
    ];
    let mut stream = vec![Incoming::Header(SASL_HEADER)];
    stream.extend(of_sasl.map(Incoming::Frame));
    stream.extend([Incoming::Header(HEADER), Incoming::Heartbeat]);
    stream.extend(of_amqp.map(Incoming::Frame));
    stream
}

fn bytes(stream: &[Incoming]) -> Vec<u8> {
    let bytes = stream.iter().map(|incoming| match incoming {
        Incoming::Header(header) => header.to_vec(),
        Incoming::Heartbeat => HEARTBEAT.to_vec(),
        Incoming::Frame(frame) => frame.encode(),
    });
    bytes.collect::<Vec<_>>().concat()
}

#[test]
fn what_is_written_is_read() {
    for value in values() {
        let bytes = value.to_bytes();
        let mut rest = &[&bytes[..], b"rest"].concat()[..];
        assert_eq!(Value::decode(&mut rest), Ok(value));
        assert_eq!(rest, b"rest");
    }
    assert_eq!(read(&bytes(&stream())), Ok(stream()));
}

/// The bytes are those of the specification and of brokers.
#[test]
fn known_bytes_are_what_they_should_be() {
    let cases: [(Value, &[u8]); 5] = [
        (accepted(), &[0, 0x53, 0x24, 0x45]),
        (modified(false, true), &[0, 0x53, 0x27, 0xc0, 3, 2, 0x42, 0x41]),
        (rejected(None::<Value>), &[0, 0x53, 0x25, 0xc0, 2, 1, 0x40]),
        (Value::symbols(&["ab", "c"]), b"\xe0\x0d\x02\xb3\0\0\0\x02ab\0\0\0\x01c"),
        (Value::Map(vec![("a".into(), 1u8.into())]), b"\xc1\x06\x02\xa1\x01a\x50\x01"),
    ];
    for (value, bytes) in cases {
        assert_eq!(value.to_bytes(), bytes, "{value:?}");
    }
    assert_eq!(open("p").encode(), b"\0\0\0\x11\x02\0\0\0\0\x53\x10\xc0\x04\x01\xa1\x01p");
    assert_eq!(sasl_outcome(1).encode(), b"\0\0\0\x10\x02\x01\0\0\0\x53\x44\xc0\x03\x01\x50\x01",);
    assert_eq!(message::amqp_value("x"), b"\0\x53\x77\xa1\x01x");
    // Other encodings, and a longer header of the frame.
    let read = read(b"\0\0\0\x18\x03\0\0\x05wide\0\x80\0\0\0\0\0\0\0\x18\x45!").unwrap();
    let close = Frame { payload: b"!".to_vec(), ..Frame::new(close::CODE, vec![]) };
    assert_eq!(read, [Incoming::Frame(close.on_channel(5))]);
    let short = Value::decode(&mut &b"\xe0\x07\x02\xa3\x02ab\x01c"[..]);
    assert_eq!(short, Ok(Value::symbols(&["ab", "c"])));
}

#[test]
fn it_does_not_matter_where_a_stream_is_cut() {
    let bytes = bytes(&stream());
    for cut in 0..=bytes.len() {
        let mut reader = Reader::new();
        let mut items = Vec::new();
        for piece in [&bytes[..cut], &bytes[cut..]] {
            reader.feed(piece);
            items.extend(reader.by_ref().map(Result::unwrap));
        }
        assert_eq!(items, stream(), "cut at {cut}");
        assert!(reader.rest().is_empty());
    }
    let mut reader = Reader::new();
    let items = bytes.iter().flat_map(|byte| {
        reader.feed(&[*byte]);
        reader.by_ref().map(Result::unwrap).collect::<Vec<_>>()
    });
    assert_eq!(items.collect::<Vec<_>>(), stream());
}

/// The order of the fields in the specification, part 2.7, as the functions have it, and as the names do.
#[test]
fn the_names_of_fields_are_those_of_their_places() {
    let two = || Value::Uint(2);
    let begin = begin(7);
    assert_eq!(begin.field(begin::REMOTE_CHANNEL).as_u32(), Some(7));
    assert_eq!(begin.field(begin::NEXT_OUTGOING_ID).as_u32(), Some(0));
    let flow = flow(1, 2, 3).with(flow::AVAILABLE, 4u32).with(flow::ECHO, true);
    let [handle, count, credit] = [flow::HANDLE, flow::DELIVERY_COUNT, flow::LINK_CREDIT];
    assert_eq!(
        [handle, count, credit].map(|field| flow.field(field).as_u64()),
        [1, 2, 3].map(Some)
    );
    assert_eq!((flow.fields.len(), flow.field(7)), (10, &Value::Uint(4)));
    let transfer = transfer(1, 2, vec![]).with(transfer::MORE, true).with(transfer::ABORTED, true);
    assert_eq!(transfer.field(transfer::DELIVERY_ID), &two());
    assert_eq!(transfer.field(transfer::DELIVERY_TAG).as_bytes(), Some(&[0, 0, 0, 2][..]));
    assert_eq!(transfer.field(transfer::SETTLED), &Value::Bool(false));
    assert_eq!((transfer.fields.len(), transfer.field(5)), (10, &Value::Bool(true)));
    let disposition = disposition(Role::Sender, 1, 2, true, accepted());
    assert_eq!(disposition.field(disposition::ROLE), &Role::Sender.into());
    assert_eq!(disposition.field(disposition::FIRST), &Value::Uint(1));
    assert_eq!(disposition.field(disposition::LAST), &two());
    assert_eq!(disposition.field(disposition::SETTLED), &Value::Bool(true));
    assert_eq!(disposition.field(disposition::STATE), &accepted());
    let attach = attach("x", 2, Role::Sender, source("s"), target("t"));
    assert_eq!(attach.field(attach::HANDLE), &two());
    assert_eq!(attach.fields[5..7], [source("s"), target("t")]);
    assert_eq!((attach.fields.len(), attach.field(9)), (10, &Value::Uint(0)));
    assert_eq!(open("x").with(open::IDLE_TIME_OUT, 2u32).fields[4], two());
    assert_eq!(open("x").with(open::PROPERTIES, 2u32).fields[9], two());
}

#[test]
fn fields_are_found() {
    let error = error_with_info("amqp:link:redirect", "no", &[("port", 5672u16.into())]);
    let frame = detach(3, true, error);
    assert_eq!(frame.field(detach::HANDLE).as_u32(), Some(3));
    assert_eq!(frame.field(detach::CLOSED).as_bool(), Some(true));
    let (code, fields) = frame.field(detach::ERROR).as_described().unwrap();
    assert_eq!((code, fields[error::CONDITION].as_str()), (0x1d, Some("amqp:link:redirect")));
    assert_eq!(fields[error::INFO].get("port").and_then(Value::as_u64), Some(5672));
    assert!(frame.field(99).is_null());
    let attach = attach("x", 0, Role::Sender, source("x"), Value::Null);
    assert_eq!(Role::of(attach.field(attach::ROLE)), Some(Role::Sender));
    assert_eq!(Role::Sender.other(), Role::Receiver);
    let message = [message::header(true, None), message::data(b"x")].concat();
    let sections = message::read(&message).unwrap();
    assert_eq!(sections[1], (message::DATA, Value::Binary(b"x".to_vec())));
    assert_eq!(sections[0].1.as_list().unwrap()[message::DURABLE], Value::Bool(true));
}

#[test]
fn garbage_is_an_error() {
    let deep = (0..=MAX_DEPTH).fold(Value::Null, |value, _| Value::List(vec![value]));
    let described = [0].repeat(100_000);
    let many = [&[0xf0, 0, 0, 0, 5][..], &u32::MAX.to_be_bytes(), &[0x40]].concat();
    let name = "x".repeat(60_000);
    // Its members take no bytes, but each repeats the descriptor.
    let repeated = [&[0][..], &Value::symbol(&name).to_bytes(), &[0x45]].concat();
    let size = (repeated.len() as u32 + 4).to_be_bytes();
    let repeated = [&[0xf0][..], &size, &1000u32.to_be_bytes(), &repeated].concat();
    let cases: [(&[u8], &str); 13] = [
        (b"", "expected 1 bytes, found 0"),
        (b"\x70\0\0", "expected 4 bytes, found 2"),
        (b"\xa1\x05text", "expected 5 bytes, found 4"),
        (b"\xa1\x01\xff", "invalid utf-8"),
        (b"\x3f", "unknown constructor 0x3f"),
        (b"\x56\x02", "expected 0 or 1, found 2"),
        (b"\xc1\x02\x01\x40", "a key and no value"),
        (b"\xc0\x03\x01\x40\x40", "1 bytes behind the last member"),
        (b"\xc0\x00", "expected 1 bytes, found 0"),
        (&deep.to_bytes(), "more than 32 deep"),
        (&described, "more than 32 deep"),
        (&many, "more than 65536 values"),
        (&repeated, "more than 65536 values"),
    ];
    for (bytes, says) in cases {
        let problem = Value::decode(&mut &bytes[..]).unwrap_err().to_string();
        assert!(problem.contains(says), "{problem}");
    }
    let cases: [(&[u8], &str); 9] = [
        (b"HTTP/1.1", "a frame of 1213486160 bytes"),
        (b"\0\0\0\x07\x02\0\0", "a frame of 7 bytes"),
        (b"\0\0\0\x08\x02\x05\0\0", "a frame of type 5"),
        (b"\0\0\0\x08\x01\0\0\0", "begins at byte 4"),
        (b"\0\0\0\x08\xff\0\0\0", "begins at byte 1020"),
        (b"\0\0\0\x09\x02\0\0\0\x40", "expected a performative, found Null"),
        (b"\0\0\0\x0c\x02\0\0\0\0\x53\x10\x40", "expected a performative"),
        (b"\0\0\0\x08\x02\x01\0\0", "expected 1 bytes, found 0"),
        (b"\0\0\0\x08\x02\0\0", "7 bytes of an unfinished header or frame"),
    ];
    for (bytes, says) in cases {
        let problem = read(bytes).unwrap_err().to_string();
        assert!(problem.contains(says), "{problem}");
    }
    let mut reader = Reader::new();
    reader.feed(b"HTTP/1.1");
    assert!(reader.next().unwrap().is_err());
    assert_eq!(reader.next(), None, "no item follows an error");
    assert!(message::read(b"\x40").is_err());
    assert!(message::read(b"\0\x53\x10\x45").is_err());
}

/// Changes every byte of a valid stream in several ways, and reads random bytes: with or without an error, reading ends.
#[test]
fn no_bytes_make_it_panic() {
    let bytes = bytes(&stream());
    for at in 0..bytes.len() {
        for change in [0x01, 0x10, 0x40, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            let _ = read(&bytes);
        }
    }
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    for _ in 0..20_000 {
        let length = random() % 64;
        let bytes: Vec<_> = (0..length).map(|_| random()).collect();
        let _ = Value::decode(&mut &bytes[..]);
        let _ = message::read(&bytes);
    }
}

#[test]
#[should_panic(expected = "values of one type")]
fn an_array_of_two_types_is_not_written() {
    Value::Array(vec![Value::Null, true.into()]).to_bytes();
}
