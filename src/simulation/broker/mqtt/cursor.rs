//! The parts that packets are made of (MQTT 5.0, 1.5 and 2.2.2), read strictly.

use std::collections::BTreeMap;

/// Bytes that are read from the front.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

/// The properties of a packet, by their ids.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) numbers: BTreeMap<u8, u32>,
    pub(super) bytes: BTreeMap<u8, Vec<u8>>,
    pub(super) users: Vec<(String, String)>,
}

impl Properties {
    pub(super) fn text(&self, id: u8) -> Option<&str> {
        self.bytes.get(&id).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of this many bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u32, String> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A Variable Byte Integer, in as few bytes as it needs.
    pub(super) fn variable(&mut self) -> Result<u32, String> {
        let mut number = 0;
        for index in 0..4 {
            let byte = self.number(1)?;
            number |= (byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                let is_short = index == 0 || byte > 0;
                return if is_short { Ok(number) } else { Err("a number is too long".into()) };
            }
        }
        Err("a number has no end".into())
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], String> {
        let length = self.number(2)?;
        self.take(length as usize)
    }

    pub(super) fn text(&mut self) -> Result<String, String> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|error| error.to_string())?;
        if text.contains('\0') {
            return Err("a text has NUL in it".into());
        }
        Ok(text.to_owned())
    }

    /// The properties of a packet, which may only be these.
    pub(super) fn properties(&mut self, allowed: &[u8]) -> Result<Properties, String> {
        let length = self.variable()?;
        let mut rest = Cursor(self.take(length as usize)?);
        let mut found = Properties::default();
        while !rest.0.is_empty() {
            let id = rest.number(1)? as u8;
            if !allowed.contains(&id) {
                return Err(format!("property {id:#04x} has no place in it"));
            }
            let is_new = match id {
                0x01 | 0x17 | 0x19 => found.numbers.insert(id, rest.number(1)?).is_none(),
                0x21 | 0x22 => found.numbers.insert(id, rest.number(2)?).is_none(),
                0x02 | 0x11 | 0x27 => found.numbers.insert(id, rest.number(4)?).is_none(),
                0x09 => found.bytes.insert(id, rest.bytes()?.to_vec()).is_none(),
                0x03 | 0x08 | 0x1f => found.bytes.insert(id, rest.text()?.into_bytes()).is_none(),
                0x26 => {
                    found.users.push((rest.text()?, rest.text()?));
                    true
                }
                _ => return Err(format!("property {id:#04x}")),
            };
            if !is_new {
                return Err(format!("property {id:#04x} comes twice"));
            }
        }
        Ok(found)
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("{} bytes too many", self.0.len())) }
    }
}
