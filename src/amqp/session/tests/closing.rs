//! Frames of a broker in, events and frames out.

use amqp_frames::{
    Frame, HEADER, Incoming, Role, Value, attach, begin, close, detach, disposition, end, message,
    open, read, source, target, transfer,
};

use super::super::*;
use crate::session::Session as _;

/// A session whose links the broker has answered.
fn attached() -> Session {
    let mut session = Session::new(&Options {
        container_id: "client",
        receiver_name: "receiver",
        sender_name: "sender",
        mechanisms: None,
        means: Means { tls: false, certificate: false, username: false },
        hostname: "broker",
        idle_timeout: None,
        max_message_size: 1024,
        purpose: Purpose::Sign,
        listen_to: "replies",
        source_capability: None,
        target_capability: None,
        send_to: "requests",
        target: Target::Address,
        durable: true,
        ttl: Duration::from_secs(1),
        first_reply: 0,
        now: Instant::now(),
    })
    .expect("no NUL");
    written(&mut session);
    feed(&mut session, &HEADER);
    let frames = [
        open("broker"),
        begin(0),
        attach("receiver", 0, Role::Sender, source("replies"), Value::Null),
        attach("sender", 1, Role::Receiver, Value::Null, target("requests")),
    ];
    feed(&mut session, &frames.map(|frame| frame.encode()).concat());
    assert!(matches!(session.next_event(), Some(Event::Opened)));
    assert!(matches!(session.next_event(), Some(Event::Ready(Ok(())))));
    session
}

fn feed(session: &mut Session, bytes: &[u8]) {
    session.input()[..bytes.len()].copy_from_slice(bytes);
    session.input_done(bytes.len());
}

/// The numeric descriptors of the frames that the session writes now.
fn written(session: &mut Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let output = session.output();
        if output.is_empty() {
            break;
        }
        let count = output.len();
        bytes.extend(output);
        session.output_done(count);
    }
    let code =
        |item| if let Incoming::Frame(Frame { code, .. }) = item { Some(code) } else { None };
    read(&bytes).expect("whole frames").into_iter().filter_map(code).collect()
}

/// Otherwise the client would hang up before it has written the last outcome of a reply, and the broker would deliver
/// that reply again.
#[test]
fn once_the_client_closes_only_the_broker_s_close_is_the_end() {
    // After the broker's End nothing more can be settled.
    for (ending, expected) in [
        (detach(0, true, Value::Null), &[disposition::CODE, close::CODE][..]),
        (detach(1, true, Value::Null), &[disposition::CODE, close::CODE]),
        (end(Value::Null), &[close::CODE]),
    ] {
        let mut session = attached();
        let reply = transfer(0, 0, message::amqp_value("a reply"));
        feed(&mut session, &[reply, ending.clone()].map(|frame| frame.encode()).concat());
        let Some(Event::Reply { id, .. }) = session.next_event() else { panic!("no reply") };
        session.settle(id, Settlement::Accept);
        session.close(false);
        let events: Vec<_> = std::iter::from_fn(|| session.next_event()).collect();
        let is_end = |event: &Event| matches!(event, Event::Ended(_));
        assert!(!events.iter().any(is_end), "{ending:?}: {events:?}");
        let frames = written(&mut session);
        assert!(expected.iter().all(|code| frames.contains(code)), "{ending:?}: {frames:x?}");
        feed(&mut session, &close(Value::Null).encode());
        let event = session.next_event();
        assert!(event.as_ref().is_some_and(is_end), "{ending:?}: {event:?}");
    }
}
