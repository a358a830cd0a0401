//! A packet that does not fit into the reader's buffer.

use super::{Packet, Publish, Version, kind, publish};
use crate::{
    session::Uuids,
    signing::{RawReply, ReplyBody},
};

/// The most bytes of a packet other than PUBLISH that are kept. Texts that make sense are far shorter.
const MOST: usize = 256 * 1024;

/// The room that a body has for what comes to it when it is read, such as its properties: a large one that would have to move
/// for that could be in memory twice.
const ROOM: usize = 4096;

/// A packet that is gathered while it arrives, or of which only the beginning is kept.
pub(super) struct Large {
    first: u8,
    version: Version,
    /// The bytes after the fixed header, and how many of them have not come yet.
    size: usize,
    missing: usize,
    /// The bytes before the body, or of a packet without a body.
    head: Vec<u8>,
    rest: Rest,
}

/// What becomes of the bytes after the head.
enum Rest {
    /// The head is not whole yet, or there is nothing else.
    Head,
    Body(Vec<u8>),
    /// They are dropped; these ids were seen in the message.
    Dropped(Uuids),
}

impl Large {
    /// `size` is the number of bytes after the fixed header.
    pub(super) fn new(first: u8, version: Version, size: usize, is_too_long: bool) -> Self {
        let rest = if is_too_long { Rest::Dropped(Uuids::default()) } else { Rest::Head };
        Self { first, version, size, missing: size, head: Vec::new(), rest }
    }

    /// How many bytes have not come yet.
    pub(super) fn missing(&self) -> usize {
        self.missing
    }

    pub(super) fn is_message_to_keep(&self) -> bool {
        self.is_message() && !matches!(self.rest, Rest::Dropped(_))
    }

    fn is_message(&self) -> bool {
        self.first >> 4 == kind::PUBLISH
    }

    /// Takes the next bytes, at most as many as are missing.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.missing -= bytes.len();
        let is_message = self.is_message();
        match &mut self.rest {
            Rest::Body(body) => {
                // It grows as it arrives, and hardly beyond its size.
                let more = body.len().max(bytes.len()).min(bytes.len() + self.missing + ROOM);
                if body.capacity() - body.len() < bytes.len() {
                    body.reserve_exact(more);
                }
                body.extend_from_slice(bytes);
            }
            Rest::Dropped(ids) => {
                ids.feed(bytes);
                if publish::identifier(self.first, &self.head).is_none() {
                    self.head.extend_from_slice(bytes);
                }
            }
            Rest::Head if is_message => {
                self.head.extend_from_slice(bytes);
                if let Some(end) = self.head_end() {
                    self.rest = Rest::Body(self.head.split_off(end));
                }
            }
            Rest::Head => {
                let room = MOST.saturating_sub(self.head.len()).min(bytes.len());
                self.head.extend_from_slice(&bytes[..room]);
            }
        }
    }

    /// Where the body begins, if all before it has come.
    fn head_end(&self) -> Option<usize> {
        let (_, start) = publish::identifier(self.first, &self.head)?;
        publish::properties(self.version, &self.head, start).map(|place| place.end)
    }

    /// How many bytes of memory it has.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.head.capacity() + if let Rest::Body(body) = &self.rest { body.capacity() } else { 0 }
    }

    /// The packet, once nothing is missing.
    pub(super) fn into_packet(self) -> Packet {
        let (first, head) = (self.first, &self.head);
        let read = match self.rest {
            Rest::Body(body) => publish::read(first, self.version, head, |_, _| body),
            Rest::Head => return Packet::read(first, self.version, head),
            Rest::Dropped(ids) => publish::identifier(first, head).map(|(id, _)| {
                let (size, ids) = (self.size as u64, ids.into_found());
                let body = ReplyBody::TooLarge { size, ids };
                Publish::new(first, id, RawReply { body, properties: None })
            }),
        };
        // What has no packet identifier is of no use, whatever else it has.
        read.map_or_else(|| Packet::read(first, self.version, &[]), Packet::Publish)
    }
}
