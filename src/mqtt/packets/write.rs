//! Writing packets. Each function appends one packet.

use std::{borrow::Cow, fmt};

use super::{Version, kind, property};
use crate::error::{Error, printable};

/// The longest text or binary value of a packet, in bytes (§1.5.4).
const LONGEST: usize = u16::MAX as usize;

/// The most bytes that a length has in a packet (§2.1.4).
const ROOM: usize = 4;

/// Why a packet cannot be written.
#[derive(Debug)]
pub(crate) enum Unwritable {
    /// MQTT cannot carry it, for this reason in one clause.
    Never(String),
    /// The body cannot be made.
    Body(Error),
}

/// A PUBLISH that carries a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) version: Version,
    /// The packet identifier, not 0.
    pub(crate) id: u16,
    pub(crate) topic: &'a str,
    /// Seconds until the broker drops it. Like everything below, only MQTT 5 has it.
    pub(crate) expiry: u32,
    pub(crate) response_topic: &'a str,
    pub(crate) correlation: &'a str,
    /// The application properties, which become user properties.
    pub(crate) properties: &'a [(&'a str, Cow<'a, str>)],
}

impl Request<'_> {
    /// Appends the packet, for which `body` appends the body. Nothing is appended if there is an error.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Unwritable> {
        let start = out.len();
        let written = packet(out, kind::PUBLISH << 4 | 1 << 1, |out| {
            write_text(out, "the topic", self.topic)?;
            out.extend_from_slice(&self.id.to_be_bytes());
            if self.version == Version::V5 {
                with_length(out, |out| self.write_properties(out))?;
            }
            body(out).map_err(Unwritable::Body)
        });
        written.inspect_err(|_| out.truncate(start))
    }

    fn write_properties(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&[property::PAYLOAD_FORMAT, 1, property::MESSAGE_EXPIRY]);
        out.extend_from_slice(&self.expiry.to_be_bytes());
        out.push(property::CONTENT_TYPE);
        write_text(out, "the content type", "application/json")?;
        out.push(property::RESPONSE_TOPIC);
        write_text(out, "the response topic", self.response_topic)?;
        out.push(property::CORRELATION_DATA);
        write_text(out, "the request id", self.correlation)?;
        for (name, value) in self.properties {
            out.push(property::USER_PROPERTY);
            write_text(out, "the name of an application property", name)?;
            write_text(out, Named(name), value)?;
        }
        Ok(())
    }
}

/// An application property, for an error.
struct Named<'a>(&'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the application property \"{}\"", printable(self.0))
    }
}

/// Changes a PUBLISH into one that is sent again under its packet identifier (§3.3.1.1).
pub(crate) fn mark_as_repeated(packet: &mut [u8]) {
    if let Some(first) = packet.first_mut() {
        *first |= 1 << 3;
    }
}

/// Appends a SUBSCRIBE to one topic with QoS 1, without the messages that the broker retains (§3.8).
pub(crate) fn write_subscribe(
    out: &mut Vec<u8>,
    version: Version,
    id: u16,
    topic: &str,
) -> Result<(), Unwritable> {
    let start = out.len();
    let written = packet(out, kind::SUBSCRIBE << 4 | 1 << 1, |out| {
        out.extend_from_slice(&id.to_be_bytes());
        if version == Version::V5 {
            out.push(0);
        }
        write_text(out, "the topic", topic)?;
        // The upper bits are retain handling (§3.8.3.1), which 3.1.1 does not have.
        out.push(if version == Version::V5 { 2 << 4 | 1 } else { 1 });
        Ok(())
    });
    written.inspect_err(|_| out.truncate(start))
}

/// Appends a PUBACK that accepts a PUBLISH.
pub(crate) fn write_puback(out: &mut Vec<u8>, id: u16) {
    let [high, low] = id.to_be_bytes();
    out.extend_from_slice(&[kind::PUBACK << 4, 2, high, low]);
}

/// Appends a PINGREQ.
pub(crate) fn write_pingreq(out: &mut Vec<u8>) {
    out.extend_from_slice(&[kind::PINGREQ << 4, 0]);
}

/// Appends a DISCONNECT. The session ends with it, unless it `stays` for as long as the CONNECT says; in 3.1.1 the CONNECT
/// alone decides.
pub(crate) fn write_disconnect(out: &mut Vec<u8>, version: Version, stays: bool) {
    if version == Version::V311 || stays {
        return out.extend_from_slice(&[kind::DISCONNECT << 4, 0]);
    }
    let [a, b, c, d] = 0u32.to_be_bytes();
    out.extend_from_slice(&[kind::DISCONNECT << 4, 7, 0, 5, property::SESSION_EXPIRY, a, b, c, d]);
}

/// Appends a packet, of which `write` appends all but the fixed header (§2.1.1).
pub(super) fn packet(
    out: &mut Vec<u8>,
    first: u8,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Unwritable>,
) -> Result<(), Unwritable> {
    out.push(first);
    with_length(out, write)
}

/// Appends what `write` appends, with its length before it.
pub(super) fn with_length(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Unwritable>,
) -> Result<(), Unwritable> {
    // There is room for the longest length, so that nothing large is moved.
    let start = out.len();
    out.extend_from_slice(&[0; ROOM]);
    write(out)?;
    let size = out.len() - start - ROOM;
    let Some((length, count)) = encoded_length(size) else {
        let words = format!("the message has {size} bytes, more than a packet of MQTT");
        return Err(Unwritable::Never(words));
    };
    let begin = start + ROOM - count;
    out[begin..start + ROOM].copy_from_slice(&length[..count]);
    out.drain(start..begin);
    Ok(())
}

/// A variable byte integer (§1.5.5), and how many bytes it has; `None` if it is too large for one.
pub(super) fn encoded_length(mut length: usize) -> Option<([u8; ROOM], usize)> {
    let mut bytes = [0; ROOM];
    for (place, byte) in bytes.iter_mut().enumerate() {
        // Seven bits, the lowest first; the highest bit says that more follow.
        *byte = (length & 0x7f) as u8;
        length >>= 7;
        if length == 0 {
            return Some((bytes, place + 1));
        }
        *byte |= 0x80;
    }
    None
}

/// Appends a text, which the error calls `what`.
pub(super) fn write_text(
    out: &mut Vec<u8>,
    what: impl fmt::Display,
    text: &str,
) -> Result<(), Unwritable> {
    // A broker must disconnect a client that sends one (§1.5.4).
    if text.contains('\0') {
        return Err(Unwritable::Never(format!("{what} has a NUL, which MQTT does not allow")));
    }
    write_bytes(out, what, text.as_bytes())
}

/// Appends a binary value, which the error calls `what`.
pub(super) fn write_bytes(
    out: &mut Vec<u8>,
    what: impl fmt::Display,
    bytes: &[u8],
) -> Result<(), Unwritable> {
    let length = bytes.len();
    let Ok(short) = u16::try_from(length) else {
        let words = format!("{what} has {length} bytes; MQTT allows at most {LONGEST}");
        return Err(Unwritable::Never(words));
    };
    out.extend_from_slice(&short.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}
