//! What a broker of MQTT sends, on several connections of one client.

use amqp_messenger::fuzzing::Step;
use arbitrary::Arbitrary;
use mqtt_proto::{v3, v5};

/// A broker's side of connections that resume each other.
#[derive(Arbitrary, Debug)]
pub struct Mqtt {
    /// MQTT 3.1.1.
    pub old: bool,
    connections: Vec<Connection>,
}

/// An opening, mostly a right one, and then packets of the fuzzer's choice.
#[derive(Arbitrary, Debug)]
struct Connection {
    /// How many bytes arrive at a time.
    piece: u8,
    connack: Connack,
    /// The code of the SUBACK; it answers a SUBSCRIBE with any of the first packet identifiers.
    subscribed: u8,
    parts: Vec<Part>,
    edits: Vec<(u16, u8)>,
}

#[derive(Arbitrary, Debug)]
enum Connack {
    Right { is_resumed: bool, receive_maximum: u8 },
    Code(u8),
    Packet(Box<v5::Connack>),
    Old(v3::Connack),
    None,
}

#[derive(Arbitrary, Debug)]
enum Part {
    /// Several in a row.
    Pubacks {
        first: u8,
        count: u8,
    },
    Puback {
        id: u8,
        code: u8,
    },
    /// A reply to a request.
    Reply {
        first: u8,
        id: u8,
        request: u8,
    },
    /// A message of this length, in steps of 1024 bytes.
    Long {
        id: u8,
        steps: u8,
    },
    Message {
        first: u8,
        id: u8,
        properties: Vec<u8>,
        body: Vec<u8>,
    },
    Suback {
        id: u8,
        codes: Vec<u8>,
    },
    Disconnect(u8),
    Packet(Box<v5::Packet>),
    Old(v3::Packet),
    Frame {
        first: u8,
        rest: Vec<u8>,
    },
    Bytes(Vec<u8>),
    Time(u16),
    Stuck(u16),
    Close,
}

/// SUBSCRIBE has one of these packet identifiers, unless a great many are in use.
const FIRST_IDS: std::ops::RangeInclusive<u8> = 1..=32;

impl Mqtt {
    /// The steps of each connection.
    pub fn connections(&self) -> Vec<Vec<Step>> {
        self.connections.iter().take(6).map(|connection| connection.steps(self.old)).collect()
    }

    /// Reads what a client writes as strictly as another codec does.
    pub fn read(old: bool, packet: &[u8]) {
        let is_whole = match old {
            true => v3::Packet::decode(packet).map(|packet| packet.is_some()).ok(),
            false => v5::Packet::decode(packet).map(|packet| packet.is_some()).ok(),
        };
        assert_eq!(is_whole, Some(true), "not a packet: {packet:02x?}");
    }
}

impl Connection {
    fn steps(&self, old: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut stream = self.connack.bytes(old);
        for id in FIRST_IDS {
            stream.extend(suback(old, id, &[self.subscribed & 0x81]));
        }
        for part in &self.parts {
            match part {
                Part::Time(time) => {
                    self.cut(&mut steps, &mut stream);
                    steps.push(Step::Time(time % 2000));
                }
                Part::Stuck(bytes) => {
                    self.cut(&mut steps, &mut stream);
                    steps.push(Step::Stuck(*bytes));
                }
                Part::Close => {
                    self.cut(&mut steps, &mut stream);
                    steps.push(Step::Close);
                }
                part => stream.extend(part.bytes(old)),
            }
        }
        self.cut(&mut steps, &mut stream);
        steps
    }

    /// Puts the stream so far into pieces.
    fn cut(&self, steps: &mut Vec<Step>, stream: &mut Vec<u8>) {
        for (at, byte) in &self.edits {
            if let Some(place) = stream.get_mut(usize::from(*at)) {
                *place = *byte;
            }
        }
        let size = match self.piece {
            0..64 => 1 << 20,
            // A long stream does not come in a great many pieces.
            length => usize::from(length - 63).max(stream.len() / 500),
        };
        steps.extend(stream.chunks(size).map(|piece| Step::Bytes(piece.to_vec())));
        stream.clear();
    }
}

impl Connack {
    fn bytes(&self, old: bool) -> Vec<u8> {
        match self {
            Self::Right { is_resumed, .. } if old => frame(0x20, &[(*is_resumed).into(), 0]),
            Self::Right { is_resumed, receive_maximum: 0 } => {
                frame(0x20, &[(*is_resumed).into(), 0, 0])
            }
            Self::Right { is_resumed, receive_maximum } => {
                frame(0x20, &[(*is_resumed).into(), 0, 3, 0x21, 0, *receive_maximum])
            }
            Self::Code(code) => frame(0x20, &[0, *code, 0]),
            Self::Packet(packet) => packet_5(&v5::Packet::Connack((**packet).clone())),
            Self::Old(packet) => packet_3(&v3::Packet::Connack(*packet)),
            Self::None => Vec::new(),
        }
    }
}

impl Part {
    fn bytes(&self, old: bool) -> Vec<u8> {
        match self {
            Self::Pubacks { first, count } => (0..count % 32)
                .flat_map(|number| frame(0x40, &[0, first.wrapping_add(number)]))
                .collect(),
            Self::Puback { id, code } => frame(0x40, &[0, *id, *code]),
            Self::Reply { first, id, request } => {
                let text = format!(
                    r#"{{"msg": {{"request_id": "{}", "signed_data": "c2ln", "errors": []}}}}"#,
                    request % 8
                );
                message(old, first & 0xb | 0x2, *id, &[], text.as_bytes())
            }
            Self::Long { id, steps } => {
                message(old, 2, *id, &[], &vec![b' '; usize::from(*steps) * 1024])
            }
            Self::Message { first, id, properties, body } => {
                message(old, first & 0xf, *id, properties, body)
            }
            Self::Suback { id, codes } => suback(old, *id, codes),
            Self::Disconnect(code) => frame(0xe0, &[*code]),
            Self::Packet(packet) => packet_5(packet),
            Self::Old(packet) => packet_3(packet),
            Self::Frame { first, rest } => frame(*first, rest),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Time(_) | Self::Stuck(_) | Self::Close => Vec::new(),
        }
    }
}

/// A packet with its length.
fn frame(first: u8, rest: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    length(&mut out, rest.len());
    out.extend(rest);
    out
}

fn length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let byte = (length & 0x7f) as u8;
        length >>= 7;
        out.push(byte | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            return;
        }
    }
}

fn suback(old: bool, id: u8, codes: &[u8]) -> Vec<u8> {
    let mut rest = vec![0, id];
    rest.extend((!old).then_some(0));
    rest.extend(codes);
    frame(0x90, &rest)
}

/// A PUBLISH; `flags` are the lower half of its first byte.
fn message(old: bool, flags: u8, id: u8, properties: &[u8], body: &[u8]) -> Vec<u8> {
    let mut rest = b"\0\x01t".to_vec();
    if flags >> 1 & 3 > 0 {
        rest.extend([0, id]);
    }
    if !old {
        length(&mut rest, properties.len());
        rest.extend(properties);
    }
    rest.extend(body);
    frame(0x30 | flags, &rest)
}

fn packet_5(packet: &v5::Packet) -> Vec<u8> {
    packet.encode().map(|bytes| bytes.as_ref().to_vec()).unwrap_or_default()
}

fn packet_3(packet: &v3::Packet) -> Vec<u8> {
    packet.encode().map(|bytes| bytes.as_ref().to_vec()).unwrap_or_default()
}
