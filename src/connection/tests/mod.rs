//! A connection of a scripted session on a scripted wire: no time passes.

mod flood;

use std::{
    cell::Cell,
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    error::{Condition, Phase, Subject},
    transport::{Readiness, Turn},
};

/// Reports what its script says; what was put into it is not looked at.
struct Script {
    events: VecDeque<session::Event>,
    output: Vec<u8>,
    input: [u8; 1],
}

impl Session for Script {
    fn input(&mut self) -> &mut [u8] {
        &mut self.input
    }

    fn input_done(&mut self, _count: usize) {}

    fn input_ended(&mut self) {}

    fn output(&mut self) -> &[u8] {
        &self.output
    }

    fn output_done(&mut self, count: usize) {
        self.output.drain(..count);
    }

    fn holds_back(&self) -> bool {
        false
    }

    fn tick(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    fn next_event(&mut self) -> Option<session::Event> {
        self.events.pop_front()
    }

    fn phase(&self) -> Phase {
        Phase::Attach
    }

    fn is_anonymous(&self) -> bool {
        false
    }

    fn known(&self) -> Known {
        Known::default()
    }

    fn presumed(&self) -> Option<String> {
        None
    }

    fn send(&mut self, _entry: usize, _request: &Request) -> HandOver {
        HandOver::NotNow
    }

    fn idle(&mut self) {}

    fn settle(&mut self, _reply: ReplyId, _settlement: Settlement<'_>) {}

    fn next_reply(&self) -> u64 {
        0
    }

    fn has_missed_replies(&self) -> bool {
        false
    }

    fn outlasts_connection(&self) -> bool {
        false
    }

    fn close(&mut self, _stays: bool) {}
}

/// Takes as many bytes at each turn as its script says, and then none.
struct Takes {
    now: Cell<Instant>,
    counts: VecDeque<usize>,
}

impl Wire for Takes {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn read(&mut self, _buffer: &mut [u8]) -> Result<Turn, Fault> {
        Ok(Turn::Blocked(Readiness { read: true, write: false }))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        match self.counts.pop_front() {
            Some(count) if count > 0 => Ok(Turn::Done(count.min(bytes.len()))),
            _ => Ok(Turn::Blocked(Readiness { read: false, write: true })),
        }
    }

    fn wait(&mut self, readiness: Readiness, until: Instant) -> Result<(), Error> {
        // It is ready for writing at once, and for reading never.
        if !readiness.write {
            self.now.set(self.now.get().max(until));
        }
        Ok(())
    }

    fn shutdown(&mut self) {}
}

fn later(now: Instant) -> Deadline {
    Deadline::after(now, Duration::from_secs(9), Phase::Reply)
}

/// A connection whose session reports these events after it is ready.
fn opened(events: Vec<session::Event>) -> (Connection<Script, Takes>, Deadline) {
    let ready = [session::Event::Opened, session::Event::Ready(Ok(()))];
    let session =
        Script { events: ready.into_iter().chain(events).collect(), output: vec![], input: [0] };
    let now = Instant::now();
    let wire = Takes { now: Cell::new(now), counts: VecDeque::new() };
    let opened = Connection::open("amqp://b".into(), false, session, wire, &later(now));
    let Ok((connection, Ok(()))) = opened else { panic!("it opens") };
    (connection, later(now))
}

fn closed(words: &str) -> End {
    End::Closed { what: Subject::Session, condition: Condition::new("amqp:x", words) }
}

fn refused(scope: Scope) -> End {
    let condition = Condition::new("amqp:not-found", "no such address");
    End::Refused { what: Subject::Listening("b".into()), condition, scope }
}

#[test]
fn what_came_first_says_why_a_connection_ends_unless_a_refusal_follows() {
    let end = |second: session::Event| {
        let first = session::Event::Ending(closed("first"));
        let (mut connection, deadline) = opened(vec![first, second]);
        connection.next(&deadline).unwrap_err()
    };
    let error = end(session::Event::Ended(closed("second")));
    assert!(error.to_string().contains("first"), "{error}");
    let error = end(session::Event::Ended(End::HungUp));
    assert!(error.to_string().contains("first"), "{error}");
    let error = end(session::Event::Ended(refused(Scope::EveryBroker)));
    assert!(error.is_refusal(), "{error}");
}

#[test]
fn replies_that_are_here_go_before_the_end() {
    let outcome =
        || session::Event::Outcome { entry: 4, outcome: crate::signing::Outcome::Accepted };
    let (mut connection, deadline) =
        opened(vec![session::Event::Ending(closed("first")), outcome(), outcome()]);
    for _ in 0..2 {
        assert!(matches!(connection.next(&deadline), Ok(Event::Outcome { entry: 4, .. })));
    }
    assert!(connection.next(&deadline).is_err());
}

#[test]
fn a_refusal_that_speaks_for_every_broker_is_a_failure_of_the_run() {
    for (end, is_of_run) in [
        (refused(Scope::EveryBroker), true),
        (refused(Scope::ThisBroker), false),
        (closed("it may pass"), false),
        (End::HungUp, false),
        (End::Protocol("garbage".into()), false),
    ] {
        let events = VecDeque::from([session::Event::Ended(end.clone())]);
        let session = Script { events, output: vec![], input: [0] };
        let now = Instant::now();
        let wire = Takes { now: Cell::new(now), counts: VecDeque::new() };
        let opened = Connection::open("amqp://b".into(), false, session, wire, &later(now));
        let Err(failure) = opened else { panic!("{end:?}") };
        assert_eq!(matches!(failure, Failure::OfRun(_)), is_of_run, "{failure:?}");
    }
}

/// The loops wait for it: what is not on the wire is not sent.
#[test]
fn output_that_was_held_back_is_reported_once_it_is_on_the_wire() {
    let (mut connection, deadline) = opened(vec![]);
    connection.pump.session.output = vec![7; 10];
    connection.pump.wire.counts = [4, 0, 6].into();
    assert!(!connection.flush(), "the wire takes four bytes of ten");
    assert!(matches!(connection.next(&deadline), Ok(Event::Writable)));
    assert!(connection.flush() && connection.pump.session.output.is_empty());
}

/// One write for many events, such as the outcomes of the replies that came at once.
#[test]
fn what_events_lead_to_goes_out_together_once_there_are_no_more() {
    let accepted =
        || session::Event::Outcome { entry: 4, outcome: crate::signing::Outcome::Accepted };
    let (mut connection, deadline) = opened(vec![accepted(), accepted()]);
    connection.pump.session.output = vec![7; 10];
    connection.pump.wire.counts = [10].into();
    for _ in 0..2 {
        assert!(!connection.flush() && connection.pump.session.output.len() == 10);
        assert!(matches!(connection.next(&deadline), Ok(Event::Outcome { .. })));
    }
    assert!(connection.flush() && connection.pump.session.output.is_empty());
}

/// Otherwise a broker that grants credit again and again, and does not answer the links, would fill memory.
#[test]
fn while_a_connection_is_opened_one_grant_of_credit_is_kept_for_many() {
    let mut events: VecDeque<_> = (0..1000).map(|_| session::Event::Writable).collect();
    events.push_front(session::Event::Opened);
    events.push_back(session::Event::Ready(Ok(())));
    let session = Script { events, output: vec![], input: [0] };
    let now = Instant::now();
    let wire = Takes { now: Cell::new(now), counts: VecDeque::new() };
    let opened = Connection::open("amqp://b".into(), false, session, wire, &later(now));
    let Ok((mut connection, Ok(()))) = opened else { panic!("it opens") };
    assert!(matches!(Vec::from(connection.take_events())[..], [Event::Writable]));
}

/// A peer's alert and its reset may both come after a read that found nothing.
#[test]
fn what_a_peer_sent_before_a_failed_write_is_read_first() {
    /// Whether writing has failed.
    struct Reset(bool);

    impl Wire for Reset {
        fn now(&self) -> Instant {
            Instant::now()
        }

        fn read(&mut self, _buffer: &mut [u8]) -> Result<Turn, Fault> {
            match self.0 {
                false => Ok(Turn::Blocked(Readiness { read: true, write: false })),
                true => Err(Fault::Alert(48, "unknown ca".into())),
            }
        }

        fn write(&mut self, _bytes: &[u8]) -> Result<Turn, Fault> {
            self.0 = true;
            Err(Fault::Io(std::io::ErrorKind::ConnectionReset.into()))
        }

        fn wait(&mut self, _readiness: Readiness, _until: Instant) -> Result<(), Error> {
            Ok(())
        }

        fn shutdown(&mut self) {}
    }

    let session = Script { events: VecDeque::new(), output: vec![7; 10], input: [0] };
    let mut pump = Pump::new(session, Reset(false));
    let result = pump.step(&later(Instant::now()));
    assert!(matches!(result, Err(Fault::Alert(48, _))), "{:?}", result.err());
}
