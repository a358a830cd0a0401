//! The same over MQTT 5: packets that are made by hand, and a reader that shares nothing with the client's.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

/// The type of a packet (MQTT 5.0, 2.1.2).
pub mod kind {
    #![allow(missing_docs)]
    pub const CONNECT: u8 = 1;
    pub const CONNACK: u8 = 2;
    pub const PUBLISH: u8 = 3;
    pub const PUBACK: u8 = 4;
    pub const SUBSCRIBE: u8 = 8;
    pub const SUBACK: u8 = 9;
    pub const PINGREQ: u8 = 12;
    pub const PINGRESP: u8 = 13;
    pub const DISCONNECT: u8 = 14;
}

/// A packet with this first byte.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = header(first, body.len());
    packet.extend(body);
    packet
}

/// The fixed header of a packet that announces that many bytes.
pub fn header(first: u8, mut length: usize) -> Vec<u8> {
    let mut header = vec![first];
    loop {
        let byte = (length % 128) as u8;
        length /= 128;
        header.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            return header;
        }
    }
}

/// The answer to a CONNECT that lets the client in, with these properties. `has_session`: the broker has kept its session.
pub fn connack(has_session: bool, properties: &[u8]) -> Vec<u8> {
    let length = u8::try_from(properties.len()).unwrap();
    packet(kind::CONNACK << 4, &[&[has_session.into(), 0, length], properties].concat())
}

/// The answer to a CONNECT that does not let the client in.
pub fn refused(code: u8) -> Vec<u8> {
    packet(kind::CONNACK << 4, &[0, code, 0])
}

/// The answer to a SUBSCRIBE.
pub fn suback(id: u16, code: u8) -> Vec<u8> {
    packet(kind::SUBACK << 4, &[&id.to_be_bytes()[..], &[0, code]].concat())
}

/// The answer to a PUBLISH.
pub fn puback(id: u16, code: u8) -> Vec<u8> {
    packet(kind::PUBACK << 4, &[&id.to_be_bytes()[..], &[code]].concat())
}

/// The broker's end of a connection, with a reason.
pub fn disconnect(code: u8, reason: &str) -> Vec<u8> {
    let text = text(reason);
    let property = [&[text.len() as u8 + 1, 0x1f], &text[..]].concat();
    packet(kind::DISCONNECT << 4, &[&[code], &property[..]].concat())
}

/// A message with QoS 1, or with QoS 0 if its identifier is 0.
pub fn publish(topic: &str, id: u16, body: &[u8]) -> Vec<u8> {
    packet(publish_first(id), &[&publish_head(topic, id, &[]), body].concat())
}

/// The first byte of a message.
pub fn publish_first(id: u16) -> u8 {
    kind::PUBLISH << 4 | if id > 0 { 2 } else { 0 }
}

/// What a message has between its fixed header and its body.
pub fn publish_head(topic: &str, id: u16, properties: &[u8]) -> Vec<u8> {
    let mut head = text(topic);
    if id > 0 {
        head.extend(id.to_be_bytes());
    }
    // The length of properties has the form of that of a packet.
    head.extend(&header(0, properties.len())[1..]);
    head.extend(properties);
    head
}

/// A text with its length.
fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

/// A packet of the client.
#[derive(Debug)]
pub struct Packet {
    /// The type and its bits.
    pub first: u8,
    /// All that comes after the fixed header.
    pub body: Vec<u8>,
}

impl Packet {
    /// Its type: one of [`kind`].
    pub fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// Its packet identifier, which comes after the topic in a PUBLISH.
    pub fn id(&self) -> u16 {
        let start = if self.kind() == kind::PUBLISH { 2 + self.number(0) } else { 0 };
        self.number(start).try_into().unwrap()
    }

    /// The `request_id` in a request.
    pub fn request_id(&self) -> String {
        super::request_id_in(&self.body)
    }

    fn number(&self, start: usize) -> usize {
        u16::from_be_bytes([self.body[start], self.body[start + 1]]).into()
    }
}

/// A broker that lets a client subscribe, and then does what the script says.
pub struct Peer {
    /// The connection. The peer's own methods do not see bytes that a test reads from it.
    pub stream: TcpStream,
    /// Bytes that are not a whole packet yet.
    bytes: Vec<u8>,
    topic: String,
}

impl Peer {
    /// Answers the client until it has subscribed.
    pub fn subscribed(stream: TcpStream) -> io::Result<Self> {
        Self::subscribed_with(stream, &[])
    }

    /// The same, with these properties of the CONNACK.
    pub fn subscribed_with(stream: TcpStream, properties: &[u8]) -> io::Result<Self> {
        let mut peer = Self::connected_with(stream, &connack(false, properties))?;
        let subscribe = peer.subscribe()?;
        peer.answer(&suback(subscribe.id(), 1))?;
        Ok(peer)
    }

    /// Answers the CONNECT.
    pub fn connected(stream: TcpStream) -> io::Result<Self> {
        Self::connected_with(stream, &connack(false, &[]))
    }

    /// Answers the CONNECT with this.
    pub fn connected_with(stream: TcpStream, connack: &[u8]) -> io::Result<Self> {
        let mut peer = Self { stream, bytes: Vec::new(), topic: String::new() };
        peer.await_packet(kind::CONNECT)?;
        peer.answer(connack)?;
        Ok(peer)
    }

    /// Waits for the SUBSCRIBE, and does not answer it.
    pub fn subscribe(&mut self) -> io::Result<Packet> {
        let subscribe = self.await_packet(kind::SUBSCRIBE)?;
        let length = subscribe.number(3);
        self.topic = String::from_utf8(subscribe.body[5..5 + length].to_vec()).unwrap();
        Ok(subscribe)
    }

    /// Sends these packets in one write.
    pub fn answer(&mut self, packets: &[u8]) -> io::Result<()> {
        self.stream.write_all(packets)
    }

    /// A reply to the request with this id, with a packet identifier of its own.
    pub fn reply(&self, id: u16, request_id: &str) -> Vec<u8> {
        self.message(id, super::reply_text(request_id).as_bytes())
    }

    /// A message on the topic that the client has subscribed to.
    pub fn message(&self, id: u16, body: &[u8]) -> Vec<u8> {
        publish(&self.topic, id, body)
    }

    /// Puts bytes back that a test read from the stream, in front of those that are still to be read.
    pub fn put_back(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Reads one packet.
    pub fn packet(&mut self) -> io::Result<Packet> {
        loop {
            if let Some(packet) = self.take() {
                return Ok(packet);
            }
            let mut chunk = [0; 1 << 16];
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.bytes.extend(&chunk[..count]),
            }
        }
    }

    /// Takes a packet that is whole.
    fn take(&mut self) -> Option<Packet> {
        let (mut length, mut start) = (0, 1);
        loop {
            let byte = *self.bytes.get(start)?;
            assert!(start < 5, "the client sent a length of more than four bytes");
            length |= usize::from(byte & 0x7f) << (7 * (start - 1));
            start += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let end = start + length;
        let body = self.bytes.get(start..end)?.to_vec();
        let first = self.bytes[0];
        self.bytes.drain(..end);
        Some(Packet { first, body })
    }

    /// Waits for a packet of this type, and ignores others.
    pub fn await_packet(&mut self, kind: u8) -> io::Result<Packet> {
        loop {
            let packet = self.packet()?;
            if packet.kind() == kind {
                return Ok(packet);
            }
        }
    }

    /// Waits for a request.
    pub fn request(&mut self) -> io::Result<Packet> {
        self.await_packet(kind::PUBLISH)
    }
}
