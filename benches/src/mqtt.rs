//! One connection of a client of MQTT 5, as its broker sees it: only what the client of this repository sends (OASIS MQTT 5.0).

use std::{collections::VecDeque, time::Duration};

use crate::{broker::Side, connection::Engine};

/// How many bytes are read at once.
const ROOM: usize = 128 * 1024;

/// The kinds of packets, in the upper half of their first byte.
const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const SUBSCRIBE: u8 = 8;
const SUBACK: u8 = 9;
const PINGREQ: u8 = 12;
const PINGRESP: u8 = 13;
const DISCONNECT: u8 = 14;

/// Quality of service 1, in the lower half of the first byte.
const AT_LEAST_ONCE: u8 = 1 << 1;

const RECEIVE_MAXIMUM: u8 = 0x21;
const USER_PROPERTY: u8 = 0x26;

/// Requests come from it, and replies go to the topic that it has subscribed to.
pub(crate) struct Server {
    /// What has arrived and is not read yet; then free room.
    input: Vec<u8>,
    filled: usize,
    output: Vec<u8>,
    /// How much of that is on its way.
    written: usize,
    credit: u16,
    /// The topic for replies, with its length.
    topic: Option<Vec<u8>>,
    /// How many replies may go out before the client acknowledges one.
    window: u16,
    last_id: u16,
    is_finished: bool,
}

impl Engine for Server {
    const IS_SERVER: bool = true;

    fn input(&mut self) -> &mut [u8] {
        self.input.resize(self.input.len().max(self.filled + ROOM), 0);
        &mut self.input[self.filled..]
    }

    fn input_done(&mut self, count: usize) {
        self.filled += count;
    }

    fn output(&mut self) -> &[u8] {
        &self.output[self.written..]
    }

    fn output_done(&mut self, count: usize) {
        self.written += count;
        if self.written == self.output.len() {
            self.output.clear();
            self.written = 0;
        }
    }

    fn is_finished(&mut self) -> bool {
        self.is_finished && self.written == self.output.len()
    }
}

impl Side for Server {
    const SCHEMES: [&str; 2] = ["mqtt", "mqtts"];
    const TOPICS: [&str; 2] = ["bench/sign", "bench/reply/{creator}/{task_id}"];

    fn new(credit: u16) -> Self {
        Self {
            input: Vec::new(),
            filled: 0,
            output: Vec::new(),
            written: 0,
            credit,
            topic: None,
            window: u16::MAX,
            last_id: 0,
            is_finished: false,
        }
    }

    fn receives(&self) -> bool {
        self.topic.is_some() && !self.is_finished
    }

    /// The client keeps it alive.
    fn keep_alive(&mut self, _: Duration) -> Option<Duration> {
        None
    }

    fn advance(&mut self, mut on_message: impl FnMut(&[u8])) {
        let input = std::mem::take(&mut self.input);
        let mut rest = &input[..self.filled];
        while let Some((first, packet, after)) = packet(rest) {
            self.answer(first >> 4, packet, &mut on_message);
            rest = after;
        }
        let (left, end) = (rest.len(), self.filled);
        self.input = input;
        self.input.copy_within(end - left..end, 0);
        self.filled = left;
    }

    fn send(&mut self, replies: &mut VecDeque<Vec<u8>>) {
        let Some(topic) = &self.topic else { return };
        while self.window > 0
            && let Some(reply) = replies.pop_front()
        {
            self.window -= 1;
            self.last_id = self.last_id % u16::MAX + 1;
            self.output.push(PUBLISH << 4 | AT_LEAST_ONCE);
            write_length(&mut self.output, topic.len() + 2 + reply.len());
            self.output.extend_from_slice(topic);
            self.output.extend_from_slice(&self.last_id.to_be_bytes());
            self.output.extend_from_slice(&reply);
        }
    }

    fn body(message: &[u8]) -> Option<&[u8]> {
        Some(message)
    }

    fn head(properties: &[(&str, &str)]) -> Vec<u8> {
        let mut block = Vec::new();
        for (name, value) in properties {
            block.push(USER_PROPERTY);
            for text in [name, value] {
                block.extend_from_slice(&(text.len() as u16).to_be_bytes());
                block.extend_from_slice(text.as_bytes());
            }
        }
        let mut head = Vec::new();
        write_length(&mut head, block.len());
        head.extend(block);
        head
    }

    /// The length of the packet says where it ends.
    fn finish(_: &mut [u8], _: usize) {}
}

impl Server {
    /// Answers a packet; `on_message` gets the text of a request.
    fn answer(&mut self, kind: u8, packet: &[u8], on_message: &mut impl FnMut(&[u8])) {
        match kind {
            CONNECT => {
                self.window = receive_maximum(packet).unwrap_or(u16::MAX);
                let [high, low] = self.credit.to_be_bytes();
                self.output.extend([CONNACK << 4, 6, 0, 0, 3, RECEIVE_MAXIMUM, high, low]);
            }
            SUBSCRIBE => {
                if let [high, low, rest @ ..] = packet
                    && let Some((_, topics)) = block(rest)
                    && let Some((topic, _)) = text(topics)
                {
                    self.topic = Some(topics[..2 + topic.len()].to_vec());
                    self.output.extend([SUBACK << 4, 4, *high, *low, 0, 1]);
                }
            }
            PUBLISH => {
                if let Some((_, [high, low, rest @ ..])) = text(packet)
                    && let Some((_, body)) = block(rest)
                {
                    on_message(body);
                    self.output.extend([PUBACK << 4, 2, *high, *low]);
                }
            }
            PUBACK => self.window = self.window.saturating_add(1),
            PINGREQ => self.output.extend([PINGRESP << 4, 0]),
            DISCONNECT => self.is_finished = true,
            _ => {}
        }
    }
}

/// The first packet: its first byte, what follows its length, and what follows it; `None` if it is not all there.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (packet, after) = block(rest)?;
    Some((first, packet, after))
}

/// Bytes after their length, and what follows them.
fn block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(4).position(|byte| byte & 0x80 == 0)?;
    let digits = bytes[..=end].iter().rev();
    let length = digits.fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    bytes[end + 1..].split_at_checked(length)
}

/// A text after its length, and what follows it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

fn write_length(out: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// How many messages a client of this CONNECT may have without an acknowledgement.
fn receive_maximum(connect: &[u8]) -> Option<u16> {
    // The protocol's name, its version, flags, and the keep-alive time.
    let (_, [_, _, _, _, rest @ ..]) = text(connect)? else { return None };
    let (mut properties, _) = block(rest)?;
    while let Some((&name, rest)) = properties.split_first() {
        let size = match name {
            RECEIVE_MAXIMUM => return rest.first_chunk().map(|it| u16::from_be_bytes(*it)),
            // Session expiry, maximum packet size; topic alias maximum; requests for information.
            0x11 | 0x27 => 4,
            0x22 => 2,
            0x17 | 0x19 => 1,
            _ => return None,
        };
        properties = rest.get(size..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_in_pieces_and_are_answered_in_order() {
        let mut server = Server::new(7);
        let connect = [
            &[CONNECT << 4, 22, 0, 4][..],
            b"MQTT\x05\x02\0\x3c",
            &[8, 0x11, 0, 0, 0, 9, RECEIVE_MAXIMUM, 0, 2],
            b"\0\x01c",
        ];
        let subscribe = [&[SUBSCRIBE << 4 | 2, 9, 0, 1, 0][..], b"\0\x03r/1", &[1]];
        let publish = [&[PUBLISH << 4 | 2, 11, 0, 1][..], b"s\x12\x34\0{\"i\"}"];
        let bytes = [connect.concat(), subscribe.concat(), publish.concat()].concat();
        let mut requests = Vec::new();
        for byte in bytes {
            server.input()[0] = byte;
            server.input_done(1);
            server.advance(|request| requests.push(request.to_vec()));
        }
        assert_eq!(requests, [b"{\"i\"}"]);
        let answers = [
            &[CONNACK << 4, 6, 0, 0, 3, RECEIVE_MAXIMUM, 0, 7][..],
            &[SUBACK << 4, 4, 0, 1, 0, 1],
            &[PUBACK << 4, 2, 0x12, 0x34],
        ];
        assert_eq!(server.output(), answers.concat());
        server.output_done(18);
        let mut replies = VecDeque::from([b"\0a".to_vec(), b"\0b".to_vec(), b"\0c".to_vec()]);
        server.send(&mut replies);
        let sent = [&[PUBLISH << 4 | 2, 9][..], b"\0\x03r/1\0\x01\0a2\x09\0\x03r/1\0\x02\0b"];
        assert_eq!((server.output(), replies.len()), (&*sent.concat(), 1), "the client takes two");
        assert!(server.receives() && !server.is_finished());
    }
}
