//! Bytes to values (AMQP 1.0 part 1.6), within bounds: whatever the bytes are, reading ends soon and needs little memory.

use std::{error, fmt};

use crate::Value;

/// How deep values may be nested.
pub const MAX_DEPTH: usize = 32;

/// How many values may be read at once; nested values count, too, and so does every byte of a descriptor.
pub const MAX_VALUES: usize = 65_536;

/// Bytes that violate AMQP 1.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub(crate) String);

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl error::Error for Malformed {}

/// An error in these words.
pub(crate) fn malformed<T>(problem: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(problem.into()))
}

impl Value {
    /// Reads the value at the start of the bytes, and removes it from them.
    ///
    /// # Errors
    ///
    /// If the bytes hold no value, only a part of one, or one deeper than [`MAX_DEPTH`] or of more than [`MAX_VALUES`].
    pub fn decode(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut decoder = Decoder { bytes, left: MAX_VALUES, depth: 0 };
        let value = decoder.value()?;
        *bytes = decoder.bytes;
        Ok(value)
    }
}

/// How a value's bytes are to be read.
enum Constructor {
    Plain(u8),
    /// The descriptor, the length of its bytes, and the constructor of what it describes.
    Described(Value, usize, Box<Self>),
}

struct Decoder<'a> {
    /// The bytes that are still to be read, up to the end of the enclosing value.
    bytes: &'a [u8],
    /// How many more values may follow.
    left: usize,
    depth: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self) -> Result<Value, Malformed> {
        let constructor = self.constructor()?;
        self.body(&constructor)
    }

    fn constructor(&mut self) -> Result<Constructor, Malformed> {
        match self.fixed()? {
            [0x00] => {
                self.deeper()?;
                let before = self.bytes.len();
                let descriptor = self.value()?;
                let length = before - self.bytes.len();
                let constructor = Box::new(self.constructor()?);
                self.depth -= 1;
                Ok(Constructor::Described(descriptor, length, constructor))
            }
            [code] => Ok(Constructor::Plain(code)),
        }
    }

    fn body(&mut self, constructor: &Constructor) -> Result<Value, Malformed> {
        self.count(1)?;
        let code = match constructor {
            Constructor::Plain(code) => *code,
            Constructor::Described(descriptor, length, constructor) => {
                // An array repeats a descriptor that it holds once.
                self.count(*length)?;
                self.deeper()?;
                let value = self.body(constructor)?;
                self.depth -= 1;
                return Ok(Value::Described(Box::new(descriptor.clone()), Box::new(value)));
            }
        };
        Ok(match code {
            0x40 => Value::Null,
            0x41 => Value::Bool(true),
            0x42 => Value::Bool(false),
            0x43 => Value::Uint(0),
            0x44 => Value::Ulong(0),
            0x45 => Value::List(Vec::new()),
            0x50 => Value::Ubyte(u8::from_be_bytes(self.fixed()?)),
            0x51 => Value::Byte(i8::from_be_bytes(self.fixed()?)),
            0x52 => Value::Uint(u8::from_be_bytes(self.fixed()?).into()),
            0x53 => Value::Ulong(u8::from_be_bytes(self.fixed()?).into()),
            0x54 => Value::Int(i8::from_be_bytes(self.fixed()?).into()),
            0x55 => Value::Long(i8::from_be_bytes(self.fixed()?).into()),
            0x56 => match self.fixed()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                [other] => return malformed(format!("expected 0 or 1, found {other}")),
            },
            0x60 => Value::Ushort(u16::from_be_bytes(self.fixed()?)),
            0x61 => Value::Short(i16::from_be_bytes(self.fixed()?)),
            0x70 => Value::Uint(u32::from_be_bytes(self.fixed()?)),
            0x71 => Value::Int(i32::from_be_bytes(self.fixed()?)),
            0x72 => Value::Float(f32::from_be_bytes(self.fixed()?)),
            0x73 => Value::Char(u32::from_be_bytes(self.fixed()?)),
            0x74 => Value::Decimal32(self.fixed()?),
            0x80 => Value::Ulong(u64::from_be_bytes(self.fixed()?)),
            0x81 => Value::Long(i64::from_be_bytes(self.fixed()?)),
            0x82 => Value::Double(f64::from_be_bytes(self.fixed()?)),
            0x83 => Value::Timestamp(i64::from_be_bytes(self.fixed()?)),
            0x84 => Value::Decimal64(self.fixed()?),
            0x94 => Value::Decimal128(self.fixed()?),
            0x98 => Value::Uuid(self.fixed()?),
            0xa0 | 0xb0 => Value::Binary(self.variable(code)?.to_vec()),
            0xa1 | 0xb1 => Value::String(text(self.variable(code)?)?),
            0xa3 | 0xb3 => Value::Symbol(text(self.variable(code)?)?),
            0xc0 | 0xd0 => Value::List(self.compound(code, Self::value)?),
            0xc1 | 0xd1 => {
                let mut members = self.compound(code, Self::value)?.into_iter();
                if members.len() % 2 == 1 {
                    return malformed("a map with a key and no value");
                }
                let mut pairs = Vec::new();
                while let (Some(key), Some(value)) = (members.next(), members.next()) {
                    pairs.push((key, value));
                }
                Value::Map(pairs)
            }
            0xe0 | 0xf0 => {
                let mut constructor = None;
                Value::Array(self.compound(code, |within| {
                    if constructor.is_none() {
                        constructor = Some(within.constructor()?);
                    }
                    within.body(constructor.as_ref().unwrap_or(&Constructor::Plain(0x40)))
                })?)
            }
            other => return malformed(format!("unknown constructor {other:#04x}")),
        })
    }

    /// The members of a list, map or array.
    fn compound(
        &mut self,
        code: u8,
        mut member: impl FnMut(&mut Self) -> Result<Value, Malformed>,
    ) -> Result<Vec<Value>, Malformed> {
        self.deeper()?;
        let within = self.variable(code)?;
        let behind = std::mem::replace(&mut self.bytes, within);
        let count = self.length(code)?;
        let mut members = Vec::new();
        for _ in 0..count {
            members.push(member(self)?);
        }
        // An empty array may say of what.
        if count == 0 && code & 0xe0 == 0xe0 && !self.bytes.is_empty() {
            self.constructor()?;
        }
        if !self.bytes.is_empty() {
            return malformed(format!("{} bytes behind the last member", self.bytes.len()));
        }
        self.bytes = behind;
        self.depth -= 1;
        Ok(members)
    }

    fn count(&mut self, values: usize) -> Result<(), Malformed> {
        let Some(left) = self.left.checked_sub(values) else {
            return malformed(format!("more than {MAX_VALUES} values"));
        };
        self.left = left;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), Malformed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return malformed(format!("values more than {MAX_DEPTH} deep"));
        }
        Ok(())
    }

    /// A size or count: with constructors of 0xa0, 0xc0 and 0xe0 a byte, with others 4.
    fn length(&mut self, code: u8) -> Result<usize, Malformed> {
        Ok(match code & 0x10 {
            0 => u8::from_be_bytes(self.fixed()?).into(),
            _ => u32::from_be_bytes(self.fixed()?) as usize,
        })
    }

    /// As many bytes as the size before them says.
    fn variable(&mut self, code: u8) -> Result<&'a [u8], Malformed> {
        let length = self.length(code)?;
        let Some((bytes, rest)) = self.bytes.split_at_checked(length) else {
            return malformed(format!("expected {length} bytes, found {}", self.bytes.len()));
        };
        self.bytes = rest;
        Ok(bytes)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let Some((bytes, rest)) = self.bytes.split_first_chunk() else {
            return malformed(format!("expected {N} bytes, found {}", self.bytes.len()));
        };
        self.bytes = rest;
        Ok(*bytes)
    }
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => malformed(error.to_string()),
    }
}
