//! The session against a broker's frames, byte for byte and without a wire.

mod bench;
mod closing;
mod credit;

use std::time::Duration;

use amqp_frames::{
    Role, SASL_HEADER, Value, accepted, attach, close, detach, disposition, error, flow,
    sasl_mechanisms, sasl_outcome, session_flow, transfer,
};

use super::*;
use crate::{
    error::Subject,
    session::{Scope, Session as _},
    signing::Outcome,
};
use bench::*;

#[test]
fn the_first_output_asks_for_all_that_does_not_depend_on_the_broker() {
    use amqp_frames::{Incoming, Reader};
    let asked = |target| {
        let mut reader = Reader::new();
        reader.feed(&written(&mut session(target, None)));
        let frames = reader.map(Result::unwrap).filter_map(|incoming| match incoming {
            Incoming::Frame(frame) => Some(frame.code),
            _ => None,
        });
        frames.collect::<Vec<_>>()
    };
    assert_eq!(asked(Target::AsOffered), [0x10, 0x11, 0x12, 0x13], "open, begin, attach, flow");
    assert_eq!(asked(Target::Address), [0x10, 0x11, 0x12, 0x12, 0x13]);
}

#[test]
fn the_phase_is_that_of_the_answer_that_is_missing() {
    let mut bare = session(Target::Address, None);
    assert_eq!(bare.phase(), Phase::Open);
    assert!(matches!(feed(&mut bare, &greeting())[..], [Event::Opened]));
    assert_eq!(bare.phase(), Phase::Attach);
    assert_eq!(session(Target::Address, Some(Mechanisms::Anonymous)).phase(), Phase::Sasl);
}

#[test]
fn it_is_ready_once_both_links_are_answered_in_whatever_order() {
    for order in
        [[receiver_attached(), sender_attached()], [sender_attached(), receiver_attached()]]
    {
        let mut session = session(Target::AsOffered, None);
        feed(&mut session, &greeting());
        assert!(session.is_anonymous(), "the broker offered it");
        assert!(feed(&mut session, &order[0].encode()).is_empty());
        assert!(matches!(feed(&mut session, &order[1].encode())[..], [Event::Ready(Ok(()))]));
    }
}

/// A broker that does not know the anonymous terminus may say so in any words; of an address only "you
/// may not" is a refusal.
#[test]
fn a_refused_sender_leaves_the_receiver_standing() {
    let refused = attach("sender", SENDER, Role::Receiver, Value::Null, Value::Null);
    for (target, condition, is_refusal) in [
        (Target::Anonymous, "amqp:not-implemented", true),
        (Target::Anonymous, "amqp:not-found", true),
        (Target::Address, "amqp:not-found", true),
        (Target::Address, "amqp:internal-error", false),
    ] {
        let mut session = session(target, None);
        feed(&mut session, &greeting());
        let end = detach(SENDER, true, error(condition, "no"));
        let frames = [receiver_attached(), refused.clone(), end];
        let events = feed(&mut session, &bytes(&frames));
        let ready = matches!(
            &events[..],
            [Event::Ready(Err(End::Refused { what: Subject::Sending(_), .. }))]
        );
        let ended =
            matches!(&events[..], [Event::Ended(End::Closed { what: Subject::Sending(_), .. })]);
        assert_eq!((ready, ended), (is_refusal, !is_refusal), "{condition}: {events:?}");
    }
}

#[test]
fn a_refusal_of_the_login_speaks_for_this_broker_and_one_of_the_receiver_for_every_broker() {
    let refusal = || error("amqp:unauthorized-access", "no");
    let refused = attach("receiver", RECEIVER, Role::Sender, Value::Null, Value::Null);
    for (frames, expected) in [
        (vec![close(refusal())], Scope::ThisBroker),
        (vec![refused, detach(RECEIVER, true, refusal())], Scope::EveryBroker),
    ] {
        let mut session = session(Target::Address, None);
        feed(&mut session, &greeting());
        let events = feed(&mut session, &bytes(&frames));
        let [Event::Ended(End::Refused { scope, .. })] = events[..] else { panic!("{events:?}") };
        assert_eq!(scope, expected);
    }
}

/// AMQP 1.0 part 5.3.3.6: auth, sys, sys-perm, sys-temp.
#[test]
fn only_a_failed_login_that_may_pass_is_worth_another_try() {
    for (code, may_pass) in [(1, false), (2, true), (3, false), (4, true)] {
        let mut session = session(Target::Address, Some(Mechanisms::Anonymous));
        written(&mut session);
        let frames = bytes(&[sasl_mechanisms(&["ANONYMOUS"]), sasl_outcome(code)]);
        let events = feed(&mut session, &[&SASL_HEADER[..], &frames].concat());
        let closed = matches!(events[..], [Event::Ended(End::Closed { what: Subject::Login, .. })]);
        let refused = matches!(
            events[..],
            [Event::Ended(End::Refused { what: Subject::Login, scope: Scope::ThisBroker, .. })]
        );
        assert_eq!((closed, refused), (may_pass, !may_pass), "{code}: {events:?}");
    }
}

/// The engine calls it a framing error; that the broker hung up says more.
#[test]
fn a_stream_that_ends_in_the_middle_is_a_hang_up() {
    for cut in [0, 5] {
        let mut session = session(Target::Address, None);
        standing(&mut session);
        feed(&mut session, &receiver_attached().encode()[..cut]);
        session.input_ended();
        let events = events(&mut session);
        assert!(matches!(events[..], [Event::Ended(End::HungUp)]), "{events:?}");
        assert!(session.input().is_empty() && session.next_event().is_none());
    }
}

#[test]
fn what_comes_in_place_of_a_greeting_is_explained_by_its_first_bytes() {
    for (bytes, expected) in [
        (&b""[..], End::HungUp),
        (b"HTT", End::Protocol("the port does not speak AMQP: it sent \"HTT\"".into())),
    ] {
        let mut session = session(Target::Address, None);
        let mut all = feed(&mut session, bytes);
        session.input_ended();
        all.extend(events(&mut session));
        assert!(matches!(&all[..], [Event::Ended(end)] if *end == expected), "{all:?}");
    }
}

#[test]
fn a_peer_that_falls_silent_is_given_up_and_heartbeats_are_sent_before() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    let start = session.epoch;
    let next = session.tick(start + Duration::from_millis(10)).unwrap();
    assert!(next <= start + Duration::from_secs(6), "{:?}", next - start);
    session.tick(start + Duration::from_secs(20));
    let events = events(&mut session);
    let silent = "the broker has been silent for 5 s (idle_timeout)";
    assert!(
        matches!(&events[..], [Event::Ended(End::Protocol(words))] if words == silent),
        "{events:?}"
    );
}

#[test]
fn a_request_needs_credit_and_is_sent_with_what_its_message_needs() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    assert!(matches!(session.send(0, &request()), HandOver::NotNow));
    assert!(matches!(feed(&mut session, &flow(SENDER, 0, 1).encode())[..], [Event::Writable]));
    assert!(matches!(session.send(0, &request()), HandOver::Done));
    assert!(matches!(session.send(1, &request()), HandOver::NotNow), "the credit is used");
    let sent = written(&mut session);
    for part in
        [&b"requests"[..], &7000_u32.to_be_bytes(), request().message().unwrap().body.as_bytes()]
    {
        assert!(sent.windows(part.len()).any(|window| window == part), "{}", part.escape_ascii());
    }
    let outcome = disposition(Role::Receiver, 0, None, true, accepted());
    let events = feed(&mut session, &outcome.encode());
    let accepted = Outcome::Accepted;
    assert!(matches!(&events[..], [Event::Outcome { entry: 0, outcome }] if *outcome == accepted));
}

#[test]
fn a_message_that_the_broker_would_never_accept_is_not_sent() {
    let mut session = session(Target::Address, None);
    feed(&mut session, &greeting());
    let small = sender_attached().with(10, Value::Ulong(20));
    feed(&mut session, &bytes(&[receiver_attached(), small, flow(SENDER, 0, 9)]));
    written(&mut session);
    let HandOver::Never(condition) = session.send(0, &request()) else { panic!() };
    assert_eq!(condition.name, "amqp:link:message-size-exceeded");
    assert!(written(&mut session).is_empty());
}

/// AMQP 1.0 part 2.6.7: a sender that has nothing to send uses up its credit.
#[test]
fn a_drain_is_answered_once_the_client_waits() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    feed(&mut session, &flow(SENDER, 0, 5).with(8, true).encode());
    assert!(written(&mut session).is_empty());
    session.idle();
    let answer = written(&mut session);
    assert!(!answer.is_empty());
    assert!(matches!(session.send(0, &request()), HandOver::NotNow));
}

#[test]
fn replies_are_numbered_on_and_settled_once() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    let message = amqp_frames::message::amqp_value("{}");
    let frames = [transfer(RECEIVER, 0, message.clone()), transfer(RECEIVER, 1, message)];
    let events = feed(&mut session, &bytes(&frames));
    let [Event::Reply { id: first, .. }, Event::Reply { id: second, .. }] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((first, second, session.next_reply()), (ReplyId(3), ReplyId(4), 5));
    session.settle(first, Settlement::Accept);
    assert!(!written(&mut session).is_empty());
    session.settle(first, Settlement::Accept);
    session.settle(ReplyId(2), Settlement::Accept);
    assert!(written(&mut session).is_empty(), "it was settled, or came on an earlier connection");
    session.settle(second, Settlement::Reject("no JSON"));
    let rejection = written(&mut session);
    assert!(rejection.windows(7).any(|window| window == b"no JSON"));
}

#[test]
fn a_close_that_is_answered_ends_the_session() {
    let mut session = session(Target::Address, None);
    standing(&mut session);
    session.close(false);
    assert!(!written(&mut session).is_empty());
    assert!(matches!(session.send(0, &request()), HandOver::NotNow));
    let events = feed(&mut session, &bytes(&[session_flow(), close(Value::Null)]));
    assert!(matches!(events.last(), Some(Event::Ended(_))), "{events:?}");
}
