//! Replies are accepted only after the observer has made sure of them: a broker drops what is accepted.

use std::time::{Duration, Instant};

use crate::{
    broker::{Broker, Event, HandOver, ReplyId, Settlement},
    deadline::Deadline,
    error::{Error, Phase},
    signing::{Observer, Request},
};

/// This many replies wait to be accepted at most. It is half of the least credit that the broker has for replies, so the
/// others keep coming meanwhile.
const MOST: usize = 50;

/// How long the first of them waits at most. To write to a disk takes about a millisecond, however much it is.
const LONGEST: Duration = Duration::from_millis(10);

/// A broker that learns only of replies that the observer has made sure of.
pub(super) struct Secured<'a, B> {
    broker: &'a mut B,
    observer: &'a dyn Observer,
    /// The replies to be accepted.
    unaccepted: Vec<ReplyId>,
    /// When they are, at the latest.
    until: Option<Deadline>,
    /// The observer's error has ended the run: what it could not make sure of is never accepted.
    has_failed: bool,
}

impl<'a, B: Broker> Secured<'a, B> {
    pub(super) fn new(broker: &'a mut B, observer: &'a dyn Observer) -> Self {
        Self { broker, observer, unaccepted: Vec::new(), until: None, has_failed: false }
    }

    /// Makes sure of what was noticed, and accepts the replies.
    pub(super) fn secure(&mut self) -> Result<(), Error> {
        if self.has_failed {
            return Ok(());
        }
        self.has_failed = true;
        self.observer.secure()?;
        self.has_failed = false;
        self.until = None;
        for reply in self.unaccepted.drain(..) {
            self.broker.settle(reply, Settlement::Accept);
        }
        Ok(())
    }
}

impl<B: Broker> Broker for Secured<'_, B> {
    fn now(&self) -> Instant {
        self.broker.now()
    }

    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        self.broker.send(entry, request)
    }

    fn flush(&mut self) -> bool {
        self.broker.flush()
    }

    fn holds(&self, entry: usize) -> bool {
        self.broker.holds(entry)
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        // There may always be another event.
        let is_late = self.until.is_some_and(|until| until.at() <= self.broker.now());
        if is_late || self.unaccepted.len() >= MOST {
            self.secure()?;
        }
        let Some(until) = self.until.filter(|until| until.at() < deadline.at()) else {
            return self.broker.next(deadline);
        };
        match self.broker.next(&until)? {
            Event::Quiet => {
                self.secure()?;
                self.broker.next(deadline)
            }
            // Connecting again takes longer than the replies may wait.
            Event::Lost => self.secure().map(|()| Event::Lost),
            event => Ok(event),
        }
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        if settlement != Settlement::Accept || !self.observer.secures() {
            return self.broker.settle(reply, settlement);
        }
        self.unaccepted.push(reply);
        let now = self.broker.now();
        self.until.get_or_insert_with(|| Deadline::after(now, LONGEST, Phase::Reply));
    }

    fn progress(&mut self) {
        self.broker.progress();
    }
}
