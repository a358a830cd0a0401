//! What the send and receive loops need of a broker, whatever the protocol below.

use std::time::Instant;

use crate::{
    deadline::Deadline,
    error::{Condition, Error},
    signing::{Outcome, RawReply, Request},
};

/// The number of a reply that is to be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReplyId(pub(crate) u64);

/// What becomes of a reply at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settlement<'a> {
    /// The broker drops it.
    Accept,
    /// The broker drops it or keeps it elsewhere, as one that cannot be read, for this reason.
    Reject(&'a str),
    /// The broker offers it again.
    Release,
}

/// The result of handing over a request.
#[derive(Debug)]
pub(crate) enum HandOver {
    /// It goes out with the next writes.
    Done,
    /// Nothing can be sent now; [`Event::Writable`] says when to try again.
    NotNow,
    /// The broker would never accept it.
    Never(Condition),
    /// Its message cannot be made.
    Failed(Error),
}

/// What a wait for the broker brings.
#[derive(Debug)]
pub(crate) enum Event {
    /// Nothing came until the deadline.
    Quiet,
    /// More can be handed over, or everything handed over is on the socket.
    Writable,
    /// This number of bytes of requests went out.
    Moved(u64),
    /// This number of bytes came in of a reply that is not whole yet.
    Arriving(u64),
    /// The connection was lost; the next wait re-establishes it.
    Lost,
    /// The connection was lost and re-established: requests without an outcome may or may not have arrived.
    Reconnected,
    /// The broker disposed of a request; `entry` is the ledger's number of it.
    Outcome { entry: usize, outcome: Outcome },
    /// A reply has arrived; [`Broker::settle`] settles it.
    Reply { id: ReplyId, reply: RawReply },
    /// The broker accepts no requests from the client: nothing more is to be sent. Replies may still come.
    SendingRefused(Error),
}

/// A broker to send requests to and receive replies from.
///
/// Connections that break are re-established below this interface. An error of any call ends the run.
pub(crate) trait Broker {
    /// The current time, on a clock that never goes back.
    fn now(&self) -> Instant;

    /// Hands over one request, without waiting.
    fn send(&mut self, entry: usize, request: &Request) -> HandOver;

    /// Writes as much of the handed-over requests as the socket accepts, without waiting, unless there are events; returns
    /// whether that was all.
    fn flush(&mut self) -> bool;

    /// Whether a request that was handed over may not be wholly on the socket.
    fn holds(&self, entry: usize) -> bool;

    /// Waits for the next event until `deadline`.
    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error>;

    /// Settles a reply.
    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>);

    /// Notes progress, by an outcome or an expected reply: a connection that breaks after progress is
    /// re-established without the pauses that follow a useless connection.
    fn progress(&mut self);
}
