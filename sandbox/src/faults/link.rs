//! Faults of a link; over MQTT, of a subscription.

use std::time::Duration;

/// A fault of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAct {
    /// The client's sender gets no credit.
    NoCredit,
    /// The link is refused: an Attach without a terminus, then a Detach with this error.
    Refuse(Refusal),
    /// The link is attached (and, upon a request, in use), then detached with this error.
    Detach(Refusal),
    /// Over MQTT: the answer to the SUBSCRIBE; from 0x80 on nothing is subscribed.
    Suback(super::Answer),
    /// Over MQTT: the answer to the SUBSCRIBE comes later, and what is subscribed at once.
    LateSuback(Duration),
    /// Over MQTT: the subscription is granted, and nothing ever comes.
    Mute,
    /// Over MQTT: the message that the topic keeps comes, whatever the client asked for.
    OldMessage,
}

impl LinkAct {
    /// Why the link is detached, if it is.
    pub(crate) fn detached(acts: &[Self]) -> Option<&Refusal> {
        acts.iter().find_map(|act| match act {
            Self::Detach(refusal) => Some(refusal),
            _ => None,
        })
    }
}

/// Why the broker refuses something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error condition, for example `amqp:unauthorized-access`. Each `,KEY=VALUE` after it is an entry of the error's
    /// map of further information.
    pub condition: String,
    /// The description, for a person to read.
    pub description: Option<String>,
}
