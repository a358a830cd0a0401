//! The first bytes of the digest that a detached signature is of, which it states (RFC 9580 part 5.2.3).

use openssl::hash::{Hasher, MessageDigest};

use super::{armor, packet, packet::Packets, packet::Tag};

/// Whether a detached signature may be of these bytes. One of another content has the same first bytes once in 65536 times;
/// one that cannot be checked may be of anything.
pub(crate) fn may_be_of(signature: &[u8], bytes: &[u8]) -> bool {
    let decoded;
    let packets = if signature.first().is_some_and(|&byte| packet::is_first(byte)) {
        signature
    } else {
        let Some(binary) = armor::decoded(signature) else { return false };
        decoded = binary;
        &decoded
    };
    let mut signatures = Packets::new(packets).flatten().filter(|it| it.tag == Tag::SIGNATURE);
    signatures.all(|signature| agrees(&signature.body, bytes).unwrap_or(true))
}

/// Compares what a signature of version 4 of a binary document states; `None` if it is another one, or damaged.
fn agrees(body: &[u8], bytes: &[u8]) -> Option<bool> {
    let [4, 0, _, algorithm, high, low, ..] = *body else { return None };
    let hashed = 6 + usize::from(u16::from_be_bytes([high, low]));
    let (hashed, rest) = body.split_at_checked(hashed)?;
    let (unhashed, rest) = rest.split_first_chunk::<2>()?;
    let stated = rest.get(usize::from(u16::from_be_bytes(*unhashed))..)?.get(..2)?;
    let algorithm = match algorithm {
        8 => MessageDigest::sha256(),
        9 => MessageDigest::sha384(),
        10 => MessageDigest::sha512(),
        11 => MessageDigest::sha224(),
        _ => return None,
    };
    let length = u32::try_from(hashed.len()).ok()?;
    let digest = Hasher::new(algorithm).and_then(|mut hasher| {
        for part in [bytes, hashed, &[4, 0xff], &length.to_be_bytes()] {
            hasher.update(part)?;
        }
        hasher.finish()
    });
    Some(digest.ok()?.starts_with(stated))
}
