//! What the client remembers of its session at one broker from one connection to the next.

use std::{cell::Cell, rc::Rc};

use super::{codes, packets::Reason, queue::Queue};
use crate::error::Condition;

/// What is remembered of one broker. Each connection's session takes it, and leaves it when it is dropped, whatever ends
/// the connection.
#[derive(Clone, Default)]
pub(crate) struct Memory(Rc<Cell<Remembered>>);

/// What a session leaves for the next one.
#[derive(Default)]
pub(super) struct Remembered {
    /// The client's id; `None` before the first connection.
    pub(super) client_id: Option<String>,
    /// The broker has a session of this client, if it has not lost it.
    pub(super) has_session: bool,
    /// The broker began a new session: what came in an earlier one is lost.
    pub(super) has_missed_replies: bool,
    /// The requests without a PUBACK.
    pub(super) queue: Queue,
    pub(super) suspect: Option<Suspect>,
    /// The broker has acknowledged a request, with whatever code.
    pub(super) has_acknowledged: bool,
    /// A request has failed at whose every sending the broker hung up, although it had acknowledged none.
    pub(super) seems_to_forbid: bool,
    /// What is said once of a broker: that the topic has no subscriber, and that it keeps sessions for a shorter time.
    pub(super) has_told_of_no_subscriber: bool,
    pub(super) has_told_of_expiry: bool,
}

/// A request with which connections end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) entry: usize,
    /// How many connections in a row ended while it was the oldest request without a PUBACK.
    pub(super) ends: u32,
    /// How many requests were without a PUBACK at the last of these ends.
    pub(super) open: usize,
    /// Each time the broker ended the stream without a word, and its size cannot be why.
    pub(super) is_mute: bool,
    /// What the broker said the last time, if it is something that passes.
    pub(super) passing: Option<Condition>,
}

/// After this many ends in a row it is no accident: the request fails.
pub(super) const MOST_ENDS: u32 = 3;

/// No broker's limit is as small as a request of this many bytes.
pub(super) const SMALL: usize = 16 * 1024;

/// After this many, requests go out one by one, so that the one that is to blame is alone.
const ENDS_FOR_CARE: u32 = 2;

impl Memory {
    pub(super) fn take(&self) -> Remembered {
        self.0.take()
    }

    pub(super) fn leave(&self, remembered: Remembered) {
        self.0.set(remembered);
    }
}

impl Remembered {
    /// Notes that the broker ended a connection, with a reason or not, and it may be because of a request.
    pub(super) fn ended(&mut self, reason: Option<&Reason>) {
        let before = self.suspect.take();
        self.suspect = self.queue.oldest().map(|(entry, size)| {
            let before = before.filter(|suspect| suspect.entry == entry);
            let was_mute = before.as_ref().is_none_or(|it| it.is_mute);
            Suspect {
                entry,
                ends: before.map_or(0, |it| it.ends) + 1,
                open: self.queue.len(),
                is_mute: was_mute && reason.is_none() && size <= SMALL,
                passing: reason.filter(|reason| codes::passes(reason.code)).map(codes::condition),
            }
        });
    }

    /// Notes that the broker has acknowledged a request.
    pub(super) fn acknowledged(&mut self, entry: usize) {
        self.suspect.take_if(|suspect| suspect.entry == entry);
        self.has_acknowledged = true;
    }

    /// The request that must not be sent again: it ended too many connections.
    pub(super) fn convicted(&self) -> Option<&Suspect> {
        self.suspect.as_ref().filter(|suspect| suspect.ends >= MOST_ENDS)
    }

    /// How many requests are to go out one by one: as many as were open.
    pub(super) fn careful(&self) -> usize {
        let suspect = self.suspect.as_ref();
        suspect
            .filter(|suspect| (ENDS_FOR_CARE..MOST_ENDS).contains(&suspect.ends))
            .map_or(0, |suspect| suspect.open)
    }

    /// Forgets the session: the broker has none, or another one.
    pub(super) fn forget_session(&mut self) {
        self.has_session = false;
        self.queue.clear();
    }
}
