//! A broker's side of a session, as it should be but for the changes that a fuzzer makes.

mod amqp;
mod leaks;

use amqp::Value;
use arbitrary::Arbitrary;

/// What a broker sends: a valid opening, then frames of the fuzzer's choice, all of it changed here and there.
#[derive(Arbitrary, Debug)]
pub struct Session {
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
    Performative { code: u8, fields: Vec<Value>, payload: Vec<u8> },
}

/// What a transfer carries.
#[derive(Arbitrary, Debug)]
enum Body {
    /// A reply to the client's request.
    Reply,
    /// A reply that long, in steps of 256 bytes.
    Long(u8),
    Text(String),
    Sections(Vec<(u8, Value)>),
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
    Any(Value),
}

#[derive(Arbitrary, Debug)]
enum Condition {
    Unauthorized,
    Forced,
    Any(String, Option<String>),
    Redirect(Vec<(Value, Value)>),
}

/// Another value for a field of a frame.
#[derive(Arbitrary, Debug)]
struct Change {
    frame: u8,
    field: u8,
    value: Value,
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

/// Another byte somewhere.
#[derive(Arbitrary, Debug)]
struct Edit {
    at: u16,
    byte: u8,
}

/// A frame before it is bytes.
enum Part {
    Frame { kind: u8, channel: u16, code: u8, fields: Vec<Value>, payload: Vec<u8> },
    Bytes(Vec<u8>),
}

const HEADER: &[u8] = b"AMQP\0\x01\0\0";

impl Session {
    /// How many bytes come at a time.
    pub fn piece(&self) -> usize {
        match self.piece {
            0..64 => 1 << 20,
            length => usize::from(length - 63),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut parts = opening(self.sasl);
        let mut delivery = 0;
        parts.extend(self.frames.iter().map(|frame| frame.part(&mut delivery)));
        for change in &self.changes {
            let index = usize::from(change.frame) % parts.len();
            if let Part::Frame { fields, .. } = &mut parts[index] {
                let field = usize::from(change.field % 16);
                if fields.len() <= field {
                    fields.resize(field + 1, Value::Null);
                }
                fields[field] = change.value.clone();
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
                Part::Frame { kind, channel, code, fields, payload } => {
                    amqp::frame(&mut bytes, *kind, *channel, *code, fields, payload);
                    for odd in self.odd_frames.iter().filter(|odd| usize::from(odd.frame) == index) {
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

fn amqp_frame(code: u8, fields: Vec<Value>) -> Part {
    Part::Frame { kind: 0, channel: 0, code, fields, payload: vec![] }
}

/// Header, Open, Begin, both attaches and credit, after SASL where it is spoken.
fn opening(sasl: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    if sasl {
        let sasl = |code, fields| Part::Frame { kind: 1, channel: 0, code, fields, payload: vec![] };
        parts.push(Part::Bytes(b"AMQP\x03\x01\0\0".to_vec()));
        parts.push(sasl(0x40, vec![Value::symbols(&["PLAIN", "ANONYMOUS"])]));
        parts.push(sasl(0x44, vec![Value::Ubyte(0)]));
    }
    parts.push(Part::Bytes(HEADER.to_vec()));
    parts.push(open());
    parts.push(begin(0, Some(0)));
    parts.push(attach(0, true, true));
    parts.push(attach(1, false, true));
    parts.push(flow(0, 4, true, false, false));
    parts
}

fn open() -> Part {
    let (size, channels, idle) = (Value::Uint(65536), Value::Ushort(10), Value::Uint(5000));
    let relay = Value::symbols(&["ANONYMOUS-RELAY", "DELAYED_DELIVERY"]);
    let none = Value::Null;
    amqp_frame(0x10, vec![Value::text("broker"), none.clone(), size, channels, idle, none.clone(), none, relay])
}

fn begin(channel: u16, remote: Option<u16>) -> Part {
    let remote = remote.map_or(Value::Null, Value::Ushort);
    let fields = vec![remote, Value::Uint(0), Value::Uint(2048), Value::Uint(2048)];
    Part::Frame { kind: 0, channel, code: 0x11, fields, payload: vec![] }
}

/// The broker's half of the client's receiver (handle 0), to which it sends, or of its sender.
fn attach(handle: u32, is_sender: bool, terminus: bool) -> Part {
    let name = Value::text(if is_sender { "receiver" } else { "sender" });
    let address = Value::described(if is_sender { 0x28 } else { 0x29 }, vec![Value::text("replies")]);
    let terminus = if terminus { address } else { Value::Null };
    let (source, target) = if is_sender { (terminus, Value::Null) } else { (Value::Null, terminus) };
    let modes = (Value::Ubyte(2), Value::Ubyte(0));
    let first = if is_sender { Value::Uint(0) } else { Value::Null };
    let fields = vec![
        name,
        Value::Uint(handle),
        Value::Bool(!is_sender),
        modes.0,
        modes.1,
        source,
        target,
        Value::Null,
        Value::Null,
        first,
    ];
    amqp_frame(0x12, fields)
}

fn flow(delivery_count: u32, credit: u32, of_link: bool, drain: bool, echo: bool) -> Part {
    let mut fields = vec![Value::Uint(0), Value::Uint(2048), Value::Uint(0), Value::Uint(2048)];
    if of_link {
        let link = [Value::Uint(1), Value::Uint(delivery_count), Value::Uint(credit), Value::Null];
        fields.extend(link);
        fields.extend([Value::Bool(drain), Value::Bool(echo)]);
    }
    amqp_frame(0x13, fields)
}

impl Frame {
    fn part(&self, next_delivery: &mut u32) -> Part {
        match self {
            Self::Flow { delivery_count, credit, of_link, drain, echo } => {
                flow(*delivery_count, u32::from(*credit), *of_link, *drain, *echo)
            }
            Self::Transfer { body, more, settled, aborted, continues } => {
                let (id, tag) = if *continues {
                    (Value::Null, Value::Null)
                } else {
                    *next_delivery += 1;
                    (Value::Uint(*next_delivery - 1), Value::Binary(next_delivery.to_be_bytes().to_vec()))
                };
                let flags = [Value::Bool(*settled), Value::Bool(*more), Value::Null, Value::Null, Value::Null];
                let mut fields = vec![Value::Uint(0), id, tag, Value::Uint(0)];
                fields.extend(flags);
                fields.push(Value::Bool(*aborted));
                Part::Frame { kind: 0, channel: 0, code: 0x14, fields, payload: body.bytes() }
            }
            Self::Disposition { first, last, settled, outcome, of_receiver } => {
                let last = last.map_or(Value::Null, |last| Value::Uint(last.into()));
                let first = Value::Uint((*first).into());
                let role = Value::Bool(*of_receiver);
                amqp_frame(0x15, vec![role, first, last, Value::Bool(*settled), outcome.value()])
            }
            Self::Detach { handle, closed, condition } => {
                let handle = Value::Uint(u32::from(*handle));
                amqp_frame(0x16, vec![handle, Value::Bool(*closed), Condition::value(condition)])
            }
            Self::Attach { handle, is_sender, terminus } => attach(u32::from(*handle), *is_sender, *terminus),
            Self::Begin { channel, remote } => begin(*channel, *remote),
            Self::End { condition } => amqp_frame(0x17, vec![Condition::value(condition)]),
            Self::Close { condition } => amqp_frame(0x18, vec![Condition::value(condition)]),
            Self::Open => open(),
            Self::Heartbeat => Part::Bytes(vec![0, 0, 0, 8, 2, 0, 0, 0]),
            Self::Header => Part::Bytes(HEADER.to_vec()),
            Self::Bytes(bytes) => Part::Bytes(bytes.clone()),
            Self::Performative { code, fields, payload } => Part::Frame {
                kind: code >> 7,
                channel: 0,
                code: code & 0x7f,
                fields: fields.clone(),
                payload: payload.clone(),
            },
        }
    }
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        const REPLY: &str = r#"{"msg": {"request_id": "1", "signed_claim": "c2ln", "errors": []}}"#;
        let mut bytes = Vec::new();
        match self {
            Self::Reply => amqp::section(&mut bytes, 0x77, &Value::text(REPLY)),
            Self::Long(steps) => amqp::section(&mut bytes, 0x75, &Value::Binary(vec![b' '; usize::from(*steps) * 256])),
            Self::Text(text) => amqp::section(&mut bytes, 0x77, &Value::text(text)),
            Self::Sections(sections) => {
                for (code, value) in sections {
                    amqp::section(&mut bytes, 0x70 + code % 9, value);
                }
            }
            Self::Bytes(raw) => bytes.extend(raw),
        }
        bytes
    }
}

impl Outcome {
    fn value(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Accepted => Value::described(0x24, vec![]),
            Self::Rejected(condition) => Value::described(0x25, vec![condition.error()]),
            Self::Released => Value::described(0x26, vec![]),
            Self::Modified { failed, undeliverable_here } => {
                Value::described(0x27, vec![Value::Bool(*failed), Value::Bool(*undeliverable_here)])
            }
            Self::Received => Value::described(0x23, vec![Value::Uint(0), Value::Ulong(0)]),
            Self::Any(value) => value.clone(),
        }
    }
}

impl Condition {
    fn value(condition: &Option<Self>) -> Value {
        condition.as_ref().map_or(Value::Null, Self::error)
    }

    fn error(&self) -> Value {
        let error = |name: &str, description: Option<&str>, info: Value| {
            let description = description.map_or(Value::Null, Value::text);
            Value::described(0x1d, vec![Value::Symbol(name.to_owned()), description, info])
        };
        match self {
            Self::Unauthorized => error("amqp:unauthorized-access", Some("no"), Value::Null),
            Self::Forced => error("amqp:connection:forced", None, Value::Null),
            Self::Any(name, description) => error(name, description.as_deref(), Value::Null),
            Self::Redirect(info) => error("amqp:connection:redirect", None, Value::Map(info.clone())),
        }
    }
}
