//! Converts a message into a reply.

use std::{borrow::Cow, ops::Range};

use serde_json::{Number, Value};

use super::message::{Body, Message, Scalar};
use crate::signing::{RawReply, ReplyBody, once, pyjson};

/// Converts a message into a reply, which has the reason if it could not be read.
pub(crate) fn reply(message: Vec<u8>) -> RawReply {
    let read = Message::decode(&message).map(|Message { body, application_properties }| {
        (body, application_properties.map(|pairs| object(&once(pairs))))
    });
    match read {
        Ok((Body::Bytes(parts), properties)) => {
            RawReply { body: ReplyBody::Bytes(joined(message, &parts)), properties }
        }
        Ok((Body::Other(kind), properties)) => {
            RawReply { body: ReplyBody::Other(kind), properties }
        }
        Err(reason) => RawReply { body: ReplyBody::Broken(reason.to_owned()), properties: None },
    }
}

/// The parts of a message that are its body: a large one is in memory once.
fn joined(mut message: Vec<u8>, parts: &[Range<usize>]) -> Vec<u8> {
    let mut end = 0;
    for part in parts {
        message.copy_within(part.clone(), end);
        end += part.len();
    }
    message.truncate(end);
    message
}

/// Application properties as JSON.
fn object(pairs: &[(Cow<'_, str>, Scalar<'_>)]) -> String {
    let mut out = Vec::with_capacity(256);
    let mut object = pyjson::Object::begin(&mut out);
    for (name, value) in pairs {
        match value {
            Scalar::Text(text) => object.text(name, text),
            other => pyjson::write(object.name(name), &json(other)),
        }
    }
    object.end();
    // It is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// An application property as JSON, which has fewer types.
fn json(value: &Scalar<'_>) -> Value {
    match value {
        Scalar::Null | Scalar::Other => Value::Null,
        Scalar::Bool(value) => (*value).into(),
        Scalar::Signed(value) => (*value).into(),
        Scalar::Unsigned(value) => (*value).into(),
        Scalar::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Scalar::Text(text) => (**text).into(),
        Scalar::Binary(bytes) => openssl::base64::encode_block(bytes).into(),
        Scalar::Uuid(bytes) => uuid::Uuid::from_bytes(*bytes).to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_of_every_type_are_json_and_a_name_counts_once() {
        let pairs = [
            ("a", Scalar::Unsigned(u64::MAX)),
            ("é\"", Scalar::Text("ü\n".into())),
            ("f", Scalar::Float(1e16)),
            ("n", Scalar::Float(f64::NAN)),
            ("b", Scalar::Binary(b"AB")),
            ("u", Scalar::Uuid([0; 16])),
            ("o", Scalar::Other),
        ];
        let with = |more: &[(&'static str, Scalar<'static>)]| {
            let pairs = pairs.iter().chain(more).cloned();
            object(&once(pairs.map(|(name, value)| (name.into(), value)).collect()))
        };
        let rest = r#""\u00e9\"": "\u00fc\n", "f": 1e+16, "n": null, "b": "QUI=", "u": "00000000-0000-0000-0000-000000000000", "o": null"#;
        assert_eq!(with(&[]), format!("{{\"a\": 18446744073709551615, {rest}}}"));
        let again = [("a", Scalar::Null), ("z", Scalar::Signed(-1)), ("a", Scalar::Bool(true))];
        assert_eq!(with(&again), format!("{{\"a\": true, {rest}, \"z\": -1}}"));
    }

    #[test]
    fn the_body_is_that_of_all_sections() {
        let bytes = |message: &[u8]| match reply(message.into()).body {
            ReplyBody::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        };
        assert_eq!(bytes(b"\0\x53\x77\xa1\x02{}"), b"{}");
        assert_eq!(bytes(b"\0\x53\x77\xa0\x02\xff\xfe\0\x53\x78\x45"), b"\xff\xfe");
        let sections = b"\0\x53\x75\xa0\x02{\"\0\x53\x75\xb0\0\0\0\x03a\":\0\x53\x75\xa0\0\0\x53\x75\xa0\x021}";
        assert_eq!(bytes(sections), b"{\"a\":1}");
    }
}
