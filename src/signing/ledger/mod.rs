//! The state of each request, in input order.

mod answers;
mod entry;
mod ids;
mod order;
mod outcome;
mod room;
mod unsent;

use std::sync::Arc;

use super::{
    context::{Context, Stamp},
    judge::Judge,
    operation::Operation,
    reply::Reply,
    request::{Place, Request},
};
use crate::error::Error;
pub use entry::{Entry, Return, State};
use ids::Ids;
pub(crate) use order::in_input_order;
pub(crate) use outcome::Outcome;
use room::Room;
use unsent::Unsent;

/// The requests of one operation, with everything that is known about them.
///
/// The caller owns it: whatever ends a run, it still has everything that was received.
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    ids: Ids,
    /// Where the values are, in the order of the input: for each item, each key.
    places: Vec<Place>,
    message_id_key: String,
    unsent: Unsent,
    /// The requests that were handed over since everything handed over was on the socket.
    going_out: Vec<usize>,
    /// The number of requests that are neither answered nor undeliverable, or answered only in part.
    open: usize,
    /// The number of requests that were sent in this cycle, and that the broker or the signing server may have.
    outstanding: usize,
    /// The request that [`Ledger::awaits_any`] found last.
    awaited: usize,
    /// In place of every reply that need not be kept.
    forgotten: Arc<Reply>,
    room: Room,
    /// Any message has come to the address of replies.
    has_heard: bool,
    /// A cycle has begun.
    has_begun: bool,
    /// Decides whether signed values count; without it all do.
    judge: Option<Arc<dyn Judge>>,
}

/// The kinds of replies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReplyKind {
    /// A reply to a request of the ledger that adds something: the first one, or one that adds signatures.
    Expected,
    /// A reply that adds nothing to what has come.
    Repeated,
    /// A reply to a request of another client.
    Foreign,
    /// A reply to a request of the ledger that was not kept, for this reason.
    TooLarge(String),
    /// A reply to a request of the ledger without a value that counts, for these reasons.
    Unverified(String),
    /// A message that cannot be understood, for this reason.
    Malformed(String),
}

impl Ledger {
    /// Makes the ledger of the requests of an operation; a reply names its request in the attribute `message_id_key` of
    /// its `msg`.
    ///
    /// # Errors
    /// As [`Operation::requests`].
    pub(crate) fn new(
        operation: &Operation,
        context: &Context<'_>,
        next: &mut dyn FnMut() -> Stamp,
        message_id_key: &str,
    ) -> Result<Self, Error> {
        let chunk_size = context.chunk_size.map_or(1, usize::from);
        // Thousands of entries are not moved while they become more; a batch may have fewer claims.
        let mut entries = Vec::with_capacity(operation.value_count() / chunk_size);
        let mut each = |request| entries.push(Entry::new(request));
        let places = operation.requests(context, next, &mut each)?;
        Ok(Self {
            ids: Ids::new(&entries),
            places,
            message_id_key: message_id_key.into(),
            unsent: Unsent::new(entries.len()),
            going_out: Vec::new(),
            open: entries.len(),
            outstanding: 0,
            awaited: 0,
            forgotten: Arc::new(Reply::forgotten()),
            room: Room::default(),
            has_heard: false,
            has_begun: false,
            judge: None,
            entries,
        })
    }

    /// The same, whose replies count only as far as their values do.
    #[cfg(any(feature = "verify", test))]
    pub(crate) fn judged_by(mut self, judge: Arc<dyn Judge>) -> Self {
        self.judge = Some(judge);
        self
    }

    /// The requests in input order.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether any message has come to the address of replies, even one that was rejected.
    #[cfg(feature = "cli")]
    pub(crate) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// Where the values are, in the order of the input: for each item, each key.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// The number of requests that are neither answered nor undeliverable, or whose answer is waited for in parts.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// Marks every open request as to be sent, except those that are still on their way to the socket. In the first cycle a
    /// request may be accepted already, by an earlier run: its reply is on its way.
    pub(crate) fn begin_cycle(&mut self, is_held: impl Fn(usize) -> bool) {
        let waits = !std::mem::replace(&mut self.has_begun, true);
        self.unsent.clear();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            entry.is_sent = false;
            let is_due = entry.state.is_open() && !(waits && entry.state == State::Accepted);
            if is_due && !is_held(index) {
                self.unsent.insert(index);
                self.outstanding -= usize::from(std::mem::take(&mut entry.is_outstanding));
            }
        }
    }

    /// Lets the first cycle send also what earlier runs sent, since replies to it may be lost.
    pub(crate) fn expect_no_replies(&mut self) {
        for entry in &mut self.entries {
            if entry.state == State::Accepted {
                entry.state = State::NotSent;
                // What the broker says of the next sending counts: it may return that, too.
                (entry.was_accepted, entry.may_have_arrived) = (false, true);
            }
        }
    }

    /// Lets the next cycle begin with the first request that none has sent: there was no room for it.
    pub(crate) fn begin_with_the_rest(&mut self) {
        let is_new = |entry: &Entry| entry.is_open() && !entry.was_sent;
        self.unsent.begin_with(self.entries.iter().position(is_new).unwrap_or_default());
    }

    /// Marks the requests that the broker returned as to be sent again.
    pub(crate) fn begin_window(&mut self) {
        for (index, entry) in self.entries.iter().enumerate() {
            if matches!(entry.state, State::Returned(_) | State::NotNow(_)) {
                self.unsent.insert(index);
            }
        }
    }

    /// Marks the requests without an outcome as to be sent again: they may not have arrived.
    pub(crate) fn connection_lost(&mut self) {
        // The last one may have been in the client still.
        self.going_out.pop();
        self.all_out();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if entry.state.is_open() && entry.is_in_doubt {
                entry.may_have_arrived |= std::mem::take(&mut entry.is_out);
                self.unsent.insert(index);
                self.outstanding -= usize::from(std::mem::take(&mut entry.is_outstanding));
            }
        }
    }

    /// The number of requests that were sent in this cycle, and that the broker or the signing server may have.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding
    }

    pub(crate) fn has_unsent(&self) -> bool {
        self.unsent.first().is_some()
    }

    /// The first request that is to be sent.
    pub(crate) fn next_unsent(&self) -> Option<(usize, &Request)> {
        self.unsent.first().map(|index| (index, &self.entries[index].request))
    }

    /// Whether requests that were handed over may not be on the socket yet.
    pub(crate) fn is_any_going_out(&self) -> bool {
        !self.going_out.is_empty()
    }

    /// Notes that everything that was handed over is on the socket.
    pub(crate) fn all_out(&mut self) {
        for index in self.going_out.drain(..) {
            let entry = &mut self.entries[index];
            entry.is_out = entry.is_in_doubt;
        }
    }

    /// Whether a broker has any request that may still be answered, or gets it.
    pub(crate) fn awaits_any(&mut self) -> bool {
        let is_awaited = |entry: &Entry| {
            entry.is_awaited()
                || entry.state.is_open() && (entry.may_be_answered() || entry.is_in_doubt)
        };
        // This is asked after each event, so the search goes on where it ended.
        let (before, from) = self.entries.split_at(self.awaited);
        let found = from.iter().chain(before).position(is_awaited);
        self.awaited = (self.awaited + found.unwrap_or_default()) % self.entries.len().max(1);
        found.is_some()
    }

    /// Whether a broker may have received any request that is open, and has not returned it.
    pub(crate) fn may_be_answered(&self) -> bool {
        self.entries.iter().any(|entry| entry.is_open() && entry.may_be_answered())
    }

    /// Whether every request has its reply.
    pub(crate) fn is_answered(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.state, State::Answered(_)))
    }

    /// Whether a request stays open although the broker does not accept it now: an earlier sending may be answered.
    pub(crate) fn stays_open(&self, index: usize) -> bool {
        let entry = &self.entries[index];
        entry.state.is_open() && (entry.was_accepted || entry.may_have_arrived)
    }

    /// Notes that a request was handed over, and returns whether that was the first time in this cycle.
    pub(crate) fn sent(&mut self, index: usize) -> bool {
        self.unsent.remove(index);
        self.going_out.push(index);
        let entry = &mut self.entries[index];
        entry.state = if entry.was_accepted { State::Accepted } else { State::Sent };
        (entry.is_in_doubt, entry.is_out) = (true, false);
        self.outstanding += usize::from(!std::mem::replace(&mut entry.is_outstanding, true));
        entry.was_sent = true;
        !std::mem::replace(&mut entry.is_sent, true)
    }
}

#[cfg(test)]
mod tests;
