//! Writing a message.

use super::{APPLICATION_PROPERTIES, HEADER, PROPERTIES, VALUE};

/// A message to send.
pub(crate) struct Outgoing<'a> {
    pub(crate) durable: bool,
    /// Milliseconds.
    pub(crate) ttl: u32,
    pub(crate) to: &'a str,
    pub(crate) application_properties: &'a [(String, String)],
    /// Sent as one string value.
    pub(crate) body: &'a str,
}

impl Outgoing<'_> {
    /// Writes all of it.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn encode(&self) -> Vec<u8> {
        [&self.head(), self.body.as_bytes()].concat()
    }

    /// Writes all that comes before the text of the body: header, properties, application properties, and the beginning
    /// of a string value.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        // durable, priority, ttl; a null is the default of the field (part 3.2.1).
        let mut header = vec![if self.durable { 0x41 } else { 0x40 }, 0x40, 0x70];
        header.extend(self.ttl.to_be_bytes());
        section(&mut out, HEADER);
        compound(&mut out, 0xd0, 3, &header);

        // message-id, user-id, to (part 3.2.4).
        let mut properties = vec![0x40, 0x40];
        string(&mut properties, self.to);
        section(&mut out, PROPERTIES);
        compound(&mut out, 0xd0, 3, &properties);

        let mut pairs = Vec::with_capacity(256);
        for (name, value) in self.application_properties {
            string(&mut pairs, name);
            string(&mut pairs, value);
        }
        section(&mut out, APPLICATION_PROPERTIES);
        compound(&mut out, 0xd1, 2 * self.application_properties.len(), &pairs);

        section(&mut out, VALUE);
        string_head(&mut out, self.body.len());
        out
    }
}

fn section(out: &mut Vec<u8>, descriptor: u64) {
    out.extend([0x00, 0x53, descriptor as u8]);
}

/// Writes a list (0xd0) or map (0xd1) whose encoded members are given.
fn compound(out: &mut Vec<u8>, constructor: u8, members: usize, encoded: &[u8]) {
    out.push(constructor);
    out.extend((encoded.len() as u32 + 4).to_be_bytes());
    out.extend((members as u32).to_be_bytes());
    out.extend(encoded);
}

fn string(out: &mut Vec<u8>, text: &str) {
    string_head(out, text.len());
    out.extend(text.as_bytes());
}

/// Writes what comes before the bytes of a string of this length.
fn string_head(out: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(length) => out.extend([0xa1, length]),
        Err(_) => {
            out.push(0xb1);
            out.extend((length as u32).to_be_bytes());
        }
    }
}
