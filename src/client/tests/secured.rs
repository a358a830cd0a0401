//! When the broker learns that a reply has come.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
    time::{Duration, Instant},
};

use super::script::ledger;
use crate::{
    broker::{Broker, Event, HandOver, ReplyId, Settlement},
    client::{Plan, secured::Secured, sign},
    deadline::Deadline,
    error::{Error, Phase},
    signing::{Notice, Observer, RawReply, ReplyBody, Request},
};

const MILLISECOND: Duration = Duration::from_millis(1);

/// What happened, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Noticed(usize),
    MadeSure,
    /// When, in milliseconds.
    Accepted(u64, u128),
    Rejected,
}
use Mark::{Accepted, MadeSure, Noticed, Rejected};

#[derive(Default)]
struct Record(RefCell<Vec<Mark>>);

impl Record {
    fn add(&self, mark: Mark) {
        self.0.borrow_mut().push(mark);
    }
}

struct Keeper<'a> {
    record: &'a Record,
    /// Whether the disk is full.
    fails: Cell<bool>,
    secures: bool,
}

impl Observer for Keeper<'_> {
    fn notice(&self, notice: Notice<'_>) {
        if let Notice::Reply(noted, received) = notice {
            assert!(received.body().starts_with(b"{"));
            self.record.add(Noticed(noted.index));
        }
    }

    fn secure(&self) -> Result<(), Error> {
        if self.fails.get() {
            return Err(Error::LocalFile {
                path: "journal".into(),
                source: io::ErrorKind::StorageFull.into(),
            });
        }
        self.record.add(MadeSure);
        Ok(())
    }

    fn secures(&self) -> bool {
        self.secures
    }
}

/// A broker that sends replies at these milliseconds, and is quiet otherwise.
struct Clockwork<'a> {
    start: Instant,
    now: Duration,
    events: VecDeque<(u64, Event)>,
    /// The next event is always there already.
    is_busy: bool,
    record: &'a Record,
}

impl<'a> Clockwork<'a> {
    fn new(record: &'a Record, events: impl IntoIterator<Item = (u64, Event)>) -> Self {
        let (start, now) = (Instant::now(), Duration::ZERO);
        Self { start, now, events: events.into_iter().collect(), is_busy: false, record }
    }
}

impl Broker for Clockwork<'_> {
    fn now(&self) -> Instant {
        self.start + self.now
    }

    fn send(&mut self, _: usize, _: &Request) -> HandOver {
        HandOver::Done
    }

    fn flush(&mut self) -> bool {
        true
    }

    fn holds(&self, _: usize) -> bool {
        false
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        let until = deadline.at() - self.start;
        match self.events.pop_front() {
            Some((at, event)) if self.is_busy || MILLISECOND * at as u32 <= until => {
                self.now = self.now.max(MILLISECOND * at as u32);
                Ok(event)
            }
            other => {
                self.events.extend(other);
                self.now = self.now.max(until);
                Ok(Event::Quiet)
            }
        }
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        self.record.add(match settlement {
            Settlement::Accept => Accepted(reply.0, self.now.as_millis()),
            Settlement::Reject(_) | Settlement::Release => Rejected,
        });
    }

    fn progress(&mut self) {}
}

fn reply(number: u64) -> Event {
    let text = format!(r#"{{"msg": {{"request_id": "id-{number}", "signed_claim": "c2ln"}}}}"#);
    let body = ReplyBody::Bytes(text.into());
    Event::Reply { id: ReplyId(number), reply: RawReply { body, properties: None } }
}

/// Signs with these replies, the first with number 0; returns the record and the result.
fn run(
    count: usize,
    at: impl Fn(u64) -> u64,
    secures: bool,
    fails: bool,
) -> (Vec<Mark>, Result<(), Error>) {
    let record = Record::default();
    let keeper = Keeper { record: &record, fails: Cell::new(fails), secures };
    let mut broker = Clockwork::new(&record, (0..count as u64).map(|n| (at(n), reply(n))));
    let mut ledger = ledger(count);
    let timeout = Duration::from_secs(1);
    let plan = Plan {
        timeout,
        retries: 1,
        send_retries: 1,
        max_outstanding: usize::MAX,
        max_message_size: 1 << 20,
        releases_foreign: false,
    };
    let result = sign(&mut broker, &mut ledger, &keeper, &plan);
    (record.0.into_inner(), result)
}

#[test]
fn a_reply_is_accepted_after_it_was_made_sure_of_within_ten_milliseconds() {
    let at = |number| [5, 9, 30][number as usize];
    let (record, _) = run(3, at, true, false);
    let expected = [
        &[Noticed(0), Noticed(1), MadeSure, Accepted(0, 15), Accepted(1, 15)][..],
        &[Noticed(2), MadeSure, Accepted(2, 30)],
    ];
    assert_eq!(record, expected.concat());
}

#[test]
fn at_most_fifty_replies_wait() {
    let (record, _) = run(120, |_| 1, true, false);
    let secured: Vec<_> = (0..record.len()).filter(|&place| record[place] == MadeSure).collect();
    assert_eq!(secured, [50, 50 + 51 + 50, 50 + 51 + 50 + 51 + 20]);
}

#[test]
fn nothing_is_accepted_that_could_not_be_made_sure_of() {
    let (record, result) = run(51, |_| 1, true, true);
    assert_eq!(record, Vec::from_iter((0..50).map(Noticed)));
    assert!(matches!(result, Err(Error::LocalFile { .. })));
    // The last reply ends the run, which makes sure of it.
    let (record, result) = run(1, |_| 1, true, true);
    assert_eq!(record, [Noticed(0)]);
    assert!(matches!(result, Err(Error::LocalFile { .. })));
}

#[test]
fn an_observer_that_only_looks_delays_nothing() {
    let (record, _) = run(2, |number| number + 3, false, false);
    assert_eq!(record[..4], [Noticed(0), Accepted(0, 3), Noticed(1), Accepted(1, 4)]);
}

/// The pauses between attempts to connect are not cut short, and the broker offers these replies again.
#[test]
fn before_the_next_connection_nothing_waits() {
    let record = Record::default();
    let keeper = Keeper { record: &record, fails: Cell::new(false), secures: true };
    let mut broker =
        Clockwork::new(&record, [(1, reply(7)), (2, Event::Lost), (300, Event::Reconnected)]);
    let deadline = Deadline::after(broker.now(), Duration::from_secs(1), Phase::Reply);
    let mut broker = Secured::new(&mut broker, &keeper);
    let Ok(Event::Reply { id, .. }) = broker.next(&deadline) else { panic!("a reply") };
    broker.settle(id, Settlement::Accept);
    broker.settle(ReplyId(8), Settlement::Reject("no"));
    assert!(matches!(broker.next(&deadline), Ok(Event::Lost)));
    assert!(matches!(broker.next(&deadline), Ok(Event::Reconnected)));
    assert_eq!(*record.0.borrow(), [Rejected, MadeSure, Accepted(7, 2)]);
}

/// Such as the bytes of a large request that go out.
#[test]
fn other_events_delay_nothing() {
    let record = Record::default();
    let keeper = Keeper { record: &record, fails: Cell::new(false), secures: true };
    let moved = [5, 9, 13, 17].map(|at| (at, Event::Moved(1)));
    let mut broker = Clockwork::new(&record, [(1, reply(7))].into_iter().chain(moved));
    broker.is_busy = true;
    let deadline = Deadline::after(broker.now(), Duration::from_secs(1), Phase::Reply);
    let mut broker = Secured::new(&mut broker, &keeper);
    let Ok(Event::Reply { id, .. }) = broker.next(&deadline) else { panic!("a reply") };
    broker.settle(id, Settlement::Accept);
    for _ in 0..4 {
        assert!(matches!(broker.next(&deadline), Ok(Event::Moved(1))));
    }
    assert_eq!(*record.0.borrow(), [MadeSure, Accepted(7, 13)]);
}
