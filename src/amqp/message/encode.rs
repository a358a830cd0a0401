//! Writing a message.

use std::borrow::Cow;

use super::{APPLICATION_PROPERTIES, HEADER, PROPERTIES, VALUE};

/// A message to send.
pub(crate) struct Outgoing<'a> {
    pub(crate) durable: bool,
    /// Milliseconds.
    pub(crate) ttl: u32,
    pub(crate) to: &'a str,
    pub(crate) application_properties: &'a [(&'a str, Cow<'a, str>)],
    /// The text that is sent as one string value.
    pub(crate) body: &'a [u8],
}

impl Outgoing<'_> {
    /// Writes all of it.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_head(&mut out);
        out.extend_from_slice(self.body);
        out
    }

    /// Appends all that comes before the text of the body: header, properties, application properties, and the beginning
    /// of a string value.
    pub(crate) fn write_head(&self, out: &mut Vec<u8>) {
        section(out, HEADER);
        compound(out, 0xd0, 3, |out| {
            // durable, priority, ttl; a null is the default of the field (part 3.2.1).
            out.extend_from_slice(&[if self.durable { 0x41 } else { 0x40 }, 0x40, 0x70]);
            out.extend_from_slice(&self.ttl.to_be_bytes());
        });
        section(out, PROPERTIES);
        compound(out, 0xd0, 3, |out| {
            // message-id, user-id, to (part 3.2.4).
            out.extend_from_slice(&[0x40, 0x40]);
            string(out, self.to);
        });
        section(out, APPLICATION_PROPERTIES);
        compound(out, 0xd1, 2 * self.application_properties.len(), |out| {
            for (name, value) in self.application_properties {
                string(out, name);
                string(out, value);
            }
        });
        section(out, VALUE);
        string_head(out, self.body.len());
    }
}

fn section(out: &mut Vec<u8>, descriptor: u64) {
    out.extend_from_slice(&[0x00, 0x53, descriptor as u8]);
}

/// Appends a list (0xd0) or map (0xd1) of members that `write` appends.
fn compound(out: &mut Vec<u8>, constructor: u8, members: usize, write: impl Fn(&mut Vec<u8>)) {
    out.push(constructor);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&(members as u32).to_be_bytes());
    write(out);
    let size = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

fn string(out: &mut Vec<u8>, text: &str) {
    string_head(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Appends what comes before the bytes of a string of this length.
fn string_head(out: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(length) => out.extend_from_slice(&[0xa1, length]),
        Err(_) => {
            out.push(0xb1);
            out.extend_from_slice(&(length as u32).to_be_bytes());
        }
    }
}
