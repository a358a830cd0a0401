//! Values to bytes, each in its shortest encoding (AMQP 1.0 part 1.6).

use crate::Value;

impl Value {
    /// Appends the value.
    ///
    /// # Panics
    ///
    /// If the members of an array are not of one type, or anything is longer than 4 GiB.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bool(true) => out.push(0x41),
            Self::Bool(false) => out.push(0x42),
            Self::Uint(0) => out.push(0x43),
            Self::Uint(number @ 1..=0xff) => out.extend([0x52, *number as u8]),
            Self::Ulong(0) => out.push(0x44),
            Self::Ulong(number @ 1..=0xff) => out.extend([0x53, *number as u8]),
            Self::Int(number @ -128..=127) => out.extend([0x54, *number as u8]),
            Self::Long(number @ -128..=127) => out.extend([0x55, *number as u8]),
            Self::Binary(bytes) if bytes.len() < 256 => short(out, 0xa0, bytes),
            Self::String(text) if text.len() < 256 => short(out, 0xa1, text.as_bytes()),
            Self::Symbol(text) if text.len() < 256 => short(out, 0xa3, text.as_bytes()),
            Self::List(members) if members.is_empty() => out.push(0x45),
            Self::List(_) | Self::Map(_) | Self::Array(_) => self.compound(out),
            Self::Described(descriptor, value) => {
                out.push(0x00);
                descriptor.encode(out);
                value.encode(out);
            }
            _ => {
                self.constructor(out);
                self.body(out);
            }
        }
    }

    /// The value's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        bytes
    }

    /// Appends a list, map or array, with 8 bits for size and count if they are enough.
    fn compound(&self, out: &mut Vec<u8>) {
        let mut members = Vec::new();
        let count = self.members(&mut members);
        if count < 256 && members.len() < 255 {
            let constructor = match self {
                Self::Map(_) => 0xc1,
                Self::Array(_) => 0xe0,
                _ => 0xc0,
            };
            out.extend([constructor, members.len() as u8 + 1, count as u8]);
            out.extend(members);
        } else {
            self.constructor(out);
            self.body(out);
        }
    }

    /// Appends the constructor of the type's longest encoding, which holds for all values of the type.
    fn constructor(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Null => 0x40,
            Self::Ubyte(_) => 0x50,
            Self::Byte(_) => 0x51,
            Self::Bool(_) => 0x56,
            Self::Ushort(_) => 0x60,
            Self::Short(_) => 0x61,
            Self::Uint(_) => 0x70,
            Self::Int(_) => 0x71,
            Self::Float(_) => 0x72,
            Self::Char(_) => 0x73,
            Self::Decimal32(_) => 0x74,
            Self::Ulong(_) => 0x80,
            Self::Long(_) => 0x81,
            Self::Double(_) => 0x82,
            Self::Timestamp(_) => 0x83,
            Self::Decimal64(_) => 0x84,
            Self::Decimal128(_) => 0x94,
            Self::Uuid(_) => 0x98,
            Self::Binary(_) => 0xb0,
            Self::String(_) => 0xb1,
            Self::Symbol(_) => 0xb3,
            Self::List(_) => 0xd0,
            Self::Map(_) => 0xd1,
            Self::Array(_) => 0xf0,
            Self::Described(descriptor, value) => {
                out.push(0x00);
                descriptor.encode(out);
                return value.constructor(out);
            }
            Self::Raw(_) => return,
        });
    }

    /// Appends what follows that constructor.
    fn body(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Bool(value) => out.push(u8::from(*value)),
            Self::Ubyte(number) => out.push(*number),
            Self::Byte(number) => out.push(*number as u8),
            Self::Ushort(number) => out.extend(number.to_be_bytes()),
            Self::Short(number) => out.extend(number.to_be_bytes()),
            Self::Uint(number) | Self::Char(number) => out.extend(number.to_be_bytes()),
            Self::Int(number) => out.extend(number.to_be_bytes()),
            Self::Float(number) => out.extend(number.to_be_bytes()),
            Self::Ulong(number) => out.extend(number.to_be_bytes()),
            Self::Long(number) | Self::Timestamp(number) => out.extend(number.to_be_bytes()),
            Self::Double(number) => out.extend(number.to_be_bytes()),
            Self::Decimal32(bytes) => out.extend(bytes),
            Self::Decimal64(bytes) => out.extend(bytes),
            Self::Decimal128(bytes) | Self::Uuid(bytes) => out.extend(bytes),
            Self::Binary(bytes) => long(out, bytes),
            Self::String(text) | Self::Symbol(text) => long(out, text.as_bytes()),
            Self::List(_) | Self::Map(_) | Self::Array(_) => {
                let mut members = Vec::new();
                let count = self.members(&mut members);
                out.extend(size(members.len() + 4));
                out.extend(size(count));
                out.extend(members);
            }
            Self::Described(_, value) => value.body(out),
            Self::Raw(bytes) => out.extend(bytes),
        }
    }

    /// Appends what a list, map or array holds, behind its size and count; the count.
    fn members(&self, out: &mut Vec<u8>) -> usize {
        match self {
            Self::List(members) => {
                members.iter().for_each(|member| member.encode(out));
                members.len()
            }
            Self::Map(pairs) => {
                for (key, value) in pairs {
                    key.encode(out);
                    value.encode(out);
                }
                2 * pairs.len()
            }
            Self::Array(members) => {
                let constructor = |member: &Self| {
                    let mut bytes = Vec::new();
                    member.constructor(&mut bytes);
                    bytes
                };
                let first = constructor(members.first().unwrap_or(&Self::Null));
                out.extend(&first);
                for member in members {
                    assert_eq!(constructor(member), first, "an array holds values of one type");
                    member.body(out);
                }
                members.len()
            }
            _ => 0,
        }
    }
}

fn short(out: &mut Vec<u8>, constructor: u8, bytes: &[u8]) {
    out.extend([constructor, bytes.len() as u8]);
    out.extend(bytes);
}

fn long(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(size(bytes.len()));
    out.extend(bytes);
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("AMQP counts with 32 bits").to_be_bytes()
}
