//! The packets of OpenPGP data (RFC 9580 part 4.2).

use std::borrow::Cow;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u8);

impl Tag {
    pub(super) const SIGNATURE: Self = Self(2);
    pub(super) const ONE_PASS: Self = Self(4);
    pub(super) const COMPRESSED: Self = Self(8);
    const MARKER: Self = Self(10);
    pub(super) const LITERAL: Self = Self(11);
    const PADDING: Self = Self(21);
}

pub(super) struct Packet<'a> {
    pub(super) tag: Tag,
    pub(super) body: Cow<'a, [u8]>,
}

/// Packets one after the other; `None` for one that is damaged or cut off, and nothing after it.
pub(super) struct Packets<'a>(&'a [u8]);

impl<'a> Packets<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of that size in bytes.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    fn packet(&mut self) -> Option<Packet<'a>> {
        let first = self.number(1)?;
        match first & 0xc0 {
            0xc0 => Some(Packet { tag: Tag((first & 0x3f) as u8), body: self.new_body()? }),
            0x80 => {
                let length = match first & 3 {
                    3 => self.0.len(),
                    size => self.number(1 << size)?,
                };
                let body = Cow::Borrowed(self.take(length)?);
                Some(Packet { tag: Tag((first >> 2 & 0xf) as u8), body })
            }
            _ => None,
        }
    }

    /// The body of a packet whose length is in the format of today: in one piece, or in several.
    fn new_body(&mut self) -> Option<Cow<'a, [u8]>> {
        let mut body = Cow::Borrowed(&[][..]);
        loop {
            let (length, is_last) = match self.number(1)? {
                short @ ..192 => (short, true),
                high @ 192..224 => (((high - 192) << 8) + self.number(1)? + 192, true),
                power @ 224..255 => (1 << (power & 0x1f), false),
                _ => (self.number(4)?, true),
            };
            let piece = self.take(length)?;
            if is_last && body.is_empty() {
                return Some(Cow::Borrowed(piece));
            }
            body.to_mut().extend_from_slice(piece);
            if is_last {
                return Some(body);
            }
        }
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Option<Packet<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let packet = self.packet();
        if packet.is_none() {
            self.0 = &[];
        }
        Some(packet)
    }
}

/// Whether binary OpenPGP data can begin with this byte.
pub(super) fn is_first(byte: u8) -> bool {
    byte & 0x80 != 0
}

/// Whether it is a packet that has no meaning: a marker or padding (RFC 9580 parts 5.8 and 5.14).
pub(super) fn is_ignored(packet: &Option<Packet<'_>>) -> bool {
    let tag = packet.as_ref().map(|packet| packet.tag);
    tag.is_some_and(|tag| [Tag::MARKER, Tag::PADDING].contains(&tag))
}
