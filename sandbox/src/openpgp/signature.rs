//! Signature packets of version 4 (RFC 9580 part 5.2).

use openssl::error::ErrorStack;

use super::{
    packet::{self, Framing, packet},
    secret::{Hash, Secret},
};

/// Types of signatures (RFC 9580 part 5.2.1).
pub(crate) const BINARY: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const CERTIFICATION: u8 = 0x13;
pub(crate) const SUBKEY_BINDING: u8 = 0x18;
pub(crate) const PRIMARY_KEY_BINDING: u8 = 0x19;
pub(crate) const KEY_REVOCATION: u8 = 0x20;
pub(crate) const SUBKEY_REVOCATION: u8 = 0x28;

/// Types of subpackets (RFC 9580 part 5.2.3.7).
pub(crate) const CREATED: u8 = 2;
pub(crate) const EXPIRES: u8 = 3;
pub(crate) const KEY_EXPIRES: u8 = 9;
const ISSUER: u8 = 16;
pub(crate) const KEY_FLAGS: u8 = 27;
pub(crate) const REVOCATION_REASON: u8 = 29;
pub(crate) const EMBEDDED: u8 = 32;
const ISSUER_FINGERPRINT: u8 = 33;
/// Of no meaning, but it must be understood (RFC 9580 part 5.2.3.7).
pub(crate) const UNKNOWN_BUT_CRITICAL: u8 = 0x80 | 105;

/// What a signature states besides what it is of.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The type of the signature.
    pub(crate) kind: u8,
    pub(crate) hash: Hash,
    /// In seconds since 1970.
    pub(crate) created: u32,
    /// Subpackets besides the creation time and the issuer.
    pub(crate) subpackets: Vec<(u8, Vec<u8>)>,
    /// Whether it names its key.
    pub(crate) issuer: bool,
}

impl Statement {
    pub(crate) fn new(kind: u8, created: u32) -> Self {
        Self { kind, hash: Hash::Sha256, created, subpackets: Vec::new(), issuer: true }
    }

    #[must_use]
    pub(crate) fn with(mut self, kind: u8, content: &[u8]) -> Self {
        self.subpackets.push((kind, content.to_vec()));
        self
    }

    /// The body of a signature packet: of these bytes, by this key.
    pub(crate) fn signed(&self, key: &Secret, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let fingerprint = key.fingerprint()?;
        let mut hashed = subpacket(CREATED, &self.created.to_be_bytes());
        let mut unhashed = Vec::new();
        if self.issuer {
            hashed.extend(subpacket(ISSUER_FINGERPRINT, &[&[4], &fingerprint[..]].concat()));
            unhashed.extend(subpacket(ISSUER, &fingerprint[12..]));
        }
        for (kind, content) in &self.subpackets {
            hashed.extend(subpacket(*kind, content));
        }
        let header = [4, self.kind, key.algorithm(), self.hash as u8];
        let counted = |area: &[u8]| [&(area.len() as u16).to_be_bytes(), area].concat();
        let hashed = [&header[..], &counted(&hashed)].concat();
        let trailer = [&[4, 0xff], &(hashed.len() as u32).to_be_bytes()[..]].concat();
        let numbers = key.sign(self.hash, &[bytes, &hashed, &trailer].concat())?;
        Ok([hashed, counted(&unhashed), numbers].concat())
    }

    /// The body of the packet that announces the signature (RFC 9580 part 5.4).
    pub(crate) fn announced(&self, key: &Secret, last: bool) -> Result<Vec<u8>, ErrorStack> {
        let id = &key.fingerprint()?[12..];
        Ok([&[3, self.kind, self.hash as u8, key.algorithm()], id, &[u8::from(last)]].concat())
    }
}

/// A signature in a packet.
pub(crate) fn in_packet(body: &[u8]) -> Vec<u8> {
    packet(Framing::Current, packet::SIGNATURE, body)
}

fn subpacket(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() + 1;
    let length = if length < 192 {
        vec![length as u8]
    } else {
        [&[255], &(length as u32).to_be_bytes()[..]].concat()
    };
    [&length[..], &[kind], content].concat()
}
