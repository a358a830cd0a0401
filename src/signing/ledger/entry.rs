//! One request and its state.

use super::super::{
    reply::Reply,
    request::Request,
    values::{self, SignedValue},
};
use crate::error::Condition;

/// One request and its state.
pub struct Entry {
    pub(super) request: Request,
    pub(super) state: State,
    /// The last cycle that sent it; 0 for none.
    pub(super) cycle: u32,
    /// A broker has accepted one of its sendings: a reply is on its way, whatever the outcome of another.
    pub(super) was_accepted: bool,
    /// One of its sendings was without an outcome when its connection was lost: a reply may be on its way.
    pub(super) may_have_arrived: bool,
    /// Its last sending has no outcome.
    pub(super) is_in_doubt: bool,
    /// All of that sending is on the socket.
    pub(super) is_out: bool,
    /// A connection was ended, probably because of it.
    pub(super) was_blamed: bool,
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

    /// Returns the reply, if one has come.
    pub fn reply(&self) -> Option<&Reply> {
        if let State::Answered(reply) = &self.state { Some(reply) } else { None }
    }

    /// Returns the signed values in the order of the input: one, or for a batch one for each image, and for that each key.
    ///
    /// A batch's other requests have the images between these: [`Run::signed_values`](crate::Run::signed_values) returns
    /// the values of all requests in the order of the input.
    pub fn signed_values(&self) -> Vec<SignedValue<'_>> {
        values::of(&self.request, self.reply())
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
    /// The broker returned it (AMQP outcome `released` or `modified`, AMQP 1.0 part 3.4): it is sent again.
    Returned(&'static str),
    /// The broker cannot accept it at the moment, for this reason: it is sent again.
    NotNow(Condition),
    /// The broker does not accept it, for this reason.
    Undeliverable(Condition),
    /// A reply has come.
    Answered(Reply),
}

impl Entry {
    pub(super) fn new(request: Request) -> Self {
        Self {
            request,
            state: State::NotSent,
            cycle: 0,
            was_accepted: false,
            may_have_arrived: false,
            is_in_doubt: false,
            is_out: false,
            was_blamed: false,
        }
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
        !matches!(self, Self::Undeliverable(_) | Self::Answered(_))
    }
}
