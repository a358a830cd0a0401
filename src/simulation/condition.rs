//! Why brokers refuse, end or return something, and what that means by the documents. This shares nothing with the
//! client's tables.

use std::borrow::Cow;

use crate::error;

/// A reason as a broker says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// A condition of AMQP.
    Named { name: &'static str, description: &'static str },
    /// A reason code of MQTT, in this packet.
    Code(Packet, u8),
}

/// The packets of MQTT that have reason codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    Connack,
    /// A CONNACK of MQTT 3.1.1, whose codes are others.
    OldConnack,
    Suback,
    Puback,
    Disconnect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The client may not, or there is no such thing.
    Refusal,
    /// What the client asks for is not understood; said of a message, it is wrong.
    Unsupported,
    /// What was sent is wrong and would be again.
    Unfit,
    /// The same of one message.
    BadMessage,
    /// A state that passes.
    Passing,
    /// It may pass.
    Unclear,
}

impl Meaning {
    /// Whether it refuses what is asked for at a link, a session or a connection.
    pub(crate) fn refuses(self) -> bool {
        matches!(self, Self::Refusal | Self::Unsupported)
    }
}

impl Condition {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self::described(name, "says the simulation")
    }

    pub(crate) const fn described(name: &'static str, description: &'static str) -> Self {
        Self::Named { name, description }
    }

    /// What an error shows of it.
    pub(crate) fn shown(self) -> Cow<'static, str> {
        match self {
            Self::Named { name, .. } => name.into(),
            Self::Code(_, code) => format!("(0x{code:02X})").into(),
        }
    }

    /// Whether that is what the client calls it.
    pub(crate) fn is(self, found: &error::Condition) -> bool {
        match self {
            Self::Named { name, .. } => found.name == name,
            Self::Code(..) => found.name.ends_with(&*self.shown()),
        }
    }

    pub(crate) fn meaning(self) -> Meaning {
        match self {
            Self::Named { name, description } => named(name, description),
            Self::Code(packet, code) => coded(packet, code),
        }
    }
}

/// What a condition of AMQP means.
fn named(name: &str, description: &str) -> Meaning {
    match name {
        "amqp:unauthorized-access" | "amqp:not-found" | "amqp:not-allowed" => Meaning::Refusal,
        "failed" if description.starts_with("AMQ119002") => Meaning::Refusal,
        "amqp:invalid-field" | "amqp:not-implemented" => Meaning::Unsupported,
        "amqp:precondition-failed" => Meaning::Unfit,
        "amqp:decode-error" | "amqp:link:message-size-exceeded" => Meaning::BadMessage,
        "amqp:internal-error"
        | "amqp:resource-limit-exceeded"
        | "amqp:resource-locked"
        | "amqp:resource-deleted"
        | "amqp:connection:forced"
        | "amqp:link:detach-forced" => Meaning::Passing,
        _ => Meaning::Unclear,
    }
}

/// What a reason code of MQTT means.
fn coded(packet: Packet, code: u8) -> Meaning {
    match (packet, code) {
        // Version, client id, credentials, authorisation, banned, method.
        (Packet::Connack, 0x84..=0x87 | 0x8a | 0x8c) => Meaning::Refusal,
        (Packet::OldConnack, 1 | 2 | 4 | 5) => Meaning::Refusal,
        // Authorisation, topic filter, and what the broker does not have.
        (Packet::Suback, 0x87 | 0x8f | 0x9e | 0xa1 | 0xa2) => Meaning::Refusal,
        (Packet::Puback, 0x87 | 0x90) => Meaning::Refusal,
        // There is no subscriber, the queue is full, the quota is exceeded; and the packet id is in use, says a broker that has
        // another session in mind.
        (Packet::Puback, 0x10 | 0x83 | 0x97 | 0x91) => Meaning::Passing,
        (Packet::Puback, 0x80..) => Meaning::BadMessage,
        // About the broker or the connection, or about how much is sent.
        (
            Packet::Disconnect,
            0x00 | 0x04 | 0x89 | 0x8b | 0x8d | 0x96..=0x98 | 0x9c | 0x9d | 0x9f | 0xa0,
        ) => Meaning::Passing,
        // Another client has the id; authorisation, and what is wrong with every request.
        (Packet::Disconnect, 0x8e | 0x87 | 0x90 | 0x9a | 0x9b) => Meaning::Refusal,
        _ => Meaning::Unclear,
    }
}
