//! Reading a message of a broker.

use std::{borrow::Cow, ops::Range};

use super::{
    Version,
    properties::{Properties, Value, take, take_bytes, take_length},
    property,
};
use crate::signing::{RawReply, ReplyBody, once, pyjson};

/// A PUBLISH of a broker (§3.3).
#[derive(Debug)]
pub(crate) struct Publish {
    /// The packet identifier; 0 if the message is not to be acknowledged.
    pub(crate) id: u16,
    /// 0 to 3, although a client that asks for QoS 1 should get no more than that.
    pub(crate) qos: u8,
    /// The broker has kept it for clients that come later: it answers nothing that was asked in this run.
    pub(crate) retained: bool,
    pub(crate) reply: RawReply,
}

/// More user properties than this are refused: replies have a handful, and each costs memory.
const MOST_PROPERTIES: usize = 1000;

/// And more bytes of properties than this: escaped as JSON, texts that are not UTF-8 take many times their size.
const MOST_BYTES: usize = 1 << 20;

/// Reads a PUBLISH that begins with the byte `first`; `head` is what comes after the fixed header, at least up to the body.
/// `body` returns the body, of which it gets the place, and the number of bytes that the properties have as JSON. `None` if the packet ends before its packet identifier does.
pub(super) fn read(
    first: u8,
    version: Version,
    head: &[u8],
    body: impl FnOnce(usize, usize) -> Vec<u8>,
) -> Option<Publish> {
    let broken =
        |reason: &str| RawReply { body: ReplyBody::Broken(reason.to_owned()), properties: None };
    let (id, start) = identifier(first, head)?;
    let reply = match properties(version, head, start) {
        None => broken("its properties are longer than the message"),
        Some(place) => match object(&head[place.clone()]) {
            Ok(properties) => {
                let size = properties.as_ref().map_or(0, String::len);
                RawReply { body: ReplyBody::Bytes(body(place.end, size)), properties }
            }
            Err(reason) => broken(reason),
        },
    };
    Some(Publish::new(first, id, reply))
}

impl Publish {
    pub(super) fn new(first: u8, id: u16, reply: RawReply) -> Self {
        Self { id, qos: first >> 1 & 3, retained: first & 1 == 1, reply }
    }
}

/// The packet identifier, or 0 for QoS 0, and where it ends; `None` if these bytes end before.
pub(super) fn identifier(first: u8, head: &[u8]) -> Option<(u16, usize)> {
    let mut rest = head;
    take_bytes(&mut rest)?;
    let id = if first >> 1 & 3 == 0 { 0 } else { u16::from_be_bytes(take(&mut rest)?) };
    Some((id, head.len() - rest.len()))
}

/// Where the properties are if their length begins at `start`; `None` if these bytes end before.
pub(super) fn properties(version: Version, head: &[u8], start: usize) -> Option<Range<usize>> {
    if version == Version::V311 {
        return Some(start..start);
    }
    let mut rest = head.get(start..)?;
    let length = take_length(&mut rest)?;
    let begin = head.len() - rest.len();
    (length <= rest.len()).then_some(begin..begin + length)
}

/// A text that may not be UTF-8. Almost all are, which is quickly seen.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The user properties as the JSON text of an object; `None` if there are none.
fn object(bytes: &[u8]) -> Result<Option<String>, &'static str> {
    if bytes.len() > MOST_BYTES {
        return Err("more than 1 MiB of application properties");
    }
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    for (id, value) in Properties::new(bytes) {
        let (property::USER_PROPERTY, Value::Pair(name, value)) = (id, value) else { continue };
        if pairs.len() == MOST_PROPERTIES {
            return Err("more than a thousand application properties");
        }
        pairs.push((text(name), text(value)));
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(256);
    let mut object = pyjson::Object::begin(&mut out);
    for (name, value) in &once(pairs) {
        object.text(name, value);
    }
    object.end();
    // It is ASCII.
    Ok(Some(String::from_utf8(out).unwrap_or_default()))
}
