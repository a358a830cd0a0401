//! A session, fed with bytes by hand.

use std::{
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use amqp_frames::{Frame, HEADER, Role, Value, attach, begin, open, source, target};

use super::super::*;
use crate::{
    session::Session as _,
    signing::{Blob, Image, Items, samples},
};

/// The handles that Proton gives to the links: the receiver is attached first.
pub(super) const RECEIVER: u32 = 0;
pub(super) const SENDER: u32 = 1;

pub(super) fn session(target: Target, mechanisms: Option<Mechanisms<'_>>) -> Bench {
    let session = Session::new(&Options {
        container_id: "client",
        receiver_name: "receiver",
        sender_name: "sender",
        mechanisms,
        means: Means { tls: false, certificate: false, username: false },
        hostname: "broker",
        idle_timeout: Some(Duration::from_secs(5)),
        max_message_size: 1000,
        purpose: Purpose::Sign,
        listen_to: "replies",
        source_capability: None,
        target_capability: None,
        send_to: "requests",
        target,
        durable: true,
        ttl: Duration::from_secs(7),
        first_reply: 3,
        now: Instant::now(),
    });
    Bench { session: session.unwrap(), written: Vec::new() }
}

/// A session, and what it wrote that was not looked at yet.
pub(super) struct Bench {
    pub(super) session: Session,
    written: Vec<u8>,
}

impl Deref for Bench {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

/// Feeds bytes one by one, and takes out what came of them.
pub(super) fn feed(bench: &mut Bench, bytes: &[u8]) -> Vec<Event> {
    let mut all = events(bench);
    for byte in bytes {
        let buffer = bench.session.input();
        assert!(!buffer.is_empty(), "the session takes no more after {all:?}");
        buffer[0] = *byte;
        bench.session.input_done(1);
        all.extend(events(bench));
    }
    all
}

pub(super) fn events(bench: &mut Bench) -> Vec<Event> {
    loop {
        let output = bench.session.output();
        // A wire may take only a part at a time.
        let count = output.len().min(7);
        if count == 0 {
            return std::iter::from_fn(|| bench.session.next_event()).collect();
        }
        bench.written.extend(&output[..count]);
        bench.session.output_done(count);
    }
}

/// What was written since the last look.
pub(super) fn written(bench: &mut Bench) -> Vec<u8> {
    assert!(events(bench).is_empty());
    std::mem::take(&mut bench.written)
}

pub(super) fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::encode).collect()
}

/// Header, Open, Begin.
pub(super) fn greeting() -> Vec<u8> {
    let relay = open("broker").with(7, Value::symbols(&["ANONYMOUS-RELAY"]));
    [HEADER.to_vec(), bytes(&[relay, begin(0)])].concat()
}

pub(super) fn receiver_attached() -> Frame {
    attach("receiver", RECEIVER, Role::Sender, source("replies"), Value::Null)
}

pub(super) fn sender_attached() -> Frame {
    attach("sender", SENDER, Role::Receiver, Value::Null, target("requests"))
}

/// A session whose links stand.
pub(super) fn standing(session: &mut Bench) {
    feed(session, &greeting());
    let events = feed(session, &bytes(&[receiver_attached(), sender_attached()]));
    assert!(matches!(events[..], [Event::Ready(Ok(()))]), "{events:?}");
    written(session);
}

pub(super) fn request() -> Request {
    samples::request(Items::Images(vec![Image::lenient("sha256:0", "host/repo:0").unwrap()]))
}

/// One of several frames.
pub(super) fn large_request() -> Request {
    samples::request(Items::Blobs(vec![Blob::new(vec![b'x'; 500_000]).unwrap()]))
}
