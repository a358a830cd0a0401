//! Faults of the reply to a request.

use std::time::Duration;

use crate::openpgp::Twist;

/// A fault of the reply to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyAct {
    /// The request is accepted and the signing server never answers it.
    NoReply,
    /// The reply comes later; replies to other requests do not wait for it.
    Delay(Duration),
    /// Replies are held until there are that many, and then sent in reverse order.
    Reverse(usize),
    /// The reply comes twice.
    ReplyTwice,
    /// A reply that says that it is in progress comes before the right one.
    InProgressFirst,
    /// The reply to a batch comes in parts, one for each claim.
    InParts,
    /// The `msg` of the reply has this field, with this text.
    Field(String, String),
    /// A reply with another client's request id comes before the right one.
    ForeignReplyFirst,
    /// A reply with another client's request id comes instead of the right one.
    ForeignReplyInstead,
    /// The signing server refuses: the reply has no signed value, but these `errors` and this `signing_status`.
    ServerError {
        /// The `errors` of the reply.
        errors: Vec<String>,
        /// The `signing_status` of the reply.
        signing_status: String,
    },
    /// The reply has no `errors` field.
    WithoutErrors,
    /// The reply has neither a signed value nor an error.
    WithoutResult,
    /// The reply to a batch covers only the first k claims.
    PartialBatch(usize),
    /// The signed values of the reply are odd or wrong.
    Values(Twist),
    /// Of the values, only the n-th is as the act before this one says, counted from 1.
    OnlyValue(usize),
    /// A reply with such values comes before the right one.
    ForgedFirst(Twist),
    /// Over MQTT: the topic keeps the reply for later subscribers.
    Retained,
    /// Over MQTT: the reply comes with QoS 0.
    Unconfirmed,
    /// The text of the reply is corrupted.
    Content(Content),
    /// The text of the reply is not carried by one string.
    Carrier(Carrier),
}

/// How the text of a reply is corrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text that is not JSON.
    NotJson,
    /// A JSON list in place of the object.
    JsonList,
    /// No `msg`.
    NoMsg,
    /// No `request_id`.
    NoId,
    /// A number as `request_id`.
    NumericId,
    /// The empty string.
    Empty,
    /// JSON with that many levels of lists beside `msg`.
    Nested(usize),
    /// JSON filled up to that many bytes.
    Padded(usize),
}

/// What carries the text of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// One amqp-value section with binary.
    Binary,
    /// That many data sections, the text cut evenly.
    Data(usize),
    /// One data section with the amqp-value section that carries it, encoded: as RabbitMQ 4 gives it to an MQTT client.
    EncodedBody,
    /// One data section with the message that carries it, encoded: as ActiveMQ Classic gives it to an MQTT client.
    EncodedMessage,
    /// One data section with bytes that are not UTF-8.
    InvalidUtf8,
    /// An amqp-value section with null; the text is lost.
    Null,
}
