//! One request and its state.

use std::{fmt, sync::Arc};

use super::super::{
    reply::{Faults, Part, Reply},
    request::Request,
    values::{self, SignedValue},
};
use crate::error::Condition;

/// One request and its state.
pub struct Entry {
    pub(super) request: Request,
    pub(super) state: State,
    /// It was sent in a cycle of this run.
    pub(super) was_sent: bool,
    /// It was sent in this cycle.
    pub(super) is_sent: bool,
    /// A broker has accepted one of its sendings: a reply is on its way, whatever the outcome of another.
    pub(super) was_accepted: bool,
    /// One of its sendings was without an outcome when its connection was lost: a reply may be on its way.
    pub(super) may_have_arrived: bool,
    /// Its last sending has no outcome.
    pub(super) is_in_doubt: bool,
    /// All of that sending is on the socket.
    pub(super) is_out: bool,
    /// It was sent in this cycle, and the broker or the signing server may have it.
    pub(super) is_outstanding: bool,
    /// A connection was ended, probably because of it.
    pub(super) was_blamed: bool,
    /// What has come of an answer that is not all that was asked for.
    pub(super) unfinished: Option<Box<Unfinished>>,
}

impl Entry {
    /// Returns the request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Returns its state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the reply, if one has come: the last one that says that the server is not done yet, or the answer. The
    /// replies to a batch that is answered in parts are one. In place of one whose values do not count there is an empty one
    /// with the verdict [`Verdict::Unverified`](super::super::Verdict::Unverified).
    pub fn reply(&self) -> Option<&Reply> {
        match &self.state {
            State::Answered(reply) => Some(reply),
            _ => self.unfinished.as_ref()?.pending.as_ref(),
        }
    }

    /// Returns the signed values in the order of the input: one, or for a batch one for each image, and for that each key.
    ///
    /// A batch's other requests have the images between these: [`Run::signed_values`](crate::Run::signed_values) returns
    /// the values of all requests in the order of the input.
    pub fn signed_values(&self) -> Vec<SignedValue<'_>> {
        values::of(&self.request, self.reply())
    }
}

/// What has come of an answer that is not all that was asked for.
#[derive(Default)]
pub(super) struct Unfinished {
    /// The last reply that is no answer: the signing server was not done yet.
    pub(super) pending: Option<Reply>,
    /// Whether the server has said that it was not done yet. Only the first time is news.
    pub(super) was_pending: bool,
    /// Whether the values have come, in request order, if there is an answer.
    pub(super) filled: Vec<bool>,
    /// Whether the values have come, or errors in their place.
    pub(super) decided: Vec<bool>,
    /// Replies that add to the answer, not yet joined with it.
    pub(super) more: Vec<Arc<Part>>,
    pub(super) is_awaited: bool,
    /// What is wrong with values that do not count.
    pub(super) faults: Faults,
}

/// The AMQP outcome with which a broker returns a request (AMQP 1.0 part 3.4.4 and 3.4.5). [`Display`](fmt::Display) prints its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Return {
    /// `released`: the broker does not process it, and changed nothing.
    Released,
    /// `modified`: the broker does not process it, and may count this as a failed delivery.
    Modified,
}

impl Return {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Modified => "modified",
        }
    }
}

impl fmt::Display for Return {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far a request got.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// It was not sent.
    NotSent,
    /// It was sent, and the broker has not confirmed it.
    Sent,
    /// The broker has accepted it; no reply has come.
    Accepted,
    /// The broker returned it: it is sent again.
    Returned(Return),
    /// The broker cannot accept it at the moment, for this reason: it is sent again.
    NotNow(Box<Condition>),
    /// The broker does not accept it, for this reason.
    Undeliverable(Box<Condition>),
    /// A reply has come that was longer than the setting `max_message_size`, with this many bytes; it was rejected.
    ReplyTooLarge(u64),
    /// A reply has come.
    Answered(Arc<Reply>),
}

impl Entry {
    pub(super) fn new(request: Request) -> Self {
        Self {
            request,
            state: State::NotSent,
            was_sent: false,
            is_sent: false,
            was_accepted: false,
            may_have_arrived: false,
            is_in_doubt: false,
            is_out: false,
            is_outstanding: false,
            was_blamed: false,
            unfinished: None,
        }
    }

    /// Whether it has no answer, or only a part of one and the rest is waited for.
    pub(super) fn is_open(&self) -> bool {
        self.state.is_open() || self.is_awaited()
    }

    /// Whether it is answered in part, and the rest is waited for. It is never sent again: that would sign the rest twice.
    pub(super) fn is_awaited(&self) -> bool {
        self.unfinished.as_ref().is_some_and(|unfinished| unfinished.is_awaited)
    }

    /// Whether a broker has received it, or may have, and has not returned it.
    pub(super) fn may_be_answered(&self) -> bool {
        self.was_accepted || self.may_have_arrived || self.is_out
    }

    /// Notes that the broker disposed of its last sending.
    pub(super) fn has_outcome(&mut self) {
        (self.is_in_doubt, self.is_out) = (false, false);
    }
}

impl State {
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::Undeliverable(_) | Self::ReplyTooLarge(_) | Self::Answered(_))
    }
}
