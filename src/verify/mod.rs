//! OpenPGP verification (RFC 9580): whether a value is a good signature, by the key that was asked for, of exactly what was
//! asked for.
//!
//! Who does what: `openpgp` takes a value apart (armor, compression, the order of packets) within bounds of size and depth.
//! rPGP reads the packets of certificates and signatures, and computes what is hashed. OpenSSL does the signature
//! mathematics, so that what checks in tests is not what signs in the sandbox. This module decides: which certificate
//! belongs to a key ([`keyring`]), which of its keys sign and when ([`certificate`]), which algorithms count ([`policy`]),
//! and whether what is signed is what was asked for ([`content`]).
//!
//! Nothing here reads a clock.

mod certificate;
mod content;
mod fault;
mod json;
mod key;
mod keyring;
mod policy;
mod signature;

use std::{borrow::Cow, sync::Arc, time::SystemTime};

pub(crate) use certificate::Certificate;
pub(crate) use content::Asked;
pub(crate) use fault::Fault;
pub(crate) use keyring::Found;
pub use keyring::Keyring;

use crate::openpgp::{self, Form};

/// Checks a value: the bytes of a signed message, of a cleartext-signed text, or of a detached signature, armored or not.
///
/// Of several signatures one suffices that is good and by a key of these certificates.
///
/// # Errors
/// What is wrong with it. If several signatures are, what is wrong with the one that came closest.
pub(crate) fn check<'a>(
    value: impl Into<Cow<'a, [u8]>>,
    asked: &Asked<'_>,
    certificates: &[Arc<Certificate>],
    now: SystemTime,
) -> Result<(), Fault> {
    let parts = openpgp::parts(value.into(), asked.size()).ok_or(Fault::NoSignature)?;
    let signed = match (asked, parts.form, &parts.content) {
        (Asked::Claim { .. } | Asked::File(_), Form::Message, Some(content)) => content,
        (Asked::Text(_), Form::Cleartext, Some(content)) => content,
        (Asked::File(file), Form::Detached, None) => *file,
        _ => return Err(Fault::OtherForm { found: parts.form, expected: asked.form() }),
    };
    signature::any_is_good(&parts, signed, certificates, now)?;
    asked.is(&parts)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod values;
