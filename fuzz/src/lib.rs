//! A broker's side of a session: correct, except for the changes that a fuzzer makes.

mod leaks;
mod mqtt;
mod value;

use amqp_frames::{
    Frame as Made, HEADER, HEARTBEAT, Role, SASL_HEADER, Value, accepted, attach, begin, close,
    continuation, detach, disposition, end, error, flow, message, modified, open, received,
    rejected, released, sasl_mechanisms, sasl_outcome, session_flow, source, target, transfer,
};
use arbitrary::Arbitrary;

pub use mqtt::Mqtt;

use crate::value::{Any, plain};

/// A broker's bytes: a valid opening, then frames of the fuzzer's choice, with changes in both.
#[derive(Arbitrary, Debug)]
pub struct Session {
    /// Whether it begins with SASL.
    pub sasl: bool,
    piece: u8,
    frames: Vec<Frame>,
    changes: Vec<Change>,
    odd_frames: Vec<OddFrame>,
    removed: Option<u8>,
    edits: Vec<Edit>,
}

/// A frame after the opening.
#[derive(Arbitrary, Debug)]
enum Frame {
    Flow { delivery_count: u32, credit: u8, of_link: bool, drain: bool, echo: bool },
    Transfer { body: Body, more: bool, settled: bool, aborted: bool, continues: bool },
    Disposition { first: u8, last: Option<u8>, settled: bool, outcome: Outcome, of_receiver: bool },
    Detach { handle: bool, closed: bool, condition: Option<Condition> },
    Attach { handle: bool, is_sender: bool, terminus: bool },
    Begin { channel: u16, remote: Option<u16> },
    End { condition: Option<Condition> },
    Close { condition: Option<Condition> },
    Open,
    Heartbeat,
    Header,
    Bytes(Vec<u8>),
    Performative { code: u8, fields: Vec<Any>, payload: Vec<u8> },
}

/// The message of a transfer.
#[derive(Arbitrary, Debug)]
enum Body {
    /// A reply to the client's request.
    Reply,
    /// A reply of this length, in steps of 256 bytes.
    Long(u8),
    Text(String),
    Sections(Vec<(u8, Any)>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Outcome {
    None,
    Accepted,
    Rejected(Condition),
    Released,
    Modified { failed: bool, undeliverable_here: bool },
    Received,
    Any(Any),
}

#[derive(Arbitrary, Debug)]
enum Condition {
    Unauthorized,
    Forced,
    Any(String, Option<String>),
    Redirect(Vec<(Any, Any)>),
}

/// Another value for a field of a frame.
#[derive(Arbitrary, Debug)]
struct Change {
    frame: u8,
    field: u8,
    value: Any,
}

/// A frame whose own header is wrong.
#[derive(Arbitrary, Debug)]
struct OddFrame {
    frame: u8,
    kind: Option<u8>,
    channel: Option<u16>,
    size: Option<u32>,
    data_offset: Option<u8>,
}

/// A change of one byte.
#[derive(Arbitrary, Debug)]
struct Edit {
    at: u16,
    byte: u8,
}

/// The names of the client's links.
#[derive(Clone, Copy)]
struct Links<'a> {
    receiver: &'a str,
    sender: &'a str,
}

/// A frame before it is encoded.
enum Part {
    Frame(Made),
    Bytes(Vec<u8>),
}

impl From<Made> for Part {
    fn from(frame: Made) -> Self {
        Self::Frame(frame)
    }
}

impl Session {
    /// How many bytes arrive at a time.
    pub fn piece(&self) -> usize {
        match self.piece {
            0..64 => 1 << 20,
            length => usize::from(length - 63),
        }
    }

    /// All bytes that the broker sends to a client whose links have these names.
    pub fn bytes(&self, receiver: &str, sender: &str) -> Vec<u8> {
        let links = Links { receiver, sender };
        let mut parts = opening(self.sasl, links);
        let mut delivery = 0;
        parts.extend(self.frames.iter().map(|frame| frame.part(&mut delivery, links)));
        for change in &self.changes {
            let index = usize::from(change.frame) % parts.len();
            if let Part::Frame(frame) = &mut parts[index] {
                *frame = frame.clone().with(usize::from(change.field % 16), change.value.0.clone());
            }
        }
        if let Some(removed) = self.removed {
            parts.remove(usize::from(removed) % parts.len());
        }
        let mut bytes = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let start = bytes.len();
            match part {
                Part::Bytes(raw) => bytes.extend(raw),
                Part::Frame(frame) => {
                    bytes.extend(frame.encode());
                    for odd in self.odd_frames.iter().filter(|odd| usize::from(odd.frame) == index)
                    {
                        odd.apply(&mut bytes[start..]);
                    }
                }
            }
        }
        for edit in &self.edits {
            if let Some(byte) = bytes.get_mut(usize::from(edit.at)) {
                *byte = edit.byte;
            }
        }
        bytes
    }
}

impl OddFrame {
    fn apply(&self, frame: &mut [u8]) {
        if let Some(size) = self.size {
            frame[..4].copy_from_slice(&size.to_be_bytes());
        }
        if let Some(offset) = self.data_offset {
            frame[4] = offset;
        }
        if let Some(kind) = self.kind {
            frame[5] = kind;
        }
        if let Some(channel) = self.channel {
            frame[6..8].copy_from_slice(&channel.to_be_bytes());
        }
    }
}

/// Header, Open, Begin, both Attaches and credit, after SASL if it is used.
fn opening(sasl: bool, links: Links<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    if sasl {
        parts.push(Part::Bytes(SASL_HEADER.to_vec()));
        parts.push(sasl_mechanisms(&["PLAIN", "ANONYMOUS"]).into());
        parts.push(sasl_outcome(0).into());
    }
    parts.push(Part::Bytes(HEADER.to_vec()));
    let frames = [
        opened(),
        begin(0),
        links.attached(0, true, true),
        links.attached(1, false, true),
        flow(1, 0, 4),
    ];
    parts.extend(frames.map(Part::Frame));
    parts
}

fn opened() -> Made {
    open("broker")
        .with(open::MAX_FRAME_SIZE, 65536u32)
        .with(open::CHANNEL_MAX, 10u16)
        .with(open::IDLE_TIME_OUT, 5000u32)
        .with(open::OFFERED_CAPABILITIES, Value::symbols(&["ANONYMOUS-RELAY", "DELAYED_DELIVERY"]))
}

impl Links<'_> {
    /// The broker's half of the client's receiver (handle 0), to which it sends, or of its sender.
    fn attached(self, handle: u32, is_sender: bool, terminus: bool) -> Made {
        let (name, role) =
            if is_sender { (self.receiver, Role::Sender) } else { (self.sender, Role::Receiver) };
        let source = if terminus && is_sender { source("replies") } else { Value::Null };
        let target = if terminus && !is_sender { target("replies") } else { Value::Null };
        attach(name, handle, role, source, target)
            .with(attach::SND_SETTLE_MODE, 2u8)
            .with(attach::RCV_SETTLE_MODE, 0u8)
    }
}

impl Frame {
    fn part(&self, next_delivery: &mut u32, links: Links<'_>) -> Part {
        let frame = match self {
            Self::Flow { of_link: false, .. } => session_flow(),
            Self::Flow { delivery_count, credit, drain, echo, .. } => {
                flow(1, *delivery_count, u32::from(*credit))
                    .with(flow::DRAIN, *drain)
                    .with(flow::ECHO, *echo)
            }
            Self::Transfer { body, more, settled, aborted, continues } => {
                let frame = if *continues {
                    continuation(0, body.bytes())
                } else {
                    *next_delivery += 1;
                    transfer(0, *next_delivery - 1, body.bytes())
                };
                frame
                    .with(transfer::SETTLED, *settled)
                    .with(transfer::MORE, *more)
                    .with(transfer::ABORTED, *aborted)
            }
            Self::Disposition { first, last, settled, outcome, of_receiver } => {
                let role = if *of_receiver { Role::Receiver } else { Role::Sender };
                disposition(role, u32::from(*first), last.map(u32::from), *settled, outcome.value())
            }
            Self::Detach { handle, closed, condition } => {
                detach(u32::from(*handle), *closed, Condition::value(condition))
            }
            Self::Attach { handle, is_sender, terminus } => {
                links.attached(u32::from(*handle), *is_sender, *terminus)
            }
            Self::Begin { channel, remote } => begin(*remote).on_channel(*channel),
            Self::End { condition } => end(Condition::value(condition)),
            Self::Close { condition } => close(Condition::value(condition)),
            Self::Open => opened(),
            Self::Heartbeat => return Part::Bytes(HEARTBEAT.to_vec()),
            Self::Header => return Part::Bytes(HEADER.to_vec()),
            Self::Bytes(bytes) => return Part::Bytes(bytes.clone()),
            Self::Performative { code, fields, payload } => Made {
                kind: code >> 7,
                channel: 0,
                code: code & 0x7f,
                fields: plain(fields),
                payload: payload.clone(),
            },
        };
        Part::Frame(frame)
    }
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        const REPLY: &str = r#"{"msg": {"request_id": "1", "signed_claim": "c2ln", "errors": []}}"#;
        match self {
            Self::Reply => message::amqp_value(REPLY),
            Self::Long(steps) => message::data(&vec![b' '; usize::from(*steps) * 256]),
            Self::Text(text) => message::amqp_value(&**text),
            Self::Sections(sections) => {
                let section =
                    |(code, value): &(u8, Any)| message::section(0x70 + code % 9, value.0.clone());
                sections.iter().flat_map(section).collect()
            }
            Self::Bytes(raw) => raw.clone(),
        }
    }
}

impl Outcome {
    fn value(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Accepted => accepted(),
            Self::Rejected(condition) => rejected(condition.error()),
            Self::Released => released(),
            Self::Modified { failed, undeliverable_here } => modified(*failed, *undeliverable_here),
            Self::Received => received(0, 0),
            Self::Any(value) => value.0.clone(),
        }
    }
}

impl Condition {
    fn value(condition: &Option<Self>) -> Value {
        condition.as_ref().map_or(Value::Null, Self::error)
    }

    fn error(&self) -> Value {
        match self {
            Self::Unauthorized => error("amqp:unauthorized-access", "no"),
            Self::Forced => error("amqp:connection:forced", Value::Null),
            Self::Any(name, description) => error(name, description.clone()),
            Self::Redirect(info) => {
                let info =
                    info.iter().map(|(key, value)| (key.0.clone(), value.0.clone())).collect();
                let fields =
                    vec![Value::symbol("amqp:connection:redirect"), Value::Null, Value::Map(info)];
                Value::described(error::CODE, fields)
            }
        }
    }
}
