//! What becomes of requests at the broker.

use super::{Ledger, Return, State};
use crate::error::Condition;

/// The broker's outcome of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    /// Final for this request.
    Undeliverable(Condition),
    /// The request is sent again later.
    Returned(Return),
    /// The request is sent again later: the broker is full, for example.
    NotNow(Condition),
    /// No outcome, but the broker ended the connection, probably because of this request.
    Blamed(Condition),
    /// Final for this request, even if it may have arrived: connections end whenever it is sent.
    #[cfg_attr(not(feature = "mqtt"), allow(dead_code))]
    Fatal(Condition),
    /// The request is sent again later: connections end whenever it is sent, for a reason that passes.
    #[cfg_attr(not(feature = "mqtt"), allow(dead_code))]
    Postponed(Condition),
    /// The broker settled the delivery without an outcome.
    Unknown,
}

impl Outcome {
    /// A delivery settled without an outcome is not progress, nor is the end of connections, or a broker could continue with
    /// that forever.
    pub(crate) fn is_progress(&self) -> bool {
        match self {
            Self::Unknown | Self::Blamed(_) | Self::Fatal(_) | Self::Postponed(_) => false,
            Self::Accepted | Self::Undeliverable(_) | Self::Returned(_) | Self::NotNow(_) => true,
        }
    }
}

impl Ledger {
    /// Notes an outcome. One of a request that is no longer open changes nothing.
    ///
    /// It may belong to an earlier sending, while the request waits to be sent again. Once a broker has
    /// accepted it, that is not necessary.
    pub(crate) fn outcome(&mut self, index: usize, outcome: Outcome) {
        let entry = &mut self.entries[index];
        if !entry.state.is_open() {
            return;
        }
        entry.was_accepted |= outcome == Outcome::Accepted;
        match outcome {
            _ if entry.was_accepted => self.accepted(index),
            Outcome::Returned(how) => {
                entry.state = State::Returned(how);
                entry.has_outcome();
                self.settled(index);
            }
            Outcome::NotNow(condition) => {
                entry.state = State::NotNow(condition.into());
                entry.has_outcome();
                self.settled(index);
            }
            // Since the connection ended, it waits to be sent again at once.
            Outcome::Postponed(condition) => {
                self.unsent.remove(index);
                entry.state = State::NotNow(condition.into());
                entry.has_outcome();
                self.settled(index);
            }
            // The next broker may accept it; twice is no accident.
            Outcome::Blamed(condition) if entry.was_blamed => self.undeliverable(index, condition),
            Outcome::Blamed(_) => {
                (entry.was_blamed, entry.is_out) = (true, false);
                self.going_out.retain(|&other| other != index);
            }
            Outcome::Undeliverable(condition) => self.undeliverable(index, condition),
            Outcome::Fatal(condition) => self.close(index, State::Undeliverable(condition.into())),
            Outcome::Accepted | Outcome::Unknown => {}
        }
    }

    /// Notes that a request can never be delivered. One that a broker has, or may have, stays open: its reply may be on
    /// its way.
    pub(crate) fn undeliverable(&mut self, index: usize, condition: Condition) {
        let entry = &mut self.entries[index];
        if entry.was_accepted {
            self.accepted(index);
        } else if entry.may_have_arrived {
            entry.state = State::Sent;
            entry.has_outcome();
            self.unsent.remove(index);
        } else {
            self.close(index, State::Undeliverable(condition.into()));
        }
    }

    pub(super) fn accepted(&mut self, index: usize) {
        self.unsent.remove(index);
        let entry = &mut self.entries[index];
        entry.state = State::Accepted;
        entry.has_outcome();
    }

    pub(super) fn close(&mut self, index: usize, state: State) {
        self.unsent.remove(index);
        let entry = &mut self.entries[index];
        self.open -= usize::from(entry.state.is_open());
        entry.state = state;
        self.settled(index);
    }

    /// Notes that neither the broker nor the signing server has a request any more.
    pub(super) fn settled(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        self.outstanding -= usize::from(std::mem::take(&mut entry.is_outstanding));
    }
}
