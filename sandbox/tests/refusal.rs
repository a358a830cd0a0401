//! Links that the broker refuses, frame by frame.
//!
//! The frames are made by hand, because the library's client detaches by itself after an Attach without a terminus, and
//! so may miss the broker's reason.

mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use amqp_frames::{
    Frame, HEADER, Incoming, Reader, Role, Value, attach, begin, detach, error, flow, open, source,
    target,
};
use amqp_sandbox::Sandbox;
use common::{LIMIT, TestSandbox};

/// A client that sends only the frames of a test.
struct RawClient {
    stream: TcpStream,
    reader: Reader,
    links: u32,
}

impl RawClient {
    /// Opens a connection and a session.
    fn connect(sandbox: &Sandbox) -> Self {
        let url = sandbox.amqp_url();
        let stream = TcpStream::connect(url.strip_prefix("amqp://").unwrap()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut client = Self { stream, reader: Reader::new(), links: 0 };
        client.stream.write_all(&HEADER).unwrap();
        client.send(&open("raw"));
        client.send(&begin(None));
        assert_eq!(client.incoming(), Incoming::Header(HEADER));
        assert_eq!(client.next().code, open::CODE);
        assert_eq!(client.next().code, begin::CODE);
        client
    }

    fn send(&mut self, frame: &Frame) {
        self.stream.write_all(&frame.encode()).unwrap();
    }

    fn incoming(&mut self) -> Incoming {
        loop {
            if let Some(incoming) = self.reader.next() {
                return incoming.unwrap();
            }
            let mut chunk = [0; 4096];
            let count = self.stream.read(&mut chunk).unwrap();
            assert_ne!(count, 0, "the broker hung up");
            self.reader.feed(&chunk[..count]);
        }
    }

    fn next(&mut self) -> Frame {
        match self.incoming() {
            Incoming::Frame(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    /// Attaches a link, and returns the broker's Attach.
    fn attach(&mut self, role: Role, source: impl Into<Value>, target: impl Into<Value>) -> Frame {
        self.links += 1;
        let name = format!("raw-{}", self.links);
        self.send(&attach(&name, self.links, role, source, target));
        let frame = self.next();
        assert_eq!(frame.code, attach::CODE);
        frame
    }

    /// The condition of the next frame, a Detach, which is answered.
    fn refused(&mut self) -> String {
        loop {
            let frame = self.next();
            if frame.code == flow::CODE {
                // A Flow without credit is harmless.
                assert_eq!(frame.field(flow::LINK_CREDIT).as_u32(), Some(0));
                continue;
            }
            assert_eq!(frame.code, detach::CODE);
            assert_eq!(frame.field(detach::CLOSED), &Value::Bool(true));
            self.send(&detach(self.links, true, Value::Null));
            let (code, fields) = frame.field(detach::ERROR).as_described().unwrap();
            assert_eq!(code, u64::from(error::CODE));
            return fields[error::CONDITION].as_str().unwrap().to_owned();
        }
    }

    fn receiver_error(&mut self, source: Value) -> String {
        let attach = self.attach(Role::Receiver, source, anonymous());
        assert!(attach.field(attach::SOURCE).is_null());
        self.refused()
    }

    fn sender_error(&mut self, target: Value) -> String {
        let attach = self.attach(Role::Sender, source_of(vec![]), target);
        assert!(attach.field(attach::TARGET).is_null());
        self.refused()
    }
}

fn source_of(fields: Vec<Value>) -> Value {
    Value::described(source::CODE, fields)
}

/// A target without an address.
fn anonymous() -> Value {
    Value::described(target::CODE, vec![])
}

#[test]
fn links_are_refused_with_the_condition_of_a_rule() {
    let rules = [
        "refuse=amqp:unauthorized-access@receiver@address=queue://secret",
        "refuse=vendor:closed-today@sender@address=queue://missing",
    ];
    let sandbox = TestSandbox::with_rules(&rules);
    let mut client = RawClient::connect(&sandbox);
    assert_eq!(client.receiver_error(source("queue://secret")), "amqp:unauthorized-access");
    assert_eq!(client.sender_error(target("queue://missing")), "vendor:closed-today");
    // With the roles exchanged, both are accepted.
    let attach = client.attach(Role::Receiver, source("queue://missing"), Value::Null);
    assert!(!attach.field(attach::SOURCE).is_null());
    let attach = client.attach(Role::Sender, Value::Null, target("queue://secret"));
    assert!(!attach.field(attach::TARGET).is_null());
}

#[test]
fn links_that_lead_nowhere_are_refused() {
    let sandbox = TestSandbox::start(|options| options.anonymous_relay = false);
    let mut client = RawClient::connect(&sandbox);
    assert_eq!(client.receiver_error(source_of(vec![])), "amqp:invalid-field");
    let mut dynamic = vec![Value::Null; source::DYNAMIC];
    dynamic.push(true.into());
    assert_eq!(client.receiver_error(source_of(dynamic)), "amqp:not-implemented");
    for target in [Value::Null, anonymous()] {
        assert_eq!(client.sender_error(target), "amqp:not-allowed");
    }
}

#[test]
fn a_sender_without_credit_sees_no_flow() {
    let sandbox = TestSandbox::with_rules(&["no-credit@address=queue://stuck"]);
    let mut client = RawClient::connect(&sandbox);
    client.attach(Role::Sender, Value::Null, target("queue://stuck"));
    // The next frame belongs to the next link.
    client.attach(Role::Sender, Value::Null, target("queue://free"));
    let frame = client.next();
    assert_eq!(frame.code, flow::CODE);
    assert_eq!(frame.field(flow::LINK_CREDIT).as_u32(), Some(100));
    assert_eq!(frame.field(flow::HANDLE).as_u32(), Some(1));
}
