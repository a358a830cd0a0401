//! The lines of a journal: one JSON object each, with a check at its end.

use std::{fmt::Write, time::SystemTime};

use openssl::sha::Sha256;
use serde_json::{Map, Value, json};

use super::parts::Part;
use crate::{
    error::printable,
    signing::{Document, RawReply, ReplyBody, RequestId, Stamp, pyjson},
};

/// The number of this form of journals.
const FORMAT: u64 = 1;

/// How every journal begins.
pub(super) const BEGINNING: &str = r#"{"event":"operation","format":"#;

/// What a line says, unless it is the first.
#[derive(Debug)]
pub(super) enum Event {
    Request(usize, Stamp),
    /// The broker has accepted the request.
    Accepted(usize, SystemTime),
    /// The broker has disposed of the request otherwise, so it is sent again.
    Outcome,
    Reply(RawReply, SystemTime),
    /// Nothing came for a window.
    Silence,
    /// A run goes on with the file.
    Resumed,
}

pub(super) fn operation(parts: &[Part]) -> Value {
    let of: Map<_, _> =
        parts.iter().map(|part| (part.name.to_owned(), part.value.clone())).collect();
    let program = concat!("amqp-messenger ", env!("CARGO_PKG_VERSION"));
    json!({"event": "operation", "format": FORMAT, "program": program, "of": of})
}

/// Reads the first line: what the operation of the file is.
///
/// # Errors
/// What is wrong with it, and what is expected.
pub(super) fn read_operation(line: &Value) -> Result<&Map<String, Value>, String> {
    match line["format"].as_u64() {
        Some(FORMAT) => line["of"].as_object().ok_or_else(|| "is damaged".to_owned()),
        other => Err(format!(
            "is of format {}, expected {FORMAT}; go on with {}, which made it",
            other.unwrap_or_default(),
            printable(line["program"].as_str().unwrap_or("the version"))
        )),
    }
}

pub(super) fn request(index: usize, stamp: &Stamp) -> Value {
    let (id, created) = (stamp.request_id.to_string(), &*stamp.created);
    json!({"event": "request", "request": index, "id": id, "created": created})
}

/// `accepted` is an outcome, and so is the name of every other.
pub(super) fn outcome(index: usize, outcome: &str, at: SystemTime) -> Value {
    json!({"event": "outcome", "request": index, "outcome": outcome, "at": time(at)})
}

pub(super) fn reply(index: usize, reply: Document<'_>, at: SystemTime) -> Value {
    let body = reply.body();
    let properties: Value = serde_json::from_str(reply.properties()).unwrap_or_default();
    json!({"event": "reply", "request": index, "at": time(at), "body": body, "properties": properties})
}

pub(super) fn silence(at: SystemTime) -> Value {
    json!({"event": "silence", "at": time(at)})
}

pub(super) fn resumed(at: SystemTime) -> Value {
    json!({"event": "resumed", "at": time(at)})
}

fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_millis(at).to_string()
}

impl Event {
    /// Reads a line; `None` if it says nothing that is known.
    pub(super) fn read(mut line: Value) -> Option<Self> {
        let index = line["request"].as_u64().and_then(|index| usize::try_from(index).ok());
        let at = line["at"].as_str().and_then(|at| humantime::parse_rfc3339(at).ok());
        let text = |value: &mut Value| match value.take() {
            Value::String(text) => Some(text),
            _ => None,
        };
        Some(match line["event"].as_str()? {
            "request" => Self::Request(
                index?,
                Stamp {
                    request_id: RequestId::of_text(line["id"].as_str()?),
                    created: line["created"].as_str()?.into(),
                },
            ),
            "outcome" if line["outcome"] == "accepted" => Self::Accepted(index?, at?),
            "outcome" => Self::Outcome,
            "reply" => {
                let body = ReplyBody::Bytes(text(&mut line["body"])?.into_bytes());
                let properties = match line["properties"].take() {
                    properties @ Value::Object(_) => Some(pyjson::to_string(&properties)),
                    _ => None,
                };
                Self::Reply(RawReply { body, properties }, at?)
            }
            "silence" => Self::Silence,
            "resumed" => Self::Resumed,
            _ => return None,
        })
    }
}

/// The check of the lines of a journal: that of a line depends on all before it.
#[derive(Clone, Default)]
pub(super) struct Chain(Sha256);

/// How many bytes it has at the end of a line.
const CHECK: usize = r#","check":"01234567"}"#.len();

impl Chain {
    /// The next line.
    pub(super) fn seal(&mut self, event: &Value) -> String {
        let mut line = event.to_string();
        line.pop();
        let check = self.check(line.as_bytes());
        line + &check + "\n"
    }

    /// Reads the next line, which is without its line break; `None` if it is damaged.
    pub(super) fn open(&mut self, line: &[u8]) -> Option<Value> {
        let (event, check) = line.split_at(line.len().checked_sub(CHECK)?);
        (check == self.check(event).as_bytes()).then(|| serde_json::from_slice(line).ok())?
    }

    fn check(&mut self, event: &[u8]) -> String {
        self.0.update(event);
        let mut text = r#","check":""#.to_owned();
        for byte in &self.0.clone().finish()[..4] {
            // Writing to memory cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text + "\"}"
    }
}
