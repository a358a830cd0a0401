//! Faults of a request's delivery.

use std::time::Duration;

use super::Refusal;

/// A fault of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestAct {
    /// The request is recorded and accepted, and goes nowhere.
    Drop,
    /// The broker rejects the request; it goes nowhere.
    Reject(Refusal),
    /// The broker releases the request; it goes nowhere.
    Release,
    /// The broker modifies the request; it goes nowhere.
    Modify {
        /// Whether the request may not be sent to this broker again.
        undeliverable_here: bool,
    },
    /// The request is served, and its delivery never gets an outcome.
    NeverSettle,
    /// The request gets its outcome only after a client has settled the reply.
    ReplyBeforeOutcome,
    /// Over MQTT: the answer to the PUBLISH; from 0x80 on, and with 0x10, it goes nowhere.
    Puback(super::Answer),
    /// Over MQTT: the answer to the PUBLISH comes later; others are not held up.
    LateOutcome(Duration),
    /// Over MQTT: answers are held until there are that many, and then sent in reverse order.
    ReverseOutcomes(usize),
}
