//! Converts a message into a reply.

use serde_json::{Map, Number, Value};

use super::message::{self, Message, Scalar};
use crate::signing::{self, RawReply};

/// Converts a message into a reply; `Err` says why the message could not be read.
pub(crate) fn reply(message: Result<Message, String>) -> RawReply {
    let message = match message {
        Ok(message) => message,
        Err(reason) => {
            return RawReply { body: signing::ReplyBody::Broken(reason), properties: None };
        }
    };
    RawReply {
        body: match message.body {
            message::Body::Bytes(bytes) => signing::ReplyBody::Bytes(bytes),
            message::Body::Other(kind) => signing::ReplyBody::Other(kind),
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
