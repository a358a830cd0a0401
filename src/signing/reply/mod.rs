//! Replies and verdicts.

mod answer;
mod claims;
mod join;
mod naming;
mod reading;
mod status;
mod subject;
mod value;
mod verdict;

use serde_json::{Map, Value};

use answer::Answer;
pub(crate) use join::join;
pub(crate) use reading::Reading;
use value::kind;
pub use verdict::Verdict;

use super::{pyjson, pyread, request::Request};
use crate::error::printable;

/// A message from the reply address, as received.
#[derive(Clone, Debug)]
pub(crate) struct RawReply {
    /// Its body.
    pub body: ReplyBody,
    /// Its application properties; `None` if it had none.
    pub properties: Option<Map<String, Value>>,
}

impl RawReply {
    /// The bytes of its body; none if it is neither text nor binary.
    pub(crate) fn bytes(&self) -> &[u8] {
        if let ReplyBody::Bytes(bytes) = &self.body { bytes } else { &[] }
    }
}

/// The body of a message, whatever its sections.
#[derive(Clone, Debug)]
pub(crate) enum ReplyBody {
    /// A text, a binary value or all data sections joined.
    Bytes(Vec<u8>),
    /// Anything else, named for the log: `a map`, `nothing`.
    Other(&'static str),
    /// It could not be read, for this reason.
    Broken(String),
    /// It was longer than allowed, with this many bytes, and is not kept; one of the ids may be that of its request.
    TooLarge { size: u64, ids: Vec<String> },
}

/// A message that is a reply to some request.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The id of the request it answers.
    pub(crate) id: String,
    whole: Value,
    properties: Option<Map<String, Value>>,
}

/// Reads a message as a reply, which names its request's id as `msg.<message_id_key>`.
///
/// # Errors
///
/// The reason in one clause, for the log.
pub(crate) fn parse(raw: &RawReply, message_id_key: &str) -> Result<Parsed, String> {
    let bytes = match &raw.body {
        ReplyBody::Bytes(bytes) if bytes.trim_ascii().is_empty() => {
            return Err("its body is empty".to_owned());
        }
        ReplyBody::Bytes(bytes) => bytes,
        ReplyBody::Other(what) => {
            return Err(format!("its body is {what}: expected text or binary"));
        }
        ReplyBody::Broken(reason) => return Err(reason.clone()),
        ReplyBody::TooLarge { size, .. } => {
            return Err(format!("it has {size} bytes, more than max_message_size"));
        }
    };
    let whole = pyread::read(bytes)?;
    let Value::Object(object) = &whole else {
        return Err(format!("it is {}: expected an object", kind(&whole)));
    };
    let message = match object.get("msg") {
        Some(Value::Object(message)) => message,
        Some(other) => return Err(format!("\"msg\" is {}: expected an object", kind(other))),
        None => return Err("it has no \"msg\"".to_owned()),
    };
    let id = match message.get(message_id_key) {
        Some(Value::String(id)) => id.clone(),
        Some(other) => {
            return Err(format!(
                "\"{}\" is {}: expected a string",
                printable(message_id_key),
                kind(other)
            ));
        }
        None => return Err(format!("it has no \"{}\" in \"msg\"", printable(message_id_key))),
    };
    Ok(Parsed { id, whole, properties: raw.properties.clone() })
}

/// The reply to a request, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The JSON text of a list: the whole reply, then its application properties or null.
    pub document: String,
    /// The verdict on it.
    pub verdict: Verdict,
}

impl Request {
    /// Reads a reply to this request.
    pub(crate) fn read(&self, parsed: &Parsed) -> Reading {
        Answer::read(&self.expected, message(&parsed.whole)).into_reading()
    }
}

impl Parsed {
    /// Prints a reply, to keep it.
    pub(crate) fn into_reply(self, verdict: Verdict) -> Reply {
        let properties = self.properties.map_or(Value::Null, Value::Object);
        let mut document = pyjson::to_string(&Value::Array(vec![self.whole, properties]));
        document.shrink_to_fit();
        Reply { document, verdict }
    }
}

impl Reply {
    /// Returns the signed values in request order: one, or for a batch one for each claim and key.
    ///
    /// Each is base64 on one line. A value that is missing, refused or unusable is an empty string. The values are read
    /// from the document each time: that saves the memory for a second copy of them.
    pub fn signed_values(&self, request: &Request) -> Vec<String> {
        let whole = pyread::read_first(&self.document).unwrap_or_default();
        Answer::read(&request.expected, message(&whole)).into_values()
    }
}

#[cfg(feature = "cli")]
impl RawReply {
    /// The signed values that it has by itself, as [`Reply::signed_values`].
    pub(crate) fn signed_values(&self, request: &Request) -> Vec<String> {
        let whole = pyread::read(self.bytes()).unwrap_or_default();
        Answer::read(&request.expected, message(&whole)).into_values()
    }
}

#[cfg(feature = "cli")]
impl Reply {
    /// The JSON text of its application properties, or `null`.
    pub(crate) fn properties(&self) -> &str {
        let list = pyread::after_first(&self.document);
        list.strip_prefix(", ").and_then(|rest| rest.strip_suffix(']')).unwrap_or("null")
    }
}

fn message(whole: &Value) -> Option<&Map<String, Value>> {
    whole.get("msg").and_then(Value::as_object)
}

#[cfg(test)]
mod tests;
