//! The signing server: makes replies to the requests that brokers have taken.

use std::fmt::Write;

use serde_json::Value as Json;

use super::plan::Reply;

/// What of a request's body the server needs.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: String,
    /// The name that the value goes by; of a batch the claims, and the names of the keys.
    wants: Wants,
}

/// What stands in a reply; the message around it is the protocol's.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Good(String),
    /// No reply, but a text.
    Malformed(String),
    /// One of the three ways in which a message of the protocol is none.
    Odd(u8),
}

#[derive(Clone, Debug)]
enum Wants {
    Value(&'static str),
    Claims(Vec<String>, Vec<String>),
}

impl Asked {
    /// Reads the text of a request.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
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

    /// The reply of this kind, and the values in it. `number` makes them unlike any other's.
    pub(crate) fn answer(&self, kind: Reply, number: usize) -> (Body, Vec<String>) {
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
        (Body::Good(body), values)
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

/// What is no reply, in one of ten ways.
fn malformed(way: u8, id: &str) -> Body {
    Body::Malformed(match way % 10 {
        0 => "not JSON".to_owned(),
        1 => "{}".to_owned(),
        2 => "{\"msg\": {}}".to_owned(),
        3 => "{\"msg\": {\"request_id\": 7}}".to_owned(),
        4 => format!("[{{\"msg\": {{\"request_id\": \"{id}\"}}}}]"),
        5 => String::new(),
        6 => format!("{}{}", "[".repeat(200), "]".repeat(200)),
        way => return Body::Odd(way - 7),
    })
}
