//! Converts a message into a reply.

use std::collections::{HashMap, hash_map};

use serde_json::{Number, Value};

use super::message::{self, Message, Scalar};
use crate::signing::{self, RawReply, pyjson};

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
        properties: message.application_properties.map(|pairs| object(&once(pairs))),
    }
}

/// Each name once: the first place and the last value count.
fn once(pairs: Vec<(String, Scalar)>) -> Vec<(String, Scalar)> {
    let mut names: Vec<_> = pairs.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    if names.windows(2).all(|names| names[0] != names[1]) {
        return pairs;
    }
    let mut kept: Vec<(String, Scalar)> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for (name, value) in pairs {
        match places.entry(name.clone()) {
            hash_map::Entry::Occupied(place) => kept[*place.get()].1 = value,
            hash_map::Entry::Vacant(free) => {
                free.insert(kept.len());
                kept.push((name, value));
            }
        }
    }
    kept
}

/// Application properties as JSON.
fn object(pairs: &[(String, Scalar)]) -> String {
    let mut out = Vec::with_capacity(256);
    out.push(b'{');
    for (place, (name, value)) in pairs.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        pyjson::write_text(&mut out, name);
        out.extend_from_slice(b": ");
        match value {
            Scalar::Text(text) => pyjson::write_text(&mut out, text),
            other => pyjson::write(&mut out, &json(other)),
        }
    }
    out.push(b'}');
    // It is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// An application property as JSON, which has fewer types.
fn json(value: &Scalar) -> Value {
    match value {
        Scalar::Null | Scalar::Other => Value::Null,
        Scalar::Bool(value) => (*value).into(),
        Scalar::Signed(value) => (*value).into(),
        Scalar::Unsigned(value) => (*value).into(),
        Scalar::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Scalar::Text(text) => text.as_str().into(),
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
            ("b", Scalar::Binary(b"AB".into())),
            ("u", Scalar::Uuid([0; 16])),
            ("o", Scalar::Other),
        ];
        let with = |more: &[(&str, Scalar)]| {
            let pairs = pairs.iter().chain(more).cloned();
            let application_properties =
                Some(pairs.map(|(name, value)| (name.to_owned(), value)).collect());
            let body = message::Body::Bytes(Vec::new());
            reply(Ok(Message { body, application_properties })).properties.unwrap()
        };
        let rest = r#""\u00e9\"": "\u00fc\n", "f": 1e+16, "n": null, "b": "QUI=", "u": "00000000-0000-0000-0000-000000000000", "o": null"#;
        assert_eq!(with(&[]), format!("{{\"a\": 18446744073709551615, {rest}}}"));
        let again = [("a", Scalar::Null), ("z", Scalar::Signed(-1)), ("a", Scalar::Bool(true))];
        assert_eq!(with(&again), format!("{{\"a\": true, {rest}, \"z\": -1}}"));
    }
}
