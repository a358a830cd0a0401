//! From the engine's terms to those of the loops and the ledger.

use serde_json::{Map, Number, Value};

use crate::{
    error::Condition,
    proton::{self, Message, Scalar},
    signing::{self, Outcome, RawReply},
};

/// What an AMQP outcome means for a request (AMQP 1.0 part 3.4).
pub(super) fn outcome(outcome: proton::Outcome) -> Outcome {
    match outcome {
        proton::Outcome::Accepted => Outcome::Accepted,
        proton::Outcome::Rejected(condition) => Outcome::Undeliverable(condition),
        proton::Outcome::Released => Outcome::Returned("released"),
        proton::Outcome::Modified { undeliverable_here: false } => Outcome::Returned("modified"),
        proton::Outcome::Modified { undeliverable_here: true } => Outcome::Undeliverable(
            Condition::new("", "modified by the broker as undeliverable here"),
        ),
        proton::Outcome::Forgotten => Outcome::Unknown,
    }
}

/// A message as the reply that it should be; `Err` says why it could not be read.
pub(crate) fn reply(message: Result<Message, String>) -> RawReply {
    let message = match message {
        Ok(message) => message,
        Err(reason) => {
            return RawReply { body: signing::ReplyBody::Broken(reason), properties: None };
        }
    };
    RawReply {
        body: match message.body {
            proton::Body::Bytes(bytes) => signing::ReplyBody::Bytes(bytes),
            proton::Body::Other(kind) => signing::ReplyBody::Other(kind),
        },
        properties: message.application_properties.map(|pairs| {
            pairs.into_iter().map(|(name, value)| (name, json(value))).collect::<Map<_, _>>()
        }),
    }
}

/// An application property as JSON, which has fewer types.
fn json(value: Scalar) -> Value {
    match value {
        Scalar::Null | Scalar::Other => Value::Null,
        Scalar::Bool(value) => value.into(),
        Scalar::Signed(value) => value.into(),
        Scalar::Unsigned(value) => value.into(),
        Scalar::Float(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
        Scalar::Text(text) => text.into(),
        Scalar::Binary(bytes) => openssl::base64::encode_block(&bytes).into(),
        Scalar::Uuid(bytes) => uuid::Uuid::from_bytes(bytes).to_string().into(),
    }
}
