//! The signing server: makes replies to the requests that brokers have taken.

use std::fmt::Write;

use amqp_frames::{Value, message};
use serde_json::Value as Json;

use super::plan::Reply;

/// What of a request's body the server needs.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: String,
    /// The name that the value goes by; of a batch the claims, and the names of the keys.
    wants: Wants,
}

#[derive(Clone, Debug)]
enum Wants {
    Value(&'static str),
    Claims(Vec<String>, Vec<String>),
}

impl Asked {
    /// Reads the payload of a request.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, String> {
        let sections = message::read(payload).map_err(|error| error.to_string())?;
        let body = sections.iter().find(|(code, _)| *code == message::AMQP_VALUE);
        let text = body.and_then(|(_, value)| value.as_str()).ok_or("no text as its body")?;
        let body: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let id = body["request_id"].as_str().ok_or("no request_id")?.to_owned();
        let wants = if let Some(claims) = body["claims"].as_array() {
            let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
            let names = claims[0]["sig_keynames"].as_array().ok_or("no sig_keynames")?;
            Wants::Claims(
                claims.iter().map(|claim| text(&claim["claim_file"])).collect(),
                names.iter().map(text).collect(),
            )
        } else if body["claim_file"].is_string() {
            Wants::Value("signed_claim")
        } else if body["data"].is_string() {
            Wants::Value("signed_data")
        } else if body["artifact"].is_string() {
            Wants::Value("signed_payload")
        } else {
            return Err("nothing to sign".to_owned());
        };
        Ok(Self { id, wants })
    }

    /// The reply of this kind: its message, and the values in it. `number` makes them unlike any other's.
    pub(crate) fn answer(&self, kind: Reply, number: usize) -> (Vec<u8>, Vec<String>) {
        if let Reply::Malformed(way) = kind {
            return (malformed(way, &self.id), vec![]);
        }
        let id = if kind == Reply::Foreign { "another-client-s" } else { &self.id };
        let mut values = vec![];
        let mut body = format!("{{\"msg\": {{\"request_id\": \"{id}\"");
        match kind {
            Reply::Refused => {
                body += ", \"errors\": [\"says the server\"], \"signing_status\": \"failed\""
            }
            Reply::Unusable => body += ", \"errors\": []",
            Reply::NotYet => body += ", \"errors\": [], \"signing_status\": \"In progress\"",
            _ => self.sign(kind, number, &mut body, &mut values),
        }
        if let Reply::Long(length) = kind {
            let _ = write!(body, ", \"padding\": \"{}\"", "x".repeat(length));
        }
        body += "}}";
        (envelope(&body, number), values)
    }

    fn sign(&self, kind: Reply, number: usize, body: &mut String, values: &mut Vec<String>) {
        match &self.wants {
            Wants::Value(name) => {
                values.push(signature(&[number]));
                let _ = write!(body, ", \"{name}\": \"{}\", \"errors\": []", values[0]);
            }
            Wants::Claims(claims, key_names) => {
                *body += ", \"claims\": [";
                let mut separator = "";
                for (index, claim) in claims.iter().enumerate() {
                    let is_last = index + 1 == claims.len();
                    let left_out = claims.len() > 1
                        && match kind {
                            Reply::Incomplete => is_last,
                            Reply::Rest => !is_last,
                            _ => false,
                        };
                    let signed: Vec<_> =
                        (0..key_names.len()).map(|key| signature(&[number, index, key])).collect();
                    if !left_out {
                        let signed: serde_json::Map<_, _> = key_names
                            .iter()
                            .zip(&signed)
                            .map(|(name, value)| (name.clone(), value.as_str().into()))
                            .collect();
                        let described =
                            serde_json::json!({"claim_file": claim, "signed_claims": signed});
                        let _ = write!(body, "{separator}{described}");
                        separator = ", ";
                    }
                    values.extend(
                        signed.into_iter().map(
                            |value| {
                                if left_out { String::new() } else { value }
                            },
                        ),
                    );
                }
                *body += "]";
            }
        }
    }
}

/// What stands for a signature, unlike any other.
fn signature(numbers: &[usize]) -> String {
    openssl::base64::encode_block(format!("signature {numbers:?}").as_bytes())
}

/// A message with this body: as a text, as bytes, in one piece or several.
fn envelope(body: &str, number: usize) -> Vec<u8> {
    let properties = message::application_properties(&[("mtype", Value::from("reply"))]);
    let sections = match number % 4 {
        0 => message::amqp_value(body),
        1 => message::amqp_value(body.as_bytes()),
        2 => message::data(body.as_bytes()),
        _ => body.as_bytes().chunks(50).flat_map(message::data).collect(),
    };
    if number.is_multiple_of(3) { sections } else { [properties, sections].concat() }
}

fn malformed(way: u8, id: &str) -> Vec<u8> {
    let text = match way % 10 {
        0 => "not JSON".to_owned(),
        1 => "{}".to_owned(),
        2 => "{\"msg\": {}}".to_owned(),
        3 => "{\"msg\": {\"request_id\": 7}}".to_owned(),
        4 => format!("[{{\"msg\": {{\"request_id\": \"{id}\"}}}}]"),
        5 => String::new(),
        6 => format!("{}{}", "[".repeat(200), "]".repeat(200)),
        7 => return message::data(b"{\"msg\": {\"request_id\": \"\xff\"}}"),
        8 => return message::amqp_value(Value::Null),
        _ => return b"\x00\x53\x77\xa1\xff!".to_vec(),
    };
    message::amqp_value(text)
}
