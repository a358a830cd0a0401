//! Messages that are replies to some request.

use std::{borrow::Cow, ops::Range};

use super::{
    Part, RawReply, Reply, ReplyBody, document,
    reading::Reading,
    value::{kind, text},
};
use crate::{
    error::printable,
    signing::{
        pyread::{self, Json, Kind, Value},
        request::Request,
    },
};

/// A message that is a reply to some request.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The id of the request it answers.
    pub(crate) id: String,
    json: Json,
    properties: Option<String>,
}

/// Reads a message as a reply, which names its request's id as `msg.<message_id_key>`. Its bytes become the document.
///
/// # Errors
///
/// The reason in one clause, for the log.
pub(crate) fn parse(raw: RawReply, message_id_key: &str) -> Result<Parsed, String> {
    let bytes = match raw.body {
        ReplyBody::Bytes(bytes) if bytes.trim_ascii().is_empty() => {
            return Err("its body is empty".to_owned());
        }
        ReplyBody::Bytes(bytes) => bytes,
        ReplyBody::Other(what) => {
            return Err(format!("its body is {what}: expected text or binary"));
        }
        ReplyBody::Broken(reason) => return Err(reason),
        ReplyBody::TooLarge { size, .. } => {
            return Err(format!("it has {size} bytes, more than max_message_size"));
        }
    };
    let json = pyread::read(bytes)?;
    let id = id(json.value(), message_id_key)?;
    Ok(Parsed { id, json, properties: raw.properties })
}

fn id(whole: Value<'_>, message_id_key: &str) -> Result<String, String> {
    if whole.kind() != Kind::Object {
        return Err(format!("it is {}: expected an object", kind(whole)));
    }
    let Some(message) = whole.get("msg") else { return Err("it has no \"msg\"".to_owned()) };
    if message.kind() != Kind::Object {
        return Err(format!("\"msg\" is {}: expected an object", kind(message)));
    }
    match message.get(message_id_key) {
        Some(id) if id.kind() == Kind::String => Ok(text(Some(id)).into_owned()),
        Some(other) => {
            Err(format!("\"{}\" is {}: expected a string", printable(message_id_key), kind(other)))
        }
        None => Err(format!("it has no \"{}\" in \"msg\"", printable(message_id_key))),
    }
}

impl Parsed {
    /// Its `msg`.
    pub(super) fn message(&self) -> Option<Value<'_>> {
        self.json.value().get("msg")
    }

    /// The text of a value, by its place.
    pub(super) fn value(&self, place: &Range<usize>) -> Cow<'_, str> {
        document::value(self.json.at(place))
    }

    /// The same without the texts at these places.
    ///
    /// # Errors
    /// The reason in one clause, for the log, if what is left cannot be read.
    pub(super) fn without(self, places: Vec<Range<usize>>) -> Result<Self, String> {
        Ok(Self { json: self.json.without(places)?, ..self })
    }

    /// Makes the reply that is kept.
    pub(crate) fn into_reply(self, reading: Reading, request: &Request) -> Reply {
        Reply::new(self.into_part(), reading, request)
    }

    /// Keeps its text.
    pub(crate) fn into_part(self) -> Part {
        Part::new(self.json, self.properties.as_deref())
    }
}
