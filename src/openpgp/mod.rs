//! OpenPGP signatures (RFC 9580): by which key they are, and what they are of, as they state it. Nothing is verified.

mod armor;
mod cleartext;
mod left;
mod packet;
mod signature;

use std::{borrow::Cow, io::Read};

use flate2::read::{DeflateDecoder, ZlibDecoder};

pub(crate) use left::may_be_of;
use packet::{Packet, Packets, Tag};
use signature::Issuer;

/// A signed message or a detached signature.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The fingerprints or ids of the keys, in hexadecimal digits.
    issuers: Vec<String>,
    /// What is signed; a detached signature does not have it.
    pub(crate) content: Option<Vec<u8>>,
}

/// Compressed content of more bytes is not read.
const MAX_DECOMPRESSED: u64 = 1 << 20;

/// Reads a binary or armored file; `None` if it is not wholly a signature, or if its compression is not supported.
pub(crate) fn read(bytes: &[u8]) -> Option<Signed> {
    if let Some((text, signature)) = cleartext::parts(bytes) {
        let signed = message(&armor::decoded(signature)?)?;
        // There is one text, that of the document.
        return signed.content.is_none().then_some(Signed { content: Some(text), ..signed });
    }
    if bytes.first().is_some_and(|&byte| packet::is_first(byte)) {
        return message(bytes);
    }
    message(&armor::decoded(bytes)?)
}

/// Reads the packets of a message, which may be compressed as a whole (RFC 9580 part 10.3).
fn message(bytes: &[u8]) -> Option<Signed> {
    let mut packets = Packets::new(bytes).filter(|packet| !packet::is_ignored(packet));
    match packets.next()?? {
        Packet { tag: Tag::COMPRESSED, body } if packets.next().is_none() => {
            signed(Packets::new(&decompressed(&body)?))
        }
        _ => signed(Packets::new(bytes)),
    }
}

/// What comes of the packets of a signed message, or of a detached signature (RFC 9580 parts 10.3 and 10.4).
fn signed(packets: Packets<'_>) -> Option<Signed> {
    let mut signed = Signed { issuers: Vec::new(), content: None };
    // The packets before the content and those after it are like brackets.
    let mut opened = Vec::new();
    for packet in packets.filter(|packet| !packet::is_ignored(packet)) {
        let Packet { tag, body } = packet?;
        match tag {
            Tag::ONE_PASS if signed.content.is_none() => opened.push(signature::announced(&body)?),
            Tag::LITERAL if signed.content.is_none() => signed.content = Some(literal(body)?),
            Tag::SIGNATURE if opened.is_empty() || signed.content.is_some() => {
                let announced = opened.pop();
                match signature::issuer(&body)? {
                    Issuer::Named(name) => signed.issuers.push(name),
                    Issuer::Unnamed => signed.issuers.extend(announced),
                }
            }
            _ => return None,
        }
    }
    (opened.is_empty() && !signed.issuers.is_empty()).then_some(signed)
}

/// The data of a literal packet, after its format, file name and date (RFC 9580 part 5.9).
fn literal(body: Cow<'_, [u8]>) -> Option<Vec<u8>> {
    let name = usize::from(*body.get(1)?);
    body.get(2 + name + 4..).map(<[u8]>::to_vec)
}

/// The packets in a compressed one (RFC 9580 part 5.6).
fn decompressed(body: &[u8]) -> Option<Vec<u8>> {
    let (algorithm, data) = body.split_first()?;
    let mut packets = Vec::new();
    let limit = MAX_DECOMPRESSED + 1;
    match algorithm {
        0 => data.take(limit).read_to_end(&mut packets),
        1 => DeflateDecoder::new(data).take(limit).read_to_end(&mut packets),
        2 => ZlibDecoder::new(data).take(limit).read_to_end(&mut packets),
        _ => return None,
    }
    .ok()?;
    (packets.len() as u64 <= MAX_DECOMPRESSED).then_some(packets)
}

impl Signed {
    /// Whether it has a signature by the key with this id: at least 8 hexadecimal digits, which may be a fingerprint or the
    /// end of one.
    pub(crate) fn is_by(&self, id: &str) -> bool {
        let id = id.to_ascii_lowercase();
        // A signature may have only the end of the fingerprint.
        let is_same = |issuer: &String| issuer.ends_with(&id) || id.ends_with(issuer.as_str());
        id.len() >= 8 && self.issuers.iter().any(is_same)
    }

    /// Whether a text is what is signed, except for blanks at the ends of lines, and a line break at its end: a signed text
    /// does not preserve them (RFC 9580 part 7).
    pub(crate) fn is_of(&self, text: &[u8]) -> bool {
        fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
            text.split(|&byte| byte == b'\n').map(cleartext::without_blanks_at_end)
        }
        let Some(content) = &self.content else { return false };
        lines(content).eq(lines(text)) || lines(content).chain([&[][..]]).eq(lines(text))
    }
}

#[cfg(test)]
mod tests;
