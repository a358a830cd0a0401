//! The sections of a message, written and read one at a time (AMQP 1.0 part 3.2, types: part 1).
//!
//! Not by Proton: its message type keeps the last of several data sections and calls garbage an
//! empty message, and its data type takes a C stack frame a nesting level, which a hostile reply
//! turns into a stack overflow. Reading here neither recurses nor allocates by what a size claims.

const HEADER: u64 = 0x70;
const PROPERTIES: u64 = 0x73;
const APPLICATION_PROPERTIES: u64 = 0x74;
const DATA: u64 = 0x75;
const SEQUENCE: u64 = 0x76;
const VALUE: u64 = 0x77;

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
    /// Writes header, properties, application properties and body.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.body.len() + 512);
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
        string(&mut out, self.body);
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
    match u8::try_from(text.len()) {
        Ok(length) => out.extend([0xa1, length]),
        Err(_) => {
            out.push(0xb1);
            out.extend((text.len() as u32).to_be_bytes());
        }
    }
    out.extend(text.as_bytes());
}

/// A message that came in: what this project uses of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) body: Body,
    /// In the order of the message; `None` where it has no such section.
    pub(crate) application_properties: Option<Vec<(String, Scalar)>>,
}

/// The body of a message (AMQP 1.0 part 3.2.6 to 3.2.8).
#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    /// A string or binary value, or all data sections joined.
    Bytes(Vec<u8>),
    /// Something else, named for the log.
    Other(&'static str),
}

/// A value of one of the simple types (AMQP 1.0 part 1.6).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    Binary(Vec<u8>),
    Uuid([u8; 16]),
    /// A type that an application property should not have: a decimal or a compound.
    Other,
}

impl Message {
    /// Reads the sections of `bytes`; an error is one clause that says what is wrong.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut reader = Reader { rest: bytes };
        let mut message = Self { body: Body::Other("nothing"), application_properties: None };
        while !reader.rest.is_empty() {
            match reader.descriptor()? {
                APPLICATION_PROPERTIES => message.application_properties = Some(reader.pairs()?),
                DATA => match (reader.scalar()?, &mut message.body) {
                    (Scalar::Binary(part), Body::Bytes(whole)) => whole.extend(part),
                    (Scalar::Binary(part), body) => *body = Body::Bytes(part),
                    _ => return Err("a data section that is not binary"),
                },
                SEQUENCE => {
                    reader.skip()?;
                    message.body = Body::Other("a sequence");
                }
                VALUE => message.body = reader.body()?,
                _ => reader.skip()?,
            }
        }
        Ok(message)
    }
}

/// More application properties than this are refused: replies have a handful, and each costs memory.
const MAX_PROPERTIES: usize = 1000;

const TRUNCATED: &str = "the message ends in the middle of a value";

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        Ok(self.number::<1>()?[0])
    }

    fn size(&mut self, wide: bool) -> Result<usize, &'static str> {
        Ok(if wide {
            u32::from_be_bytes(self.number()?) as usize
        } else {
            usize::from(self.byte()?)
        })
    }

    /// Reads what a section begins with: the described-type mark and its descriptor.
    fn descriptor(&mut self) -> Result<u64, &'static str> {
        if self.byte()? != 0x00 {
            return Err("a section without a descriptor");
        }
        match self.scalar()? {
            Scalar::Unsigned(code) => Ok(code),
            Scalar::Text(name) => Ok(match name.as_str() {
                "amqp:application-properties:map" => APPLICATION_PROPERTIES,
                "amqp:data:binary" => DATA,
                "amqp:amqp-sequence:list" => SEQUENCE,
                "amqp:amqp-value:*" => VALUE,
                _ => 0,
            }),
            _ => Err("a section whose descriptor is neither a number nor a symbol"),
        }
    }

    /// Passes over one value, however deep it is.
    fn skip(&mut self) -> Result<(), &'static str> {
        let mut values = 1;
        while values > 0 {
            values -= 1;
            let constructor = self.byte()?;
            // The upper half of a constructor tells the width of what follows (part 1.2.1).
            let length = match constructor >> 4 {
                0x0 if constructor == 0x00 => {
                    values += 2;
                    0
                }
                0x4 => 0,
                0x5 => 1,
                0x6 => 2,
                0x7 => 4,
                0x8 => 8,
                0x9 => 16,
                0xa | 0xc | 0xe => self.size(false)?,
                0xb | 0xd | 0xf => self.size(true)?,
                _ => return Err("a type that AMQP does not have"),
            };
            self.take(length)?;
        }
        Ok(())
    }

    /// Reads the value of an amqp-value section.
    fn body(&mut self) -> Result<Body, &'static str> {
        Ok(match self.rest.first().ok_or(TRUNCATED)? {
            0xa0 | 0xb0 | 0xa1 | 0xb1 => {
                let wide = self.byte()? >> 4 == 0xb;
                let length = self.size(wide)?;
                Body::Bytes(self.take(length)?.to_vec())
            }
            kind => {
                let name = match kind {
                    0x40 => "null",
                    0x45 | 0xc0 | 0xd0 => "a list",
                    0xc1 | 0xd1 => "a map",
                    0xe0 | 0xf0 => "an array",
                    0xa3 | 0xb3 => "a symbol",
                    0x00 => "a described value",
                    _ => "a number or another simple value",
                };
                self.skip()?;
                Body::Other(name)
            }
        })
    }

    fn pairs(&mut self) -> Result<Vec<(String, Scalar)>, &'static str> {
        let wide = match self.byte()? {
            0x40 => return Ok(Vec::new()),
            0xc1 => false,
            0xd1 => true,
            _ => return Err("application properties that are not a map"),
        };
        let size = self.size(wide)?;
        let mut map = Reader { rest: self.take(size)? };
        map.size(wide)?;
        let mut pairs = Vec::new();
        while !map.rest.is_empty() {
            let Scalar::Text(name) = map.scalar()? else {
                return Err("an application property whose name is not a string");
            };
            pairs.push((name, map.scalar()?));
            if pairs.len() > MAX_PROPERTIES {
                return Err("more than a thousand application properties");
            }
        }
        Ok(pairs)
    }

    fn scalar(&mut self) -> Result<Scalar, &'static str> {
        let constructor = *self.rest.first().ok_or(TRUNCATED)?;
        let whole = self.rest;
        self.rest = &whole[1..];
        Ok(match constructor {
            0x40 => Scalar::Null,
            0x41 => Scalar::Bool(true),
            0x42 => Scalar::Bool(false),
            0x56 => Scalar::Bool(self.byte()? != 0),
            0x43 | 0x44 => Scalar::Unsigned(0),
            0x50 | 0x52 | 0x53 => Scalar::Unsigned(self.byte()?.into()),
            0x60 => Scalar::Unsigned(u16::from_be_bytes(self.number()?).into()),
            0x70 => Scalar::Unsigned(u32::from_be_bytes(self.number()?).into()),
            0x80 => Scalar::Unsigned(u64::from_be_bytes(self.number()?)),
            0x51 | 0x54 | 0x55 => Scalar::Signed(i8::from_be_bytes(self.number()?).into()),
            0x61 => Scalar::Signed(i16::from_be_bytes(self.number()?).into()),
            0x71 => Scalar::Signed(i32::from_be_bytes(self.number()?).into()),
            0x81 | 0x83 => Scalar::Signed(i64::from_be_bytes(self.number()?)),
            0x72 => Scalar::Float(f32::from_be_bytes(self.number()?).into()),
            0x82 => Scalar::Float(f64::from_be_bytes(self.number()?)),
            0x73 => {
                let code = u32::from_be_bytes(self.number()?);
                Scalar::Text(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).into())
            }
            0x98 => Scalar::Uuid(self.number()?),
            0xa0 | 0xb0 => {
                let length = self.size(constructor == 0xb0)?;
                Scalar::Binary(self.take(length)?.to_vec())
            }
            0xa1 | 0xb1 | 0xa3 | 0xb3 => {
                let length = self.size(constructor >> 4 == 0xb)?;
                Scalar::Text(String::from_utf8_lossy(self.take(length)?).into_owned())
            }
            _ => {
                self.rest = whole;
                self.skip()?;
                Scalar::Other
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(encoded: &[u8]) -> Vec<u8> {
        [&[0x00, 0x53, 0x77], encoded].concat()
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "x".repeat(300);
        let application_properties =
            [("mtype".to_string(), long.clone()), ("é".into(), String::new())];
        let outgoing = Outgoing {
            durable: true,
            ttl: 4000,
            to: "topic://a",
            application_properties: &application_properties,
            body: "{}",
        };
        let message = Message::decode(&outgoing.encode()).unwrap();
        assert_eq!(message.body, Body::Bytes(b"{}".to_vec()));
        let properties =
            [("mtype".to_string(), Scalar::Text(long)), ("é".into(), Scalar::Text(String::new()))];
        assert_eq!(message.application_properties.as_deref(), Some(&properties[..]));
    }

    #[test]
    fn bodies_of_every_kind() {
        let cases: [(&[u8], Body); 9] = [
            (b"\xa1\x02{}", Body::Bytes(b"{}".to_vec())),
            (b"\xb1\0\0\0\x02{}", Body::Bytes(b"{}".to_vec())),
            (b"\xa0\x02\xff\xfe", Body::Bytes(vec![0xff, 0xfe])),
            (b"\x40", Body::Other("null")),
            (b"\x45", Body::Other("a list")),
            (b"\xc1\x01\x00", Body::Other("a map")),
            (b"\x00\xa3\x01a\x40", Body::Other("a described value")),
            (b"\x54\x07", Body::Other("a number or another simple value")),
            (b"\xe0\x02\x00\x40", Body::Other("an array")),
        ];
        for (encoded, body) in cases {
            assert_eq!(Message::decode(&value(encoded)).unwrap().body, body, "{encoded:x?}");
        }
        assert_eq!(Message::decode(b"").unwrap().body, Body::Other("nothing"));
        let sections = b"\x00\x53\x75\xa0\x02{\"\x00\x80\0\0\0\0\0\0\0\x75\xb0\0\0\0\x03a\":\x00\xa3\x10amqp:data:binary\xa0\x021}";
        assert_eq!(Message::decode(sections).unwrap().body, Body::Bytes(b"{\"a\":1}".to_vec()));
    }

    #[test]
    fn properties_of_every_type() {
        let pairs = b"\xa1\x01a\x41\xa1\x01b\x52\x07\xa1\x01c\x54\xff\xa3\x01d\x72\x3f\x80\0\0\xa1\x01e\x45\
                      \xa1\x01f\xa0\x01\x09\xa1\x01g\x73\0\0\0A";
        let map = [b"\x00\x53\x74\xc1", &[pairs.len() as u8 + 1, 14][..], pairs].concat();
        let properties = Message::decode(&map).unwrap().application_properties.unwrap();
        let expected = [
            ("a", Scalar::Bool(true)),
            ("b", Scalar::Unsigned(7)),
            ("c", Scalar::Signed(-1)),
            ("d", Scalar::Float(1.0)),
            ("e", Scalar::Other),
            ("f", Scalar::Binary(vec![9])),
            ("g", Scalar::Text("A".into())),
        ];
        assert_eq!(properties, expected.map(|(name, value)| (name.to_string(), value)));
    }

    #[test]
    fn properties_are_bounded() {
        let message = |count: usize| {
            let pairs = b"\xa1\x01a\x40".repeat(count);
            let size = (pairs.len() as u32 + 4).to_be_bytes();
            Message::decode(&[b"\x00\x53\x74\xd1", &size[..], &[0; 4], &pairs].concat())
        };
        assert!(message(MAX_PROPERTIES).is_ok() && message(MAX_PROPERTIES + 1).is_err());
    }

    /// The other sections, delivery annotations to footer, are of no concern here.
    #[test]
    fn other_sections_are_passed_over() {
        let message = b"\x00\x53\x71\xc1\x01\x00\x00\x53\x72\x40\x00\x53\x73\x45\x00\x53\x77\xa1\x01x\x00\x53\x78\x45";
        assert_eq!(Message::decode(message).unwrap().body, Body::Bytes(b"x".to_vec()));
    }

    #[test]
    fn nesting_of_any_depth_is_read_without_recursion() {
        let deep = value(&[b"\x00\x53\x01".repeat(1_000_000), vec![0x40]].concat());
        assert_eq!(Message::decode(&deep).unwrap().body, Body::Other("a described value"));
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_survived() {
        let properties = [("name".to_string(), "value".to_string())];
        let whole = Outgoing {
            durable: true,
            ttl: 1,
            to: "a",
            application_properties: &properties,
            body: "{}",
        }
        .encode();
        for length in 0..whole.len() {
            let _ = Message::decode(&whole[..length]);
        }
        for position in 0..whole.len() {
            for byte in 0..=255 {
                let mut changed = whole.clone();
                changed[position] = byte;
                let _ = Message::decode(&changed);
            }
        }
        for wrong in [
            &b"\xa1\x01x"[..],
            b"\x00\x53\x77",
            b"\x00\x53\x77\x1f",
            b"\x00\x40\x40",
            b"\x00\x53\x75\xa1\x01x",
        ] {
            assert!(Message::decode(wrong).is_err(), "{wrong:x?}");
        }
    }
}
