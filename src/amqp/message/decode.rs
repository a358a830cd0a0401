//! Reading a message.

use std::{borrow::Cow, ops::Range};

use super::{APPLICATION_PROPERTIES, DATA, SEQUENCE, VALUE};

/// The parts of a received message that the client uses.
#[derive(Debug, PartialEq)]
pub(crate) struct Message<'a> {
    pub(crate) body: Body,
    /// In the order of the message; `None` if it has no such section.
    pub(crate) application_properties: Option<Vec<(Cow<'a, str>, Scalar<'a>)>>,
}

/// The body of a message (AMQP 1.0 part 3.2.6 to 3.2.8).
#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    /// Where in the message a string or binary value is, or the contents of all data sections are.
    Bytes(Vec<Range<usize>>),
    /// Something else, named for the log.
    Other(&'static str),
}

/// A value of one of the simple types (AMQP 1.0 part 1.6).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(Cow<'a, str>),
    Binary(&'a [u8]),
    Uuid([u8; 16]),
    /// A type that an application property should not have: a decimal or a compound.
    Other,
}

impl<'a> Message<'a> {
    /// Reads the sections of `bytes`; an error is one clause.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let mut reader = Reader { rest: bytes };
        let mut message = Self { body: Body::Other("nothing"), application_properties: None };
        while !reader.rest.is_empty() {
            match reader.descriptor()? {
                APPLICATION_PROPERTIES => message.application_properties = Some(reader.pairs()?),
                DATA => {
                    let Scalar::Binary(part) = reader.scalar()? else {
                        return Err("a data section that is not binary");
                    };
                    let end = bytes.len() - reader.rest.len();
                    let part = end - part.len()..end;
                    match &mut message.body {
                        Body::Bytes(parts) => parts.push(part),
                        body => *body = Body::Bytes(vec![part]),
                    }
                }
                SEQUENCE => {
                    reader.skip()?;
                    message.body = Body::Other("a sequence");
                }
                VALUE => message.body = reader.body(bytes.len())?,
                _ => reader.skip()?,
            }
        }
        Ok(message)
    }
}

/// More application properties than this are refused: replies have a handful, and each costs memory.
pub(super) const MAX_PROPERTIES: usize = 1000;

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

    /// Reads the beginning of a section: the mark of a described type, and the descriptor.
    fn descriptor(&mut self) -> Result<u64, &'static str> {
        if self.byte()? != 0x00 {
            return Err("a section without a descriptor");
        }
        match self.scalar()? {
            Scalar::Unsigned(code) => Ok(code),
            Scalar::Text(name) => Ok(match &*name {
                "amqp:application-properties:map" => APPLICATION_PROPERTIES,
                "amqp:data:binary" => DATA,
                "amqp:amqp-sequence:list" => SEQUENCE,
                "amqp:amqp-value:*" => VALUE,
                _ => 0,
            }),
            _ => Err("a section whose descriptor is neither a number nor a symbol"),
        }
    }

    /// Skips one value, however deep it is.
    fn skip(&mut self) -> Result<(), &'static str> {
        let mut values = 1;
        while values > 0 {
            values -= 1;
            let constructor = self.byte()?;
            // The upper half of a constructor is the width of what follows (part 1.2.1).
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

    /// Reads the value of an amqp-value section, in a message of `whole` bytes.
    fn body(&mut self, whole: usize) -> Result<Body, &'static str> {
        Ok(match self.rest.first().ok_or(TRUNCATED)? {
            0xa0 | 0xb0 | 0xa1 | 0xb1 => {
                let wide = self.byte()? >> 4 == 0xb;
                let length = self.size(wide)?;
                self.take(length)?;
                let end = whole - self.rest.len();
                let place = end - length..end;
                Body::Bytes(vec![place])
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

    fn pairs(&mut self) -> Result<Vec<(Cow<'a, str>, Scalar<'a>)>, &'static str> {
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

    fn scalar(&mut self) -> Result<Scalar<'a>, &'static str> {
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
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                Scalar::Text(String::from(c).into())
            }
            0x98 => Scalar::Uuid(self.number()?),
            0xa0 | 0xb0 => {
                let length = self.size(constructor == 0xb0)?;
                Scalar::Binary(self.take(length)?)
            }
            0xa1 | 0xb1 | 0xa3 | 0xb3 => {
                let length = self.size(constructor >> 4 == 0xb)?;
                let text = self.take(length)?;
                // Looking for what is to be replaced takes longer.
                Scalar::Text(match std::str::from_utf8(text) {
                    Ok(text) => text.into(),
                    Err(_) => String::from_utf8_lossy(text),
                })
            }
            _ => {
                self.rest = whole;
                self.skip()?;
                Scalar::Other
            }
        })
    }
}
