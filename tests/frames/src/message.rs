//! The sections of a message (AMQP 1.0 part 3.2). A message is its sections, one after the other.

use crate::{Malformed, Value, decode::malformed};

/// The numeric descriptor of a header.
pub const HEADER: u8 = 0x70;
/// The numeric descriptor of delivery annotations.
pub const DELIVERY_ANNOTATIONS: u8 = 0x71;
/// The numeric descriptor of message annotations.
pub const MESSAGE_ANNOTATIONS: u8 = 0x72;
/// The numeric descriptor of properties.
pub const PROPERTIES: u8 = 0x73;
/// The numeric descriptor of application properties.
pub const APPLICATION_PROPERTIES: u8 = 0x74;
/// The numeric descriptor of a body of bytes, or of a part of one.
pub const DATA: u8 = 0x75;
/// The numeric descriptor of a body of lists, or of one of them.
pub const AMQP_SEQUENCE: u8 = 0x76;
/// The numeric descriptor of a body of one value.
pub const AMQP_VALUE: u8 = 0x77;
/// The numeric descriptor of a footer.
pub const FOOTER: u8 = 0x78;

/// The number of a header's field `durable`.
pub const DURABLE: usize = 0;
/// The number of a header's field `ttl`.
pub const TTL: usize = 2;
/// The number of the properties' field `message-id`.
pub const MESSAGE_ID: usize = 0;
/// The number of the properties' field `to`.
pub const TO: usize = 2;
/// The number of the properties' field `subject`.
pub const SUBJECT: usize = 3;
/// The number of the properties' field `correlation-id`.
pub const CORRELATION_ID: usize = 5;
/// The number of the properties' field `content-type`.
pub const CONTENT_TYPE: usize = 6;

/// A section with this numeric descriptor.
pub fn section(code: u8, value: impl Into<Value>) -> Vec<u8> {
    let mut bytes = vec![0x00, 0x53, code];
    value.into().encode(&mut bytes);
    bytes
}

/// A header.
pub fn header(durable: bool, ttl: Option<u32>) -> Vec<u8> {
    section(HEADER, Value::List(vec![durable.into(), Value::Null, ttl.into()]))
}

/// Properties, by their fields' numbers.
pub fn properties(fields: &[(usize, Value)]) -> Vec<u8> {
    let count = fields.iter().map(|(field, _)| field + 1).max().unwrap_or(0);
    let mut list = vec![Value::Null; count];
    for (field, value) in fields {
        list[*field] = value.clone();
    }
    section(PROPERTIES, Value::List(list))
}

/// Application properties.
pub fn application_properties(pairs: &[(&str, Value)]) -> Vec<u8> {
    let pairs = pairs.iter().map(|(name, value)| (Value::from(*name), value.clone())).collect();
    section(APPLICATION_PROPERTIES, Value::Map(pairs))
}

/// A body of bytes, or a part of one.
pub fn data(bytes: &[u8]) -> Vec<u8> {
    section(DATA, bytes)
}

/// A body of one value.
pub fn amqp_value(value: impl Into<Value>) -> Vec<u8> {
    section(AMQP_VALUE, value)
}

/// Reads a message: numeric descriptor and value of each section.
///
/// # Errors
///
/// If the bytes are not sections. Their order and number are not checked.
pub fn read(mut bytes: &[u8]) -> Result<Vec<(u8, Value)>, Malformed> {
    let mut sections = Vec::new();
    while !bytes.is_empty() {
        let section = Value::decode(&mut bytes)?;
        let Value::Described(descriptor, value) = section else {
            return malformed(format!("expected a section, found {section:?}"));
        };
        let Some(code @ HEADER..=FOOTER) =
            descriptor.as_u64().and_then(|code| code.try_into().ok())
        else {
            return malformed(format!("expected a section, found {descriptor:?}"));
        };
        sections.push((code, *value));
    }
    Ok(sections)
}
