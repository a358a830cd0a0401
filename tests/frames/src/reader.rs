//! What a peer sends, split into headers and frames.

use crate::{AMQP_FRAME, Frame, Malformed, SASL_FRAME, Value, decode::malformed};

/// What a peer sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A protocol header, such as [`HEADER`](crate::HEADER).
    Header([u8; 8]),
    /// A frame without a performative.
    Heartbeat,
    /// A frame with a performative.
    Frame(Frame),
}

/// Splits a stream of bytes: an iterator that has no next item until enough bytes were fed, and then has one again.
/// After an error it has no more items.
#[derive(Clone, Debug)]
pub struct Reader {
    buffer: Vec<u8>,
    /// The start of the unread bytes in the buffer.
    start: usize,
    max_frame_size: usize,
    failed: bool,
}

impl Reader {
    /// A reader of frames up to 1 MiB.
    pub fn new() -> Self {
        Self::with_max_frame_size(1 << 20)
    }

    /// A reader of frames up to this many bytes.
    pub fn with_max_frame_size(max_frame_size: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, max_frame_size, failed: false }
    }

    /// Appends bytes from the peer.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend(bytes);
    }

    /// The bytes that were fed and not read: the beginning of a header or frame, or what cannot be read.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn item(&mut self) -> Result<Option<Incoming>, Malformed> {
        let rest = self.rest();
        let Some(first) = rest.first_chunk() else { return Ok(None) };
        if first == b"AMQP" {
            let Some(header) = rest.first_chunk().copied() else { return Ok(None) };
            self.start += header.len();
            return Ok(Some(Incoming::Header(header)));
        }
        let size = u32::from_be_bytes(*first) as usize;
        if !(8..=self.max_frame_size).contains(&size) {
            return malformed(format!("a frame of {size} bytes"));
        }
        let Some(frame) = rest.get(..size) else { return Ok(None) };
        let incoming = incoming(frame)?;
        self.start += size;
        Ok(Some(incoming))
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Iterator for Reader {
    type Item = Result<Incoming, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.item().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}

/// Reads all of these bytes.
///
/// # Errors
///
/// If they are not headers and frames, or end within one.
pub fn read(bytes: &[u8]) -> Result<Vec<Incoming>, Malformed> {
    let mut reader = Reader::new();
    reader.feed(bytes);
    let items = reader.by_ref().collect::<Result<_, _>>()?;
    match reader.rest().len() {
        0 => Ok(items),
        rest => malformed(format!("{rest} bytes of an unfinished header or frame")),
    }
}

/// Reads a complete frame, which begins with its size.
fn incoming(frame: &[u8]) -> Result<Incoming, Malformed> {
    let [_, _, _, _, offset, kind, channel @ ..] = *frame.first_chunk::<8>().unwrap_or(&[0; 8]);
    if !matches!(kind, AMQP_FRAME | SASL_FRAME) {
        return malformed(format!("a frame of type {kind}"));
    }
    let offset = 4 * usize::from(offset);
    let Some(mut body) = frame.get(offset.max(8)..).filter(|_| offset >= 8) else {
        return malformed(format!("a frame whose body begins at byte {offset}"));
    };
    if body.is_empty() && kind == AMQP_FRAME {
        return Ok(Incoming::Heartbeat);
    }
    let performative = Value::decode(&mut body)?;
    let Value::Described(descriptor, list) = performative else {
        return malformed(format!("expected a performative, found {performative:?}"));
    };
    let (Some(code), Value::List(fields)) = (descriptor.as_u64(), *list) else {
        return malformed(format!("expected a performative, found one of {descriptor:?}"));
    };
    let Ok(code) = code.try_into() else {
        return malformed(format!("unknown performative {code:#x}"));
    };
    let channel = if kind == SASL_FRAME { 0 } else { u16::from_be_bytes(channel) };
    Ok(Incoming::Frame(Frame { kind, channel, code, fields, payload: body.to_vec() }))
}
