//! What the engine reports, free of pointers.

use crate::error::Condition;

/// One of the two links of the connection (AMQP 1.0 part 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The link that requests leave by.
    Sender,
    /// The link that replies come in by.
    Receiver,
}

/// An incoming delivery that has not been settled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DeliveryId(pub(super) u64);

/// How the peer disposed of a delivery of the client's (AMQP 1.0 part 3.4).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Rejected(Condition),
    Released,
    Modified {
        undeliverable_here: bool,
    },
    /// Settled without saying how, which is no promise at all.
    Forgotten,
}

/// The bytes of an incoming message.
#[derive(Debug)]
pub(crate) enum Payload {
    Whole(Vec<u8>),
    /// The message was longer than allowed, by this many bytes in all; it was discarded as it streamed in.
    TooLarge(u64),
}

#[derive(Debug)]
pub(crate) enum Event {
    /// The peer's Open came in.
    Opened,
    /// The peer attached this link to a terminus. A refusal has none, and ends the link at once.
    Attached(Role),
    /// The peer granted credit for sending.
    Credit,
    /// A delivery of the client's has an outcome; `tag` is what it was sent under.
    Outcome { tag: u64, outcome: Outcome },
    /// A message came in, and waits for being settled.
    Message { delivery: DeliveryId, payload: Payload },
    /// The peer detached a link.
    LinkEnded(Role, Condition),
    /// The peer ended the session, and both links with it.
    SessionEnded(Condition),
    /// The peer closed the connection.
    ConnectionEnded(Condition),
    /// The engine gave up: the peer's bytes are not AMQP, SASL failed, or the peer fell silent.
    Failed(Condition),
    /// The engine takes no more bytes.
    InputEnded,
}
