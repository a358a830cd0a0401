//! OpenPGP signatures (RFC 9580): by which key they are, and what they are of, as they state it. Nothing is verified here:
//! `verify` takes the parts from here, and rPGP reads their certificates and signatures.
//!
//! Time and memory are bounded by the bytes that are read, and by what compressed ones may become. Nothing is nested: a
//! message may be compressed once, as a whole.

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

/// The signatures of a message, and what they are of.
pub(crate) struct Parts {
    pub(crate) form: Form,
    /// What is signed; a detached signature does not have it.
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) signatures: Vec<Signature>,
}

/// How a signature and what it is of come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Message,
    Detached,
    /// A readable text with its signature.
    Cleartext,
}

/// A signature packet.
pub(crate) struct Signature {
    pub(crate) body: Vec<u8>,
    /// The key that was announced before what is signed.
    announced: Option<String>,
}

/// Compressed content of more bytes is not read, beyond what is expected.
pub(crate) const MAX_DECOMPRESSED: u64 = 1 << 20;

/// Reads a binary or armored file; `None` if it is not wholly a signature, or if its compression is not supported.
pub(crate) fn read(bytes: &[u8]) -> Option<Signed> {
    let Parts { content, signatures, .. } = parts(bytes.into(), 0)?;
    let mut issuers = Vec::new();
    for Signature { body, announced } in signatures {
        match signature::issuer(&body)? {
            Issuer::Named(name) => issuers.push(name),
            Issuer::Unnamed => issuers.extend(announced),
        }
    }
    (!issuers.is_empty()).then_some(Signed { issuers, content })
}

/// Takes a binary or armored file apart, whose content may have this number of bytes; `None` as in [`read`].
pub(crate) fn parts(bytes: Cow<'_, [u8]>, expected: u64) -> Option<Parts> {
    if let Some((text, signature)) = cleartext::places(&bytes) {
        let parts = message(&armor::decoded(&bytes[signature..])?, expected)?;
        // There is one text, that of the document.
        if parts.form != Form::Detached {
            return None;
        }
        let content = Some(cleartext::text(bytes.into_owned(), text));
        return Some(Parts { form: Form::Cleartext, content, ..parts });
    }
    if bytes.first().is_some_and(|&byte| packet::is_first(byte)) {
        return message(&bytes, expected);
    }
    message(&armor::decoded(&bytes)?, expected)
}

/// The packets of each certificate or keyring in a file, which may be armored, several times in one file; `None` for one that
/// is damaged.
#[cfg(feature = "verify")]
pub(crate) fn keys(bytes: &[u8]) -> Vec<Option<Cow<'_, [u8]>>> {
    if bytes.first().is_some_and(|&byte| packet::is_first(byte)) {
        return vec![Some(bytes.into())];
    }
    let text = String::from_utf8_lossy(bytes);
    armor::blocks(&text, "PUBLIC KEY BLOCK").map(|block| block.map(Cow::Owned)).collect()
}

/// Reads the packets of a message, which may be compressed as a whole (RFC 9580 part 10.3).
fn message(bytes: &[u8], expected: u64) -> Option<Parts> {
    let mut packets = Packets::new(bytes).filter(|packet| !packet::is_ignored(packet));
    match packets.next()?? {
        Packet { tag: Tag::COMPRESSED, body } if packets.next().is_none() => {
            signed(Packets::new(&decompressed(&body, MAX_DECOMPRESSED + expected)?))
        }
        _ => signed(Packets::new(bytes)),
    }
}

/// What comes of the packets of a signed message, or of a detached signature (RFC 9580 parts 10.3 and 10.4).
fn signed(packets: Packets<'_>) -> Option<Parts> {
    let mut signed = Parts { form: Form::Detached, content: None, signatures: Vec::new() };
    // The packets before the content and those after it are like brackets.
    let mut opened = Vec::new();
    for packet in packets.filter(|packet| !packet::is_ignored(packet)) {
        let Packet { tag, body } = packet?;
        match tag {
            Tag::ONE_PASS if signed.content.is_none() => opened.push(signature::announced(&body)?),
            Tag::LITERAL if signed.content.is_none() => {
                signed.form = Form::Message;
                signed.content = Some(literal(body)?);
            }
            Tag::SIGNATURE if opened.is_empty() || signed.content.is_some() => {
                let announced = opened.pop();
                signed.signatures.push(Signature { body: body.into_owned(), announced });
            }
            _ => return None,
        }
    }
    (opened.is_empty() && !signed.signatures.is_empty()).then_some(signed)
}

/// The data of a literal packet, after its format, file name and date (RFC 9580 part 5.9).
fn literal(body: Cow<'_, [u8]>) -> Option<Vec<u8>> {
    let name = usize::from(*body.get(1)?);
    body.get(2 + name + 4..).map(<[u8]>::to_vec)
}

/// The packets in a compressed one (RFC 9580 part 5.6).
fn decompressed(body: &[u8], most: u64) -> Option<Vec<u8>> {
    let (algorithm, data) = body.split_first()?;
    let mut packets = Vec::new();
    let limit = most + 1;
    match algorithm {
        0 => data.take(limit).read_to_end(&mut packets),
        1 => DeflateDecoder::new(data).take(limit).read_to_end(&mut packets),
        2 => ZlibDecoder::new(data).take(limit).read_to_end(&mut packets),
        _ => return None,
    }
    .ok()?;
    (packets.len() as u64 <= most).then_some(packets)
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
        self.content.as_ref().is_some_and(|content| is_same_text(content, text))
    }
}

/// Whether a signed text is this one, as [`Signed::is_of`] has it.
pub(crate) fn is_same_text(signed: &[u8], text: &[u8]) -> bool {
    fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
        text.split(|&byte| byte == b'\n').map(cleartext::without_blanks_at_end)
    }
    lines(signed).eq(lines(text)) || lines(signed).chain([&[][..]]).eq(lines(text))
}

#[cfg(test)]
mod tests;
