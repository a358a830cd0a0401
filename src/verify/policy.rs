//! Which algorithms count.

use openssl::md::{Md, MdRef};
use pgp::crypto::hash::HashAlgorithm;

/// RSA keys of fewer bits do not count.
pub(super) const LEAST_RSA_BITS: u32 = 2048;

/// The digest of a signature of data, as OpenSSL has it; `None` for one that does not count, such as SHA-1.
pub(super) fn digest(algorithm: HashAlgorithm) -> Option<&'static MdRef> {
    Some(match algorithm {
        HashAlgorithm::Sha224 => Md::sha224(),
        HashAlgorithm::Sha256 => Md::sha256(),
        HashAlgorithm::Sha384 => Md::sha384(),
        HashAlgorithm::Sha512 => Md::sha512(),
        HashAlgorithm::Sha3_256 => Md::sha3_256(),
        HashAlgorithm::Sha3_512 => Md::sha3_512(),
        _ => return None,
    })
}

/// The same of a signature by which a certificate binds its own parts together. Many keys of today were made with SHA-1; to
/// forge such a signature takes a second preimage, not a collision.
pub(super) fn digest_of_binding(algorithm: HashAlgorithm) -> Option<&'static MdRef> {
    digest(algorithm).or_else(|| (algorithm == HashAlgorithm::Sha1).then(Md::sha1))
}

/// The name of a digest that does not count.
pub(super) fn name(algorithm: HashAlgorithm) -> String {
    match algorithm {
        HashAlgorithm::Sha1 => "SHA-1".to_owned(),
        HashAlgorithm::Ripemd160 => "RIPEMD-160".to_owned(),
        other => other.to_string(),
    }
}
