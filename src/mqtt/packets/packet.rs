//! The packets of a broker.

use super::{
    Publish, Version, kind,
    properties::{Properties, Value, take, take_length},
    property, publish,
};

/// A packet of a broker.
#[derive(Debug)]
pub(crate) enum Packet {
    Connack(Box<Connack>),
    /// One code for each topic that was subscribed to.
    Suback {
        id: u16,
        codes: Vec<u8>,
        reason: Reason,
    },
    Publish(Publish),
    Puback {
        id: u16,
        reason: Reason,
    },
    Pingresp,
    Disconnect(Reason),
    /// A packet that is of no use to the client or that cannot be read, described for the log: `a packet PUBREC`.
    Useless(String),
}

/// A code, and what the broker says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reason {
    /// 0 in a SUBACK, which has codes of its own.
    pub(crate) code: u8,
    /// The reason string, as received; may be empty.
    pub(crate) text: String,
    /// The server reference: the broker to use in place of this one.
    pub(crate) server: Option<String>,
    /// The user properties, at most 20.
    pub(crate) info: Vec<(String, String)>,
}

/// The answer to a CONNECT (§3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connack {
    /// The version whose form it has: a broker that does not speak MQTT 5 may answer in the form of 3.1.1, in which the
    /// codes are others.
    pub(crate) version: Version,
    pub(crate) session_present: bool,
    pub(crate) reason: Reason,
    /// Seconds; `None`: as in the CONNECT.
    pub(crate) session_expiry: Option<u32>,
    /// Seconds; `None`: as in the CONNECT.
    pub(crate) server_keep_alive: Option<u16>,
    /// One that a CONNECT can have.
    pub(crate) assigned_client_id: Option<String>,
    /// `None`: 65,535. A broker may not send 0.
    pub(crate) receive_maximum: Option<u16>,
    /// `None`: 2.
    pub(crate) maximum_qos: Option<u8>,
    /// Bytes of a whole packet; `None`: any number.
    pub(crate) maximum_packet_size: Option<u32>,
}

/// The room that a body has at least when it is read.
const ROOM: usize = 64;

/// The most user properties of a reason that are kept.
const MOST_INFO: usize = 20;

impl Packet {
    /// Reads a packet that begins with the byte `first`; `bytes` is all that comes after the fixed header.
    pub(super) fn read(first: u8, version: Version, bytes: &[u8]) -> Self {
        let kind = first >> 4;
        let read = match kind {
            kind::CONNACK => connack(bytes).map(|connack| Self::Connack(Box::new(connack))),
            kind::PUBLISH => publish::read(first, version, bytes, |start, properties| {
                with_room(&bytes[start..], properties)
            })
            .map(Self::Publish),
            kind::PUBACK => puback(bytes),
            kind::SUBACK => suback(version, bytes),
            kind::PINGRESP => Some(Self::Pingresp),
            kind::DISCONNECT => Some(Self::Disconnect(Reason::read(bytes))),
            _ => return Self::Useless(format!("a packet {}", kind::name(kind))),
        };
        read.unwrap_or_else(|| {
            let (name, length) = (kind::name(kind), bytes.len());
            Self::Useless(format!("a packet {name} that ends after {length} bytes"))
        })
    }
}

impl Reason {
    /// Reads a code and properties, both of which may be left out (§3.4.2.1).
    fn read(mut bytes: &[u8]) -> Self {
        let code = take(&mut bytes).map_or(0, |[code]| code);
        Self::with_properties(code, properties(&mut bytes))
    }

    fn with_properties(code: u8, properties: Properties<'_>) -> Self {
        let mut reason = Self { code, ..Self::default() };
        properties.for_each(|(id, value)| reason.learn(id, value));
        reason
    }

    fn learn(&mut self, id: u8, value: Value<'_>) {
        match (id, value) {
            (property::REASON_STRING, Value::Bytes(bytes)) => self.text = text(bytes),
            (property::SERVER_REFERENCE, Value::Bytes(bytes)) => self.server = Some(text(bytes)),
            (property::USER_PROPERTY, Value::Pair(name, value)) if self.info.len() < MOST_INFO => {
                self.info.push((text(name), text(value)));
            }
            _ => {}
        }
    }
}

/// Copies a body, with room for what comes to it when it is read: its properties, and some blanks. Without that, most
/// replies would move twice, which costs 1,000 instructions.
fn with_room(body: &[u8], properties: usize) -> Vec<u8> {
    let mut copy = Vec::with_capacity(body.len() + ROOM.max(properties + 4));
    copy.extend_from_slice(body);
    copy
}

fn connack(mut bytes: &[u8]) -> Option<Connack> {
    let [flags, code] = take(&mut bytes)?;
    // In the form of 3.1.1 there is no length of properties, and the codes are small.
    let is_old = bytes.is_empty() && code < 0x80;
    let mut connack = Connack {
        version: if is_old { Version::V311 } else { Version::V5 },
        session_present: flags & 1 == 1,
        reason: Reason { code, ..Reason::default() },
        session_expiry: None,
        server_keep_alive: None,
        assigned_client_id: None,
        receive_maximum: None,
        maximum_qos: None,
        maximum_packet_size: None,
    };
    for (id, value) in properties(&mut bytes) {
        connack.learn(id, value);
    }
    Some(connack)
}

impl Connack {
    fn learn(&mut self, id: u8, value: Value<'_>) {
        match (id, value) {
            (property::SESSION_EXPIRY, Value::Number(number)) => self.session_expiry = Some(number),
            (property::SERVER_KEEP_ALIVE, Value::Number(number)) => {
                self.server_keep_alive = u16::try_from(number).ok();
            }
            (property::ASSIGNED_CLIENT_ID, Value::Bytes(bytes)) => {
                let id = std::str::from_utf8(bytes).ok();
                let id = id.filter(|id| !id.is_empty() && !id.contains('\0'));
                self.assigned_client_id = id.map(str::to_owned);
            }
            (property::RECEIVE_MAXIMUM, Value::Number(number)) => {
                self.receive_maximum = u16::try_from(number).ok();
            }
            (property::MAXIMUM_QOS, Value::Number(number)) => {
                self.maximum_qos = u8::try_from(number).ok();
            }
            (property::MAXIMUM_PACKET_SIZE, Value::Number(number)) => {
                self.maximum_packet_size = Some(number);
            }
            _ => self.reason.learn(id, value),
        }
    }
}

fn puback(mut bytes: &[u8]) -> Option<Packet> {
    let id = u16::from_be_bytes(take(&mut bytes)?);
    Some(Packet::Puback { id, reason: Reason::read(bytes) })
}

fn suback(version: Version, mut bytes: &[u8]) -> Option<Packet> {
    let id = u16::from_be_bytes(take(&mut bytes)?);
    let reason = match version {
        Version::V5 => Reason::with_properties(0, properties(&mut bytes)),
        Version::V311 => Reason::default(),
    };
    Some(Packet::Suback { id, codes: bytes.to_vec(), reason })
}

/// Takes the properties and the length before them; as many as there are if that is too long.
fn properties<'a>(bytes: &mut &'a [u8]) -> Properties<'a> {
    let length = take_length(bytes).unwrap_or(0).min(bytes.len());
    let (properties, rest) = bytes.split_at(length);
    *bytes = rest;
    Properties::new(properties)
}

/// A text that may not be UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
