//! Signatures of data: whether one is good.

use std::{
    io::{self, Read},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use pgp::{
    packet::{PacketHeader, Signature, SignatureType, SubpacketData},
    types::Tag,
};

use super::{
    certificate::{Certificate, Component},
    fault::Fault,
    policy,
};
use crate::openpgp::{Form, Parts};

/// Clocks differ by less.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(600);

/// More signatures of one value are not looked at.
const MAX_SIGNATURES: usize = 16;

/// More checks of one value are not made: a signature that names no key could be by any, and each check hashes what is
/// signed.
const MAX_CHECKS: usize = 64;

/// Checks that one of the signatures is good, and by one of these certificates.
pub(super) fn any_is_good(
    parts: &Parts,
    signed: &[u8],
    certificates: &[Arc<Certificate>],
    now: SystemTime,
) -> Result<(), Fault> {
    let now = (now + MAX_CLOCK_DIFFERENCE).duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let data = || -> Box<dyn Read + '_> {
        match parts.form {
            // Its line ends are CR LF, whatever the type of its signature.
            Form::Cleartext => Box::new(WithLineEnds::new(signed)),
            Form::Message | Form::Detached => Box::new(signed),
        }
    };
    let mut left = MAX_CHECKS;
    let mut closest = Fault::NoSignature;
    let mut others = Vec::new();
    for part in parts.signatures.iter().take(MAX_SIGNATURES) {
        let Some(signature) = read(&part.body) else { continue };
        let mut candidates = certificates
            .iter()
            .flat_map(|certificate| &certificate.keys)
            .filter(|component| may_be_by(&signature, component))
            .peekable();
        if candidates.peek().is_none() {
            others.extend(issuer(&signature));
        }
        for component in candidates.take(left) {
            left -= 1;
            let Err(fault) = is_good(&signature, data(), component, now) else { return Ok(()) };
            if fault.closeness() > closest.closeness() {
                closest = fault;
            }
        }
    }
    if closest.closeness() == 0 && !others.is_empty() {
        let expected = certificates.iter().map(|it| it.fingerprint.clone()).collect();
        return Err(Fault::AnotherKey { found: others, expected });
    }
    Err(closest)
}

fn read(body: &[u8]) -> Option<Signature> {
    let header = PacketHeader::new_fixed(Tag::Signature, u32::try_from(body.len()).ok()?);
    let mut rest = body;
    let signature = Signature::try_from_reader(header, &mut rest).ok()?;
    let is_of_data = matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text));
    (is_of_data && rest.is_empty()).then_some(signature)
}

/// Whether a signature names a key, or none.
fn may_be_by(signature: &Signature, component: &Component) -> bool {
    use pgp::types::KeyDetails;
    let (ids, fingerprints) = (signature.issuer_key_id(), signature.issuer_fingerprint());
    if ids.is_empty() && fingerprints.is_empty() {
        return true;
    }
    ids.contains(&&component.key.legacy_key_id())
        || fingerprints.contains(&&component.key.fingerprint())
}

/// The key that a signature names.
fn issuer(signature: &Signature) -> Option<String> {
    let fingerprint = signature.issuer_fingerprint().first().map(|it| format!("{it:X}"));
    fingerprint
        .or_else(|| signature.issuer_key_id().first().map(|it| it.to_string().to_uppercase()))
}

/// Checks a signature by a key that it names. `now` has the greatest difference between clocks added.
fn is_good(
    signature: &Signature,
    data: impl Read,
    component: &Component,
    now: u64,
) -> Result<(), Fault> {
    let key = || component.fingerprint.clone();
    if let Some(why) = component.unfit {
        return Err(Fault::UnfitKey { key: key(), why });
    }
    if let Some(what) = must_be_understood(signature) {
        return Err(Fault::Unsupported { key: key(), what });
    }
    let hash = signature.hash_alg().unwrap_or_default();
    if policy::digest(hash).is_none() {
        return Err(Fault::Weak { key: key(), what: policy::name(hash) });
    }
    if let Some(what) = &component.weak {
        return Err(Fault::Weak { key: key(), what: what.clone() });
    }
    // First of all the mathematics: what a forged signature says of its time does not matter.
    signature.verify(&component.key, data).map_err(|_| Fault::Bad { key: key() })?;
    let Some(made) = signature.created().map(|at| u64::from(at.as_secs())) else {
        return Err(Fault::Unsupported {
            key: key(),
            what: "it does not say when it was made, by key",
        });
    };
    if made > now {
        let what =
            "the signature is from the future, by more than 10 minutes; is a clock wrong? key";
        return Err(Fault::WrongTime { key: key(), what });
    }
    if made < component.created() {
        return Err(Fault::WrongTime { key: key(), what: "the signature is older than its key" });
    }
    if component.revoked.is_some_and(|from| made >= from) {
        return Err(Fault::Revoked { key: key() });
    }
    if component.expires.is_some_and(|end| made >= end) {
        return Err(Fault::Expired { key: key(), what: "when this was signed, the key" });
    }
    let valid_for = signature.signature_expiration_time().map_or(0, |it| u64::from(it.as_secs()));
    let end = made + valid_for + MAX_CLOCK_DIFFERENCE.as_secs();
    if valid_for > 0 && now >= end {
        return Err(Fault::Expired { key: key(), what: "the signature itself, by key" });
    }
    Ok(())
}

/// What a signature says that is critical and not known (RFC 9580 part 5.2.3.7). rPGP refuses subpackets of unknown types.
fn must_be_understood(signature: &Signature) -> Option<&'static str> {
    let mut hashed = signature.config()?.hashed_subpackets();
    let is_unknown = |data: &SubpacketData| {
        matches!(
            data,
            SubpacketData::Notation(_) | SubpacketData::Experimental(..) | SubpacketData::Other(..)
        )
    };
    hashed
        .any(|it| it.is_critical && is_unknown(&it.data))
        .then_some("it has a critical notation or subpacket that is not known, by key")
}

/// Reads a text with CR LF between its lines. It may be large: no copy of it is made.
struct WithLineEnds<'a> {
    rest: &'a [u8],
    /// CR was read, and LF is next.
    is_in_line_end: bool,
}

impl<'a> WithLineEnds<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { rest: text, is_in_line_end: false }
    }
}

impl Read for WithLineEnds<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < out.len() && !self.rest.is_empty() {
            if self.rest[0] == b'\n' && !self.is_in_line_end {
                out[count] = b'\r';
                count += 1;
                self.is_in_line_end = true;
                continue;
            }
            // LF, or a line up to it.
            let end = self.rest.iter().skip(1).position(|&byte| byte == b'\n');
            let end = end.map_or(self.rest.len(), |end| end + 1);
            let end = end.min(out.len() - count);
            out[count..count + end].copy_from_slice(&self.rest[..end]);
            (self.rest, count) = (&self.rest[end..], count + end);
            self.is_in_line_end = false;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_those_of_what_is_signed_whatever_the_size_of_a_read() {
        let text = b"\none\n\ntwo\n-\n";
        for size in 1..20 {
            let (mut reader, mut found) = (WithLineEnds::new(text), Vec::new());
            loop {
                let mut piece = vec![0; size];
                let count = reader.read(&mut piece).unwrap();
                if count == 0 {
                    break;
                }
                found.extend_from_slice(&piece[..count]);
            }
            assert_eq!(found.escape_ascii().to_string(), r"\r\none\r\n\r\ntwo\r\n-\r\n", "{size}");
        }
    }
}
