//! Settings whose value is one of a few words, in the order of the words in the table of keys; and the signer,
//! which is not in the file.

/// How the client authenticates (AMQP 1.0 part 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sasl {
    /// The mechanism that the broker asks for; if there is a user name, only PLAIN.
    Auto,
    /// No SASL: the bare AMQP header.
    None,
    /// ANONYMOUS.
    Anonymous,
    /// EXTERNAL: the client certificate.
    External,
    /// PLAIN: user name and password.
    Plain,
}

/// The kind of target that the sender attaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SenderTarget {
    /// The anonymous terminus if the broker offers it, else the address.
    Auto,
    /// The address.
    Address,
    /// The anonymous terminus (no target address; each message carries its own).
    Anonymous,
}

/// What a link asks of the address at the broker: a capability of its source or target (AMQP 1.0 parts 3.5.3 and 3.5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// Nothing: the broker decides by the address.
    None,
    /// That it is a queue.
    Queue,
    /// That it is a topic.
    Topic,
}

impl Capability {
    /// The symbol on the wire.
    pub(crate) fn symbol(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Queue => Some("queue"),
            Self::Topic => Some("topic"),
        }
    }
}

/// What the client does with replies to other clients' requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignReplies {
    /// Accepts them, as pubtools-sign does: the broker drops them.
    Accept,
    /// Releases each of them once: the broker offers it again, perhaps to the client that it is for.
    Release,
}

/// The version of MQTT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MqttVersion {
    /// MQTT 5.
    V5,
    /// MQTT 3.1.1: messages have no properties and do not expire, and refusals have no reasons.
    V311,
}

/// What the client checks in the broker's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVerify {
    /// Its chain and its host name.
    Full,
    /// Only its chain.
    Ca,
    /// Nothing.
    None,
}

/// Which signed values the client verifies, if it has certificates (`verify_keys`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verify {
    /// All: the certificate of each key must be there.
    Require,
    /// Those by keys whose certificate is there.
    IfKnown,
    /// None.
    Off,
}

/// Which signer a run uses, and so which section of the file it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerType {
    /// One request for each item and key; section `msg_signer`.
    Single,
    /// Many items in a request; section `msg_batch_signer`.
    Batch,
}

impl SignerType {
    /// Names the section of the file.
    pub fn section(self) -> &'static str {
        match self {
            Self::Single => "msg_signer",
            Self::Batch => "msg_batch_signer",
        }
    }
}
