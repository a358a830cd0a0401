//! What the engine reports, without pointers.

use std::ffi::CStr;

use crate::error::Condition;

/// One of the two links of the connection (AMQP 1.0 part 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The link for requests.
    Sender,
    /// The link for replies.
    Receiver,
}

/// An incoming delivery that has not been settled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeliveryId(pub(in crate::amqp) u64);

/// How the peer disposed of one of the client's deliveries (AMQP 1.0 part 3.4).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Rejected(Condition),
    Released,
    Modified {
        undeliverable_here: bool,
    },
    /// Settled without an outcome, which promises nothing.
    Forgotten,
}

/// How the client disposes of an incoming delivery (AMQP 1.0 part 3.4).
#[derive(Clone, Copy)]
pub(crate) enum Settlement<'a> {
    Accepted,
    /// With the name and description of a condition.
    Rejected(&'a CStr, &'a CStr),
    Released,
}

/// The bytes of an incoming message.
#[derive(Debug)]
pub(crate) enum Payload {
    Whole(Vec<u8>),
    /// The message was longer than allowed, with this many bytes in all; it was discarded while it arrived. What in it
    /// may be the id of a request is kept.
    TooLarge(u64, Vec<String>),
}

#[derive(Debug)]
pub(crate) enum Event {
    /// The peer's Open has arrived.
    Opened,
    /// The peer has begun the client's session, too.
    Begun,
    /// The peer attached this link to a terminus. A refusal has none, and ends the link at once.
    Attached(Role),
    /// The peer granted credit for sending.
    Credit,
    /// One of the client's deliveries has an outcome; `tag` is the tag that it was sent with.
    Outcome { tag: u64, outcome: Outcome },
    /// A message has arrived, and is to be settled.
    Message { delivery: DeliveryId, payload: Payload },
    /// This number of bytes of a message has arrived, which is not whole yet.
    Arriving(u64),
    /// The peer detached a link.
    LinkEnded(Role, Condition),
    /// The peer ended the session, and both links with it.
    SessionEnded(Condition),
    /// The peer closed the connection.
    ConnectionEnded(Condition),
    /// The engine gave up: the peer's bytes are not AMQP, SASL failed, or the peer fell silent.
    Failed(Condition),
    /// The engine accepts no more bytes.
    InputEnded,
}
