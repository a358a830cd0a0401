//! A scripted session on a wire without bytes.

use std::time::Instant;

use super::*;
use crate::transport::{Readiness, Turn};

/// A session that reports these events, and has no bytes.
struct Script(VecDeque<session::Event>);

impl Session for Script {
    fn input(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_done(&mut self, _: usize) {}

    fn input_ended(&mut self) {}

    fn output(&mut self) -> &[u8] {
        &[]
    }

    fn output_done(&mut self, _: usize) {}

    fn holds_back(&self) -> bool {
        false
    }

    fn tick(&mut self, _: Instant) -> Option<Instant> {
        None
    }

    fn next_event(&mut self) -> Option<session::Event> {
        self.0.pop_front()
    }

    fn phase(&self) -> Phase {
        Phase::Attach
    }

    fn is_anonymous(&self) -> bool {
        false
    }

    fn send(&mut self, _: usize, _: &Request) -> HandOver {
        HandOver::NotNow
    }

    fn idle(&mut self) {}

    fn settle(&mut self, _: ReplyId, _: Result<(), &str>) {}

    fn next_reply(&self) -> u64 {
        0
    }

    fn close(&mut self) {}
}

struct NoBytes(Instant);

impl Wire for NoBytes {
    fn now(&self) -> Instant {
        self.0
    }

    fn read(&mut self, _: &mut [u8]) -> Result<Turn, Fault> {
        Ok(Turn::Blocked(Readiness::default()))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        Ok(Turn::Done(bytes.len()))
    }

    fn wait(&self, _: Readiness, _: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn shutdown(&mut self) {}
}

/// Otherwise a broker that grants credit again and again, and does not answer the links, would fill memory.
#[test]
fn while_a_connection_is_opened_one_grant_of_credit_is_kept_for_many() {
    let mut events: VecDeque<_> = (0..1000).map(|_| session::Event::Writable).collect();
    events.push_front(session::Event::Opened);
    events.push_back(session::Event::Ready(Ok(())));
    let wire = NoBytes(Instant::now());
    let deadline = Deadline::after(wire.0, Duration::from_secs(1), Phase::Open);
    let opened = Connection::open("amqp://b:5672".into(), false, Script(events), wire, &deadline);
    let (mut connection, sender) = opened.map_err(|_| "it did not open").unwrap();
    assert!(sender.is_ok());
    assert!(matches!(Vec::from(connection.take_events())[..], [Event::Writable]));
}
