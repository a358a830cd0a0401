//! What goes over the wire in both directions, and what must hold of it.

use std::collections::VecDeque;

/// Packets of a stream that is cut into pieces.
#[derive(Default)]
struct Packets(VecDeque<u8>);

/// The packets of all connections to one broker.
#[derive(Default)]
pub(super) struct Wire {
    incoming: Packets,
    outgoing: Packets,
    /// The packet identifiers of requests without a PUBACK, in the order in which they were first sent; those of
    /// earlier connections, too, while the session lasts.
    unacknowledged: Vec<u16>,
    /// The same before the last bytes came.
    before: Vec<u16>,
    /// The session may have seen a PUBACK of these, or not: it ended with the bytes that had them.
    doubtful: Vec<u16>,
    /// Those that this connection has to send again first.
    again: VecDeque<u16>,
    /// Those that are in use on this connection.
    in_use: Vec<u16>,
    receive_maximum: usize,
    /// The packet identifiers of replies on this connection that the client has not acknowledged.
    replies: VecDeque<u16>,
    /// How many replies of this connection it may acknowledge, beyond those that it has acknowledged.
    settled: usize,
    is_resumed: Option<bool>,
    is_connected: bool,
    has_disconnected: bool,
    /// The client could not write everything, on this connection or an earlier one: it may have begun more than came here.
    pub(super) is_stuck: bool,
}

impl Packets {
    /// The next whole packet: its first byte, what comes after the fixed header, and all of it.
    fn next(&mut self) -> Option<(u8, Vec<u8>, Vec<u8>)> {
        let (mut length, mut header) = (0, 1);
        loop {
            let byte = *self.0.get(header)?;
            length |= usize::from(byte & 0x7f) << (7 * (header - 1));
            header += 1;
            if byte & 0x80 == 0 {
                break;
            }
            if header > 4 {
                return None;
            }
        }
        if self.0.len() < header + length {
            return None;
        }
        let whole: Vec<u8> = self.0.drain(..header + length).collect();
        Some((whole[0], whole[header..].to_vec(), whole))
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// The packet identifier of a PUBLISH.
fn identifier(bytes: &[u8]) -> Option<u16> {
    number(bytes, 2 + usize::from(number(bytes, 0)?))
}

impl Wire {
    /// Begins another connection.
    pub(super) fn connect(&mut self) {
        (self.incoming, self.outgoing) = Default::default();
        self.in_use.clear();
        self.replies.clear();
        (self.is_resumed, self.settled) = (None, 0);
        (self.is_connected, self.has_disconnected) = (false, false);
    }

    /// Notes what the broker sent; it is about to be read.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.incoming.0.extend(bytes);
        while let Some((first, rest, _)) = self.incoming.next() {
            match first >> 4 {
                2 if self.is_resumed.is_none() => {
                    self.is_resumed = rest.first().map(|flags| flags & 1 == 1);
                }
                3 if first >> 1 & 3 == 1 => {
                    // One that the broker has kept is of no use, and settled at once.
                    self.settled += usize::from(first & 1);
                    self.replies.extend(identifier(&rest).filter(|id| *id > 0));
                }
                4 => {
                    let id = number(&rest, 0).unwrap_or(0);
                    if self.in_use.contains(&id) {
                        self.in_use.retain(|&other| other != id);
                        self.unacknowledged.retain(|&other| other != id);
                    } else if self.is_stuck {
                        // The session may have begun it. Without that it ignores the PUBACK.
                        self.doubtful.push(id);
                    }
                }
                _ => {}
            }
        }
    }

    /// The client has settled a reply.
    pub(super) fn settled(&mut self) {
        self.settled += 1;
    }

    /// The session has accepted the CONNACK.
    pub(super) fn opened(&mut self, receive_maximum: u16) {
        self.receive_maximum = receive_maximum.into();
        if self.is_resumed != Some(true) {
            self.unacknowledged.clear();
            self.doubtful.clear();
        }
        self.again = self.unacknowledged.iter().copied().collect();
    }

    /// The session has ended while it read what came last.
    pub(super) fn ended(&mut self) {
        let after = std::mem::replace(&mut self.unacknowledged, self.before.clone());
        self.doubtful.extend(self.before.iter().filter(|id| !after.contains(id)));
    }

    /// Notes what the client has written.
    pub(super) fn written(&mut self, bytes: &[u8], read: &dyn Fn(&[u8])) {
        self.outgoing.0.extend(bytes);
        while let Some((first, rest, whole)) = self.outgoing.next() {
            read(&whole);
            assert!(!self.has_disconnected, "nothing follows a DISCONNECT: {whole:02x?}");
            match first >> 4 {
                1 => {
                    assert!(!self.is_connected, "one CONNECT");
                    self.is_connected = true;
                    // The flags follow the protocol's name and level.
                    if rest[7] >> 1 & 1 == 1 {
                        self.unacknowledged.clear();
                        self.doubtful.clear();
                    }
                }
                3 => self.request(first, identifier(&rest).expect("an identifier")),
                4 => self.acknowledged(number(&rest, 0).expect("an identifier")),
                8 => {
                    let id = number(&rest, 0).expect("an identifier");
                    let is_free = !self.unacknowledged.contains(&id) || self.doubtful.contains(&id);
                    assert!(is_free, "{id} is in use");
                }
                12 => {}
                14 => self.has_disconnected = true,
                kind => panic!("a packet of type {kind}"),
            }
        }
    }

    fn request(&mut self, first: u8, id: u16) {
        assert!(self.is_resumed.is_some() && id > 0, "a request before the CONNACK");
        assert_eq!(first & 0b111, 0b010, "QoS 1, and not retained");
        // What the session knows to have a PUBACK does not go out again, and its identifier is free.
        let is_repeated = first >> 3 & 1 == 1;
        while let Some(due) = self.again.front().filter(|due| !is_repeated || **due != id) {
            assert!(self.doubtful.contains(due), "{due} is due, and not {id}");
            self.unacknowledged.retain(|id| id != due);
            self.again.pop_front();
        }
        if is_repeated && (!self.is_stuck || !self.again.is_empty()) {
            assert_eq!(self.again.pop_front(), Some(id), "sent again in the first order");
        } else {
            assert!(!self.unacknowledged.contains(&id), "{id} is in use");
            self.unacknowledged.push(id);
        }
        self.doubtful.retain(|&other| other != id);
        assert!(!self.in_use.contains(&id), "{id} is twice in flight");
        self.in_use.push(id);
    }

    /// Notes a PUBACK of the client.
    fn acknowledged(&mut self, id: u16) {
        assert!(self.settled > 0, "{id} is acknowledged before it is settled");
        self.settled -= 1;
        while let Some(reply) = self.replies.pop_front() {
            // At the end those may be left out that are not settled.
            if reply == id {
                return;
            }
        }
        panic!("{id} is acknowledged out of order, or twice");
    }

    /// Everything is written: checks the number of requests on this connection without a PUBACK.
    pub(super) fn is_quiet(&mut self) {
        self.before.clone_from(&self.unacknowledged);
        assert!(self.in_use.len() <= self.receive_maximum, "too many requests are in flight");
    }
}
