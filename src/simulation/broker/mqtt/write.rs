//! The broker's packets, as bytes: also those that no codec would write.

/// A property of a packet.
pub(super) enum Property<'a> {
    Byte(u8, u8),
    Short(u8, u16),
    Long(u8, u32),
    Text(u8, &'a str),
    User(&'a str, &'a str),
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

fn variable(mut number: usize) -> Vec<u8> {
    let mut bytes = vec![];
    loop {
        let byte = (number % 128) as u8;
        number /= 128;
        bytes.push(if number > 0 { byte | 0x80 } else { byte });
        if number == 0 {
            return bytes;
        }
    }
}

fn properties(properties: &[Property<'_>]) -> Vec<u8> {
    let bytes: Vec<u8> = properties
        .iter()
        .flat_map(|property| match property {
            Property::Byte(id, value) => vec![*id, *value],
            Property::Short(id, value) => [&[*id][..], &value.to_be_bytes()].concat(),
            Property::Long(id, value) => [&[*id][..], &value.to_be_bytes()].concat(),
            Property::Text(id, value) => [&[*id][..], &text(value)].concat(),
            Property::User(name, value) => [&[0x26][..], &text(name), &text(value)].concat(),
        })
        .collect();
    [variable(bytes.len()), bytes].concat()
}

fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [vec![first], variable(body.len()), body].concat()
}

/// In the form of MQTT 3.1.1 without properties.
pub(super) fn connack(present: bool, code: u8, values: Option<&[Property<'_>]>) -> Vec<u8> {
    let values = values.map(properties).unwrap_or_default();
    packet(0x20, &[&[u8::from(present), code], &values])
}

pub(super) fn suback(level: u8, id: u16, code: u8) -> Vec<u8> {
    let values = if level == 5 { properties(&[]) } else { vec![] };
    packet(0x90, &[&id.to_be_bytes(), &values, &[code]])
}

/// The shortest form, or all of it.
pub(super) fn puback(id: u16, code: u8, is_long: bool) -> Vec<u8> {
    let reason = properties(&[Property::Text(0x1f, "says the simulation")]);
    match (code, is_long) {
        (0, false) => packet(0x40, &[&id.to_be_bytes()]),
        (code, false) => packet(0x40, &[&id.to_be_bytes(), &[code]]),
        (code, true) => packet(0x40, &[&id.to_be_bytes(), &[code], &reason]),
    }
}

pub(super) fn pingresp() -> Vec<u8> {
    packet(0xd0, &[])
}

pub(super) fn disconnect(code: u8, is_long: bool) -> Vec<u8> {
    let reason = properties(&[Property::Text(0x1f, "says the simulation")]);
    match (code, is_long) {
        (0, false) => packet(0xe0, &[]),
        (code, false) => packet(0xe0, &[&[code]]),
        (code, true) => packet(0xe0, &[&[code], &reason]),
    }
}

/// A reply; of QoS 0 without an id.
pub(super) fn publish(
    level: u8,
    topic: &str,
    id: Option<u16>,
    dup: bool,
    values: &[Property<'_>],
    payload: &[u8],
) -> Vec<u8> {
    let first = 0x30 | if id.is_some() { 2 } else { 0 } | if dup { 8 } else { 0 };
    let id = id.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default();
    let values = if level == 5 { properties(values) } else { vec![] };
    packet(first, &[&text(topic), &id, &values, payload])
}

/// The bytes of a packet behind its fixed header.
pub(super) fn remaining_length(packet: &[u8]) -> usize {
    let header = packet.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 2;
    packet.len() - header
}
