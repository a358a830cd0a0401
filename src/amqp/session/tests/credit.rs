//! Credit of both links, and the session's window (AMQP 1.0 part 2.5.6 and 2.6.7).

use amqp_frames::{
    Frame, Incoming, Role, disposition, error, flow, message, read, rejected, session_flow,
    transfer,
};

use super::*;

fn flow_of(incoming: Incoming) -> Option<Frame> {
    match incoming {
        Incoming::Frame(frame) if frame.code == flow::CODE => Some(frame),
        _ => None,
    }
}

/// The credit that the frames grant, in order.
fn granted(written: &[u8]) -> Vec<u64> {
    let flows = read(written).unwrap().into_iter().filter_map(flow_of);
    flows.map(|frame| frame.field(flow::LINK_CREDIT).as_u64().unwrap()).collect()
}

/// RabbitMQ 4 counts from five before 0, and another broker might count from any number.
#[test]
fn credit_is_said_again_counted_from_the_number_that_the_broker_begins_with() {
    for first in [u32::MAX - 4, 0, 1000] {
        let mut session = session(Target::Address, None);
        feed(&mut session, &greeting());
        assert_eq!(granted(&written(&mut session)), [99], "the broker has not attached");
        let attached = receiver_attached().with(attach::INITIAL_DELIVERY_COUNT, first);
        feed(&mut session, &attached.encode());
        let written = read(&written(&mut session)).unwrap().into_iter();
        let flows: Vec<_> = written.filter_map(flow_of).collect();
        let [flow] = &flows[..] else { panic!("{flows:?}") };
        assert_eq!(flow.field(flow::DELIVERY_COUNT).as_u32(), Some(first));
        assert_eq!(flow.field(flow::LINK_CREDIT).as_u32(), Some(100));
    }
}

/// By the first credit a broker that counts from five before 0 has 104.
#[test]
fn a_few_replies_more_than_there_was_credit_for_are_taken() {
    for (count, is_taken) in [(104, true), (100 + 100, true), (101 + 100, false)] {
        let mut session = session(Target::Address, None);
        feed(&mut session, &greeting());
        feed(&mut session, &receiver_attached().encode());
        let reply = |id| transfer(RECEIVER, id, message::amqp_value("{}")).encode();
        let mut all = Vec::new();
        for id in 0..count {
            all.extend(feed(&mut session, &reply(id)));
        }
        let is_end = |event: &Event| matches!(event, Event::Ended(_));
        assert_eq!(!all.iter().any(is_end), is_taken, "{count}");
    }
}

#[test]
fn credit_is_granted_again_once_half_of_it_is_used_and_settled() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    let reply = |id| transfer(RECEIVER, id, message::amqp_value("{}"));
    let mut all = Vec::new();
    for id in 0..49 {
        all.extend(feed(&mut session, &reply(id).encode()));
    }
    let settle_all = |session: &mut Bench, events: &mut Vec<Event>| {
        for event in events.drain(..) {
            let Event::Reply { id, .. } = event else { panic!("{event:?}") };
            session.settle(id, Settlement::Accept);
        }
    };
    settle_all(&mut session, &mut all);
    assert_eq!(granted(&written(&mut session)), [0_u64; 0], "half of it is not used");
    let mut last = feed(&mut session, &reply(49).encode());
    assert_eq!(granted(&written(&mut session)), [0_u64; 0], "what is not settled counts");
    settle_all(&mut session, &mut last);
    assert_eq!(granted(&written(&mut session)), [100]);
}

/// Of replies that came at once, the outcomes go out as one, with the credit for further ones behind it.
#[test]
fn outcomes_that_are_the_same_are_one_frame() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    let reply = |id| transfer(RECEIVER, id, message::amqp_value("{}")).encode();
    let replies: Vec<_> = (0..60).flat_map(reply).collect();
    session.input()[..replies.len()].copy_from_slice(&replies);
    session.input_done(replies.len());
    for _ in 0..60 {
        let Some(Event::Reply { id, .. }) = session.next_event() else { panic!("no reply") };
        session.settle(id, Settlement::Accept);
    }
    let code = |incoming| match incoming {
        Incoming::Frame(frame) => frame.code,
        other => panic!("{other:?}"),
    };
    let codes: Vec<_> = read(&written(&mut session)).unwrap().into_iter().map(code).collect();
    assert_eq!(codes, [disposition::CODE, flow::CODE]);
}

/// As soon as requests are out that may be answered, not only once their replies come.
#[test]
fn credit_follows_the_requests_without_a_reply() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    feed(&mut session, &flow(SENDER, 0, 1000).encode());
    let mut send = |count| {
        for entry in 0..count {
            assert!(matches!(session.send(entry, &request()), HandOver::Done));
            events(&mut session);
        }
        granted(&written(&mut session))
    };
    assert_eq!(send(199), [0_u64; 0], "more than half of it is unused");
    assert_eq!(send(1), [200]);
}

/// A message that waits in the engine is neither sent nor can it be taken back: one at most.
#[test]
fn one_request_waits_for_the_session_s_window_and_no_more() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    let closed = flow(SENDER, 0, 5).with(flow::INCOMING_WINDOW, 0_u32);
    assert!(matches!(feed(&mut session, &closed.encode())[..], [Event::Writable]));
    assert!(matches!(session.send(0, &request()), HandOver::Done));
    assert!(session.holds_back() && written(&mut session).is_empty());
    assert!(matches!(session.send(1, &request()), HandOver::NotNow));
    let events = feed(&mut session, &session_flow().encode());
    assert!(!session.holds_back(), "{events:?}");
    assert!(!written(&mut session).is_empty());
    assert!(matches!(session.send(1, &request()), HandOver::Done));
}

fn sent(session: &mut Bench) -> Vec<Frame> {
    // There is credit again and again.
    events(session);
    let frames = read(&written(session)).unwrap().into_iter();
    let transfer = |incoming| match incoming {
        Incoming::Frame(frame) if frame.code == transfer::CODE => Some(frame),
        _ => None,
    };
    frames.filter_map(transfer).collect()
}

/// Otherwise its end would be missing, and it would look whole.
#[test]
fn a_message_that_is_rejected_in_the_middle_is_aborted() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    let narrow = flow(SENDER, 0, 5).with(flow::INCOMING_WINDOW, 1_u32);
    feed(&mut session, &narrow.encode());
    assert!(matches!(session.send(0, &large_request()), HandOver::Done));
    let begun = sent(&mut session);
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0].field(transfer::MORE).as_bool(), Some(true));
    let no = rejected(error("amqp:decode-error", "no"));
    let events = feed(&mut session, &disposition(Role::Receiver, 0, None, true, no).encode());
    assert!(matches!(events[..], [Event::Outcome { entry: 0, .. }]), "{events:?}");
    feed(&mut session, &session_flow().encode());
    let ended = sent(&mut session);
    assert!(ended.iter().all(|frame| frame.field(transfer::ABORTED).as_bool() == Some(true)));
    assert!(matches!(session.send(1, &request()), HandOver::Done));
    assert_eq!(sent(&mut session).len(), 1);
}
