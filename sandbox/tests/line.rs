//! Faults of the connection itself, as a client sees them.

mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use amqp_frames::{HEADER, Incoming, Value, close, open};
use amqp_sandbox::{Options, Record};
use common::{LIMIT, TestSandbox};

fn with(rule: &str, change: impl FnOnce(&mut Options)) -> TestSandbox {
    TestSandbox::start(|options| {
        options.behaviours = vec![rule.parse().unwrap()];
        change(options);
    })
}

/// Sends a client's first bytes; returns the stream, with a limit for waits.
fn opened(sandbox: &TestSandbox) -> TcpStream {
    let url = sandbox.amqp_url();
    let mut stream = TcpStream::connect(url.strip_prefix("amqp://").unwrap()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(&[&HEADER[..], &open("x").encode()].concat()).unwrap();
    stream
}

/// Everything that arrives until the broker hangs up.
fn all(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

fn is_whole_open(bytes: &[u8]) -> bool {
    let incoming = amqp_frames::read(bytes);
    matches!(incoming.as_deref(), Ok([Incoming::Header(HEADER), Incoming::Frame(frame)]) if frame.code == open::CODE)
}

#[test]
fn a_cut_lets_that_many_bytes_or_frames_pass() {
    for count in [0, 3, 8, 20] {
        let sandbox = with(&format!("cut-bytes={count}"), |_| {});
        assert_eq!(all(opened(&sandbox)).len(), count);
    }
    for rule in ["cut-sent=1", "cut"] {
        let sandbox = with(rule, |_| {});
        assert!(is_whole_open(&all(opened(&sandbox))), "{rule}");
    }
    let sandbox = with("cut-received=1", |_| {});
    assert!(all(opened(&sandbox)).len() <= 100);
}

#[test]
fn a_close_has_its_condition() {
    let sandbox = with("close=amqp:connection:forced", |_| {});
    let mut stream = opened(&sandbox);
    let mut bytes = Vec::new();
    // The broker does not hang up before it has an answer.
    while !String::from_utf8_lossy(&bytes).contains("amqp:connection:forced") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.extend(byte);
    }
}

#[test]
fn a_slow_line_loses_nothing() {
    let sandbox = with("slow=1ms", |_| {});
    let mut stream = opened(&sandbox);
    let mut bytes = vec![0; 12];
    stream.read_exact(&mut bytes).unwrap();
    bytes.resize(8 + usize::from(bytes[11]), 0);
    stream.read_exact(&mut bytes[12..]).unwrap();
    assert!(is_whole_open(&bytes));
}

/// The record shows that the client hangs up.
#[test]
fn a_silent_broker_sends_no_more_than_it_should() {
    for (rule, open) in
        [("silent", false), ("silent=tls", false), ("silent=open", true), ("half-open", true)]
    {
        let sandbox = with(rule, |_| {});
        let mut stream = opened(&sandbox);
        if open {
            let mut start = [0; 12];
            stream.read_exact(&mut start).unwrap();
            stream.read_exact(&mut vec![0; usize::from(start[11]) - 4]).unwrap();
        }
        // A Close, which expects an answer.
        stream.write_all(&close(Value::Null).encode()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(all(stream), b"", "{rule}");
        sandbox.wait_for(LIMIT, Record::is_over).unwrap();
    }
}

#[test]
fn a_rule_may_be_for_one_connection() {
    let sandbox = with("cut-bytes=3@connection=2", |_| {});
    let mut first = opened(&sandbox);
    first.read_exact(&mut [0; 20]).unwrap();
    assert_eq!(all(opened(&sandbox)).len(), 3);
}
