//! AMQP values and frames as bytes (AMQP 1.0 parts 1.6 and 2.3), right ones and wrong ones.

use arbitrary::Arbitrary;

#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Ubyte(u8),
    Ushort(u16),
    Uint(u32),
    Ulong(u64),
    Int(i32),
    Long(i64),
    Double(f64),
    Timestamp(i64),
    Uuid([u8; 16]),
    Binary(Vec<u8>),
    Text(String),
    Symbol(String),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// Elements of one type: `constructor` is theirs, `elements` their bytes, `count` what is claimed.
    Array {
        constructor: u8,
        count: u32,
        elements: Vec<u8>,
    },
    Described(Box<Value>, Box<Value>),
    /// A type whose size is not what follows.
    Sized {
        constructor: u8,
        size: u32,
        count: u32,
        rest: Vec<u8>,
    },
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn symbols(names: &[&str]) -> Self {
        let mut elements = Vec::new();
        for name in names {
            elements.push(name.len() as u8);
            elements.extend(name.bytes());
        }
        Self::Array { constructor: 0xa3, count: names.len() as u32, elements }
    }

    pub(crate) fn described(code: u8, fields: Vec<Self>) -> Self {
        Self::Described(Box::new(Self::Ulong(code.into())), Box::new(Self::List(fields)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(0x40),
            Self::Bool(value) => out.push(if *value { 0x41 } else { 0x42 }),
            Self::Ubyte(value) => out.extend([0x50, *value]),
            Self::Ushort(value) => fixed(out, 0x60, value.to_be_bytes()),
            Self::Uint(value) => fixed(out, 0x70, value.to_be_bytes()),
            Self::Ulong(value) => match u8::try_from(*value) {
                Ok(small) => out.extend([0x53, small]),
                Err(_) => fixed(out, 0x80, value.to_be_bytes()),
            },
            Self::Int(value) => fixed(out, 0x71, value.to_be_bytes()),
            Self::Long(value) => fixed(out, 0x81, value.to_be_bytes()),
            Self::Double(value) => fixed(out, 0x82, value.to_be_bytes()),
            Self::Timestamp(value) => fixed(out, 0x83, value.to_be_bytes()),
            Self::Uuid(bytes) => fixed(out, 0x98, *bytes),
            Self::Binary(bytes) => variable(out, 0xb0, bytes),
            Self::Text(text) => variable(out, 0xb1, text.as_bytes()),
            Self::Symbol(text) => variable(out, 0xb3, text.as_bytes()),
            Self::List(values) => {
                let mut members = Vec::new();
                values.iter().for_each(|value| value.write(&mut members));
                compound(out, 0xd0, values.len() as u32, &members);
            }
            Self::Map(pairs) => {
                let mut members = Vec::new();
                for (key, value) in pairs {
                    key.write(&mut members);
                    value.write(&mut members);
                }
                compound(out, 0xd1, 2 * pairs.len() as u32, &members);
            }
            Self::Array { constructor, count, elements } => {
                let members = [&[*constructor], &elements[..]].concat();
                compound(out, 0xf0, *count, &members);
            }
            Self::Described(descriptor, value) => {
                out.push(0);
                descriptor.write(out);
                value.write(out);
            }
            Self::Sized { constructor, size, count, rest } => {
                out.push(*constructor);
                out.extend(size.to_be_bytes());
                out.extend(count.to_be_bytes());
                out.extend(rest);
            }
            Self::Bytes(bytes) => out.extend(bytes),
        }
    }
}

fn fixed<const N: usize>(out: &mut Vec<u8>, constructor: u8, bytes: [u8; N]) {
    out.push(constructor);
    out.extend(bytes);
}

fn variable(out: &mut Vec<u8>, constructor: u8, bytes: &[u8]) {
    out.push(constructor);
    out.extend((bytes.len() as u32).to_be_bytes());
    out.extend(bytes);
}

fn compound(out: &mut Vec<u8>, constructor: u8, count: u32, members: &[u8]) {
    out.push(constructor);
    out.extend((members.len() as u32 + 4).to_be_bytes());
    out.extend(count.to_be_bytes());
    out.extend(members);
}

/// Writes a section of a message (AMQP 1.0 part 3.2).
pub(crate) fn section(out: &mut Vec<u8>, code: u8, value: &Value) {
    out.extend([0, 0x53, code]);
    value.write(out);
}

/// Writes a frame with a performative and what follows it.
pub(crate) fn frame(out: &mut Vec<u8>, kind: u8, channel: u16, code: u8, fields: &[Value], payload: &[u8]) {
    let start = out.len();
    out.extend([0, 0, 0, 0, 2, kind]);
    out.extend(channel.to_be_bytes());
    section(out, code, &Value::List(fields.to_vec()));
    out.extend(payload);
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}
