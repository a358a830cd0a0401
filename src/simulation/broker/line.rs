//! One connection at the broker's end, whatever is spoken on it: bytes, what the client knew when it wrote its own, and
//! the moment of the planned fault.

use std::{collections::VecDeque, time::Duration};

use crate::simulation::{
    agenda::{Due, Timer},
    plan::{ConnectionPlan, Fault, Trigger},
    stream::{End, Stream},
    witness::{Known, Told},
    world::Shared,
};

/// How a broker's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    /// No byte moves any more, and the connection stays.
    Silent,
    Gone,
}

/// The bytes of one connection, as its broker has them.
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) broker: usize,
    pub(crate) plan: ConnectionPlan,
    pub(crate) to_client: Stream,
    pub(crate) to_broker: Stream,
    pub(crate) state: State,
    /// How far the client read, before its last reads too.
    pub(crate) reads: Known,
    /// Up to which byte the client wrote when, and what it knew.
    pub(crate) marks: VecDeque<(u64, Duration, Known)>,
    /// How far the client had read when its output was first held up.
    pub(crate) stuck: Option<u64>,
    /// Bytes taken in.
    pub(super) fed: u64,
    /// Bytes told, whether they went out or not.
    pub(super) told: u64,
    /// When the client was heard last.
    pub(super) heard: Duration,
    pub(super) faulted: bool,
}

impl Line {
    pub(super) fn new(number: usize, broker: usize, plan: ConnectionPlan) -> Self {
        Self {
            number,
            broker,
            to_client: Stream::new(plan.latency, plan.pace),
            to_broker: Stream::new(plan.latency, plan.pace),
            plan,
            state: State::Up,
            reads: [0; 3],
            marks: VecDeque::new(),
            stuck: None,
            fed: 0,
            told: 0,
            heard: Duration::ZERO,
            faulted: false,
        }
    }

    /// Whether the fault comes at once; one that comes at a certain time is planned.
    pub(super) fn begins_with_fault(&self, shared: &mut Shared) -> bool {
        match self.plan.fault {
            Some((Trigger::After(delay), _)) => {
                shared.agenda.after(delay, Due::Timer(self.number, Timer::Fault));
                false
            }
            Some((Trigger::ToClient(0) | Trigger::ToBroker(0), _)) => true,
            _ => false,
        }
    }

    /// The number of bytes from the client after which the fault comes.
    fn limit(&self) -> Option<u64> {
        match self.plan.fault {
            Some((Trigger::ToBroker(limit), _)) if !self.faulted => Some(limit),
            _ => None,
        }
    }

    /// Takes in some of what has arrived from the client, up to the fault.
    pub(super) fn take(&mut self, now: Duration, buffer: &mut [u8]) -> usize {
        if self.state != State::Up {
            return 0;
        }
        let limit = self.limit().map_or(u64::MAX, |limit| limit - self.fed);
        let most = limit.min(buffer.len() as u64) as usize;
        let count = self.to_broker.read(now, &mut buffer[..most]);
        if count > 0 {
            self.heard = now;
            self.fed += count as u64;
        }
        count
    }

    /// Whether the fault comes with the last byte that was taken in.
    pub(super) fn is_at_fault(&self) -> bool {
        self.limit() == Some(self.fed)
    }

    /// When the client wrote the byte at this position, and what it knew then.
    pub(super) fn written(&mut self, position: u64) -> (Duration, Known) {
        while self.marks.len() > 1 && self.marks.front().is_some_and(|mark| mark.0 <= position) {
            self.marks.pop_front();
        }
        self.marks.front().map_or_else(Default::default, |&(_, at, known)| (at, known))
    }

    /// Writes to the client; where that ends, and whether the fault comes with it.
    pub(super) fn put(&mut self, bytes: &[u8], shared: &mut Shared) -> (Told, bool) {
        let mut length = bytes.len();
        let mut faults = false;
        if let Some((Trigger::ToClient(limit), fault)) = &self.plan.fault
            && !self.faulted
            && self.told + length as u64 >= *limit
        {
            faults = true;
            if matches!(fault, Fault::Cut(_) | Fault::Silence) {
                length = (limit - self.told.min(*limit)) as usize;
            }
        }
        self.told += bytes.len() as u64;
        if self.state == State::Up && length > 0 {
            for arrival in self.to_client.write(shared.agenda.now(), &bytes[..length]) {
                shared.agenda.at(arrival, Due::Nudge);
            }
        }
        (Told { connection: self.number, end: self.told }, faults)
    }

    /// Notes that the client broke a rule.
    pub(super) fn violates(&self, rule: &str, shared: &mut Shared) {
        shared.witness.violation(format!("#{}: {rule}", self.number));
    }

    /// No byte moves from now on; after a minute the broker gives the connection up.
    pub(super) fn fall_silent(&mut self, shared: &mut Shared) {
        shared.witness.saw("silence");
        self.state = State::Silent;
        shared.agenda.after(Duration::from_secs(60), Due::Timer(self.number, Timer::GiveUp));
    }

    /// Ends the connection; whether it had not ended before.
    pub(super) fn end(&mut self, how: End, shared: &mut Shared) -> bool {
        if self.state == State::Gone {
            return false;
        }
        if self.state == State::Up {
            if how == End::Reset {
                self.to_broker.clear();
            }
            let arrival = self.to_client.end(shared.agenda.now(), how);
            shared.agenda.at(arrival, Due::Nudge);
        }
        self.state = State::Gone;
        true
    }
}
