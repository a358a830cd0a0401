//! From a stream of bytes to packets.

use super::{Packet, Version, kind, large::Large, properties::take_length};

/// The bytes of a stream that are kept before they are read. A packet that is longer is gathered outside.
const BUFFER: usize = 64 * 1024;

/// The number of first bytes that are shown of a peer that does not speak MQTT.
const PREFACE: usize = 8;

/// Reads the packets of a broker.
pub(crate) struct Reader {
    version: Version,
    /// The most bytes of a PUBLISH after its fixed header; of a longer one there is only the beginning.
    limit: u64,
    buffer: Vec<u8>,
    /// Where in the buffer the bytes are that were not read yet.
    start: usize,
    end: usize,
    /// The bytes that came last.
    fresh: usize,
    /// How many of them belong to a message that is not whole yet.
    arrived: u64,
    large: Option<Large>,
    /// The peer's first byte is that of an answer to a CONNECT.
    speaks_mqtt: bool,
    input_ended: bool,
    failed: bool,
}

impl Reader {
    /// Makes one that skips each PUBLISH of more than `limit` bytes while it arrives.
    pub(crate) fn new(version: Version, limit: u64) -> Self {
        Self {
            version,
            limit,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            fresh: 0,
            arrived: 0,
            large: None,
            speaks_mqtt: false,
            input_ended: false,
            failed: false,
        }
    }

    /// The buffer for the next bytes; empty once no more are accepted.
    pub(crate) fn input(&mut self) -> &mut [u8] {
        if self.failed || self.input_ended {
            return &mut [];
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.buffer[self.end..]
    }

    /// Notes that `count` bytes were put into [`Reader::input`]. All packets are to be taken before the next ones are.
    pub(crate) fn input_done(&mut self, count: usize) {
        self.end += count;
        (self.fresh, self.arrived) = (count, 0);
    }

    /// Notes that the broker sends no more. What is left of the packets can still be taken.
    pub(crate) fn input_ended(&mut self) {
        self.input_ended = true;
    }

    /// Takes the next packet that is whole. An error says in one clause why no more can be read.
    pub(crate) fn next(&mut self) -> Option<Result<Packet, String>> {
        if self.failed {
            return None;
        }
        if !self.speaks_mqtt {
            match self.begin() {
                Ok(true) => self.speaks_mqtt = true,
                Ok(false) => return None,
                Err(problem) => return self.fail(problem),
            }
        }
        if self.large.is_some() {
            return self.continue_large().map(Ok);
        }
        let unread = &self.buffer[self.start..self.end];
        let (&first, mut rest) = unread.split_first()?;
        let Some(length) = take_length(&mut rest) else {
            if unread.len() <= 4 {
                return None;
            }
            return self.fail("the broker sent a packet without an end".to_owned());
        };
        let header = unread.len() - rest.len();
        let is_message = first >> 4 == kind::PUBLISH;
        let is_too_long = is_message && length as u64 > self.limit;
        if is_too_long || header + length > BUFFER {
            self.start += header;
            self.large = Some(Large::new(first, self.version, length, is_too_long));
            return self.continue_large().map(Ok);
        }
        let Some(bytes) = rest.get(..length) else {
            if is_message {
                self.arrived = self.fresh.min(unread.len()) as u64;
            }
            return None;
        };
        let packet = Packet::read(first, self.version, bytes);
        self.start += header + length;
        Some(Ok(packet))
    }

    /// How many of the bytes that came last belong to a message that is not whole yet, once all packets were taken.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived
    }

    /// How many bytes of memory it has.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity() + self.large.as_ref().map_or(0, Large::held)
    }

    fn continue_large(&mut self) -> Option<Packet> {
        let large = self.large.as_mut()?;
        let unread = &self.buffer[self.start..self.end];
        let count = large.missing().min(unread.len());
        large.extend(&unread[..count]);
        self.start += count;
        if large.missing() > 0 {
            if large.is_message_to_keep() {
                self.arrived = self.fresh.min(count) as u64;
            }
            return None;
        }
        self.large.take().map(Large::into_packet)
    }

    /// Whether the peer speaks MQTT, as far as its first bytes say.
    fn begin(&self) -> Result<bool, String> {
        let unread = &self.buffer[self.start..self.end];
        match unread.first() {
            None => Ok(false),
            // An answer to a CONNECT: CONNACK, DISCONNECT or AUTH, whose other bits are 0 (§2.1.3).
            Some(0x20 | 0xe0 | 0xf0) => Ok(true),
            Some(_) if unread.len() < PREFACE && !self.input_ended => Ok(false),
            Some(_) => Err(match &unread[..unread.len().min(PREFACE)] {
                [b'A', b'M', b'Q', b'P', ..] => {
                    "the port speaks AMQP, not MQTT; use amqp:// or amqps:// for it".to_owned()
                }
                [0x15 | 0x16, 3, ..] => "the port speaks TLS; use mqtts:// for it".to_owned(),
                bytes => {
                    format!("the port does not speak MQTT: it sent \"{}\"", bytes.escape_ascii())
                }
            }),
        }
    }

    fn fail(&mut self, problem: String) -> Option<Result<Packet, String>> {
        self.failed = true;
        Some(Err(problem))
    }
}
