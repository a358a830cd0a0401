//! A session, fed with bytes by hand.

use std::time::{Duration, Instant};

use super::super::*;
use crate::{
    session::{Scope, Session as _},
    signing::{Blob, Image, Items, Outcome, RawReply, ReplyBody, samples},
};

/// A session, what it wrote that was not looked at yet, and what outlives it.
pub(super) struct Bench {
    pub(super) session: Session,
    pub(super) memory: Memory,
    version: Version,
    written: Vec<u8>,
}

pub(super) fn options<'a>(version: Version, memory: &'a Memory, now: Instant) -> Options<'a> {
    Options {
        version,
        client_id: "client",
        username: None,
        password: None,
        idle_timeout: Some(Duration::from_secs(30)),
        max_message_size: 1000,
        purpose: Purpose::Sign,
        listen_to: "replies",
        send_to: "requests",
        ttl: Duration::from_millis(6500),
        session_expiry: Duration::from_secs(40),
        goes_on: false,
        first_reply: 3,
        memory,
        decode: |bytes| RawReply {
            body: ReplyBody::Bytes(bytes.iter().rev().copied().collect()),
            properties: None,
        },
        now,
    }
}

impl Bench {
    pub(super) fn new(version: Version, memory: Memory) -> Self {
        Self::of(&options(version, &memory, Instant::now()))
    }

    pub(super) fn of(options: &Options<'_>) -> Self {
        let session = Session::new(options).unwrap();
        Self {
            session,
            memory: options.memory.clone(),
            version: options.version,
            written: Vec::new(),
        }
    }

    /// One of a process that goes on where another one ended.
    pub(super) fn going_on(version: Version) -> Self {
        let memory = Memory::default();
        Self::of(&Options { goes_on: true, ..options(version, &memory, Instant::now()) })
    }

    /// One that is subscribed, with these properties in the CONNACK.
    pub(super) fn established(properties: &[u8]) -> Self {
        Self::new(Version::V5, Memory::default()).establish(false, properties)
    }

    pub(super) fn establish(mut self, session_present: bool, properties: &[u8]) -> Self {
        self.feed(&connack(session_present, 0, properties));
        let id = match self.session.state {
            State::Subscribing(id) => id,
            _ => panic!("not subscribing"),
        };
        // Without the events: these come with the next look.
        self.put(&suback(id, 1));
        let events = self.events();
        assert_eq!(events.last().map(String::as_str), Some("Ready"), "{events:?}");
        self
    }

    /// The next connection to the same broker.
    pub(super) fn again(self) -> Self {
        let Self { session, memory, version, .. } = self;
        drop(session);
        Self::new(version, memory)
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let buffer = self.session.input();
            assert!(!buffer.is_empty(), "the session takes no more");
            buffer[0] = *byte;
            self.session.input_done(1);
        }
    }

    /// Feeds bytes one by one, and returns what came of them.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        self.put(bytes);
        self.events()
    }

    pub(super) fn events(&mut self) -> Vec<String> {
        let events = std::iter::from_fn(|| self.session.next_event());
        events.filter(|event| !matches!(event, Event::Arriving(_))).map(said).collect()
    }

    /// What was written since the last look, packet by packet.
    pub(super) fn written(&mut self) -> Vec<String> {
        loop {
            let count = self.session.output().len();
            if count == 0 {
                break;
            }
            // In pieces, as a socket takes them.
            let count = count.div_ceil(9);
            self.written.extend(&self.session.output()[..count]);
            self.session.output_done(count);
        }
        packets(&std::mem::take(&mut self.written))
    }

    /// Hands requests over; each is `Done`, unless this says so.
    pub(super) fn send(&mut self, entries: impl IntoIterator<Item = usize>) -> usize {
        let mut entries = entries.into_iter();
        entries
            .position(|entry| !matches!(self.session.send(entry, &request()), HandOver::Done))
            .unwrap_or(usize::MAX)
    }
}

/// An event in one clause.
fn said(event: Event) -> String {
    let end = |end: End| {
        let of_run = matches!(end, End::Refused { scope: Scope::EveryBroker, .. });
        let error = end.into_error("b", Phase::Reply);
        let text = error.map_or("hung up".to_owned(), |error| error.to_string());
        format!("{}{text}", if of_run { "run: " } else { "" })
    };
    match event {
        Event::Ready(Ok(())) => "Ready".into(),
        Event::Outcome { entry, outcome } => match outcome {
            Outcome::Accepted => format!("{entry} accepted"),
            Outcome::NotNow(condition) => format!("{entry} later: {condition}"),
            Outcome::Undeliverable(condition) => format!("{entry} undeliverable: {condition}"),
            Outcome::Postponed(condition) => format!("{entry} postponed: {condition}"),
            Outcome::Fatal(condition) => format!("{entry} fatal: {condition}"),
            other => panic!("{other:?}"),
        },
        Event::Reply { id, reply } => match reply.body {
            ReplyBody::Bytes(bytes) => format!("reply {}: {}", id.0, bytes.escape_ascii()),
            other => format!("reply {}: {other:?}", id.0),
        },
        Event::SendingRefused(why) => format!("sending refused: {}", end(why)),
        Event::Ended(why) => format!("ended: {}", end(why)),
        other => format!("{other:?}"),
    }
}

/// The client's packets in words.
fn packets(mut bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((&first, rest)) = bytes.split_first() {
        let (mut length, mut at) = (0, 0);
        loop {
            length |= usize::from(rest[at] & 0x7f) << (7 * at);
            at += 1;
            if rest[at - 1] < 0x80 {
                break;
            }
        }
        let (packet, after) = rest[at..].split_at(length);
        let id = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
        found.push(match first {
            0x10 => {
                let (clean, keep_alive) = (packet[7] >> 1 & 1, id(8));
                let id_at = if packet[6] == 5 { 11 + usize::from(packet[10]) } else { 10 };
                let client = String::from_utf8_lossy(&packet[id_at + 2..]);
                let four = packet[12..].first_chunk().copied().unwrap_or_default();
                let expiry = if packet[6] == 5 { u32::from_be_bytes(four) } else { 0 };
                format!("CONNECT {client} clean {clean} keep alive {keep_alive} expiry {expiry}")
            }
            0x82 => format!("SUBSCRIBE {}", id(0)),
            0x32 | 0x3a => {
                let dup = if first == 0x3a { " again" } else { "" };
                format!("PUBLISH {}{dup}", id(2 + usize::from(id(0))))
            }
            0x40 => format!("PUBACK {}", id(0)),
            0xc0 => "PINGREQ".into(),
            0xe0 => format!("DISCONNECT {}", packet.escape_ascii()),
            other => panic!("{other:x}"),
        });
        bytes = after;
    }
    found
}

pub(super) fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = body.len();
    let mut bytes = vec![first];
    if length < 128 {
        bytes.push(length as u8);
    } else {
        bytes.extend([length as u8 | 0x80, (length >> 7) as u8]);
    }
    [bytes, body].concat()
}

pub(super) fn connack(session_present: bool, code: u8, properties: &[u8]) -> Vec<u8> {
    packet(0x20, &[&[u8::from(session_present), code, properties.len() as u8], properties])
}

pub(super) fn suback(id: u16, code: u8) -> Vec<u8> {
    packet(0x90, &[&id.to_be_bytes(), &[0, code]])
}

/// With the reason string `why`.
pub(super) fn puback(id: u16, code: u8) -> Vec<u8> {
    packet(0x40, &[&id.to_be_bytes(), &[code, 6, 0x1f, 0, 3], b"why"])
}

pub(super) fn disconnect(code: u8) -> Vec<u8> {
    packet(0xe0, &[&[code, 0]])
}

/// A reply with QoS 1, or with QoS 0 if the identifier is 0.
pub(super) fn publish(id: u16, body: &[u8]) -> Vec<u8> {
    let (first, id) = if id == 0 { (0x30, vec![]) } else { (0x32, id.to_be_bytes().into()) };
    packet(first, &[b"\0\x07replies", &id, b"\0", body])
}

pub(super) fn request() -> Request {
    request_for("host/repo:0")
}

/// A request for an image with this name.
pub(super) fn request_for(reference: &str) -> Request {
    samples::request(Items::Images(vec![Image::lenient("sha256:0", reference).unwrap()]))
}

/// One with a file of that many bytes.
pub(super) fn large_request(size: usize) -> Request {
    samples::request(Items::Blobs(vec![Blob::new(vec![b'x'; size]).unwrap()]))
}
