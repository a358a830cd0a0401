//! Virtual time, and what happens when.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// What is to happen. The numbers are those of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Bytes reach the client; it looks for itself.
    Nudge,
    /// Bytes reach the broker.
    Arrival(usize),
    /// The client's end of the connection reaches the broker.
    HangUp(usize),
    /// A broker does something of its own accord.
    Timer(usize, Timer),
    /// The signing server puts its reply of this number into a queue.
    Reply(usize),
}

/// What a broker does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Gives the outcome of the delivery with this number.
    Outcome(usize),
    /// Grants credit for this many deliveries.
    Grant(u32),
    /// Opens the session's window.
    Window,
    Heartbeat,
    /// Answers the client's subscription.
    Answer,
    /// Looks whether the client was silent for too long.
    IdleCheck,
    Fault,
    /// The broker gives up a connection that it hears nothing from any more.
    GiveUp,
}

/// The time since the start, and what is to happen, in order.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    now: Duration,
    items: BinaryHeap<Reverse<(Duration, u64, Due)>>,
    count: u64,
}

impl Agenda {
    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    /// Enters what happens after this time. What was entered first comes first.
    pub(crate) fn after(&mut self, delay: Duration, due: Due) {
        self.at(self.now + delay, due);
    }

    pub(crate) fn at(&mut self, at: Duration, due: Due) {
        self.count += 1;
        self.items.push(Reverse((at.max(self.now), self.count, due)));
    }

    /// When the next thing happens.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.items.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes out the next thing that happens up to this time; the time goes on to it.
    pub(crate) fn take(&mut self, until: Duration) -> Option<Due> {
        self.next().filter(|at| *at <= until)?;
        let Reverse((at, _, due)) = self.items.pop()?;
        self.now = self.now.max(at);
        Some(due)
    }

    /// Lets the time go on, when nothing is to happen until then.
    pub(crate) fn advance(&mut self, to: Duration) {
        self.now = self.now.max(to);
    }
}
