//! Keys and signatures that are too weak for OpenSSL's security level (SSL_CTX_set_security_level(3)), in words.

use openssl::{
    error::ErrorStack,
    nid::Nid,
    pkey::{Id, PKeyRef, Public},
    ssl::{SslContext, SslMethod},
    x509::{X509Ref, X509VerifyResult},
};

/// For each level: bits of security; bits of an RSA, DSA or DH key; bits of a curve.
const LEVELS: [(u32, u32, u32); 6] = [
    (0, 0, 0),
    (80, 1024, 160),
    (112, 2048, 224),
    (128, 3072, 256),
    (192, 7680, 384),
    (256, 15360, 512),
];

/// The security level, which OpenSSL's configuration may set. A context that is being built does not say its own.
pub(super) fn level() -> Option<u32> {
    let plain = SslContext::builder(SslMethod::tls_client()).ok()?;
    Some(plain.build().security_level())
}

/// What is too weak in a certificate, as a clause that follows its name.
pub(super) fn weakness(certificate: &X509Ref, level: u32) -> Option<String> {
    let key = certificate.public_key().ok().and_then(|key| weak_key(&key, level));
    key.map(|key| format!("has {key}")).or_else(|| weak_signature(certificate, level))
}

fn level_of(level: u32) -> (u32, u32, u32) {
    LEVELS[(level as usize).min(LEVELS.len() - 1)]
}

/// The bits that an RSA, DSA or DH key must have.
pub(super) fn modulus(level: u32) -> u32 {
    level_of(level).1
}

/// A key that is too short, with its bits and those that are required.
fn weak_key(key: &PKeyRef<Public>, level: u32) -> Option<String> {
    let (security, modulus, curve) = level_of(level);
    if key.security_bits() >= security {
        return None;
    }
    let (kind, required) = match key.id() {
        Id::RSA | Id::RSA_PSS => ("an RSA key", modulus),
        Id::DSA => ("a DSA key", modulus),
        Id::EC => ("an EC key", curve),
        _ => ("a key", security * 2),
    };
    let bits = key.bits();
    Some(format!("{kind} of {bits} bits; OpenSSL's security level {level} requires {required}"))
}

/// A signature by a hash that is too weak. OpenSSL does not look at that of a self-signed certificate.
fn weak_signature(certificate: &X509Ref, level: u32) -> Option<String> {
    if certificate.issued(certificate) == X509VerifyResult::OK {
        return None;
    }
    let algorithm = certificate.signature_algorithm().object().nid();
    let hash = algorithm.signature_algorithms()?.digest;
    // Half of the hash's bits, and less for those that are broken (ossl_x509_init_sig_info).
    let security = match hash {
        Nid::MD2 | Nid::MD4 | Nid::MD5 => 39,
        Nid::MD5_SHA1 => 67,
        Nid::SHA1 => 63,
        _ => return None,
    };
    (security < level_of(level).0).then(|| {
        let name = hash.long_name().unwrap_or("a weak hash").to_uppercase();
        format!(
            "is signed with {name}; OpenSSL's security level {level} requires SHA-256 or better"
        )
    })
}

/// OpenSSL's reasons without the places in its sources.
pub(super) fn reasons(stack: &ErrorStack) -> String {
    let mut reasons: Vec<_> = stack.errors().iter().filter_map(|error| error.reason()).collect();
    reasons.dedup();
    if reasons.is_empty() { "no reason given".into() } else { reasons.join(", ") }
}

#[cfg(test)]
mod tests {
    use openssl::{
        dsa::Dsa,
        ec::{EcGroup, EcKey},
        pkey::PKey,
        rsa::Rsa,
    };

    use super::*;

    #[test]
    fn weak_keys_are_named_with_their_bits() {
        let public = |der: Vec<u8>| PKey::public_key_from_der(&der).unwrap();
        let rsa = |bits| public(Rsa::generate(bits).unwrap().public_key_to_der().unwrap());
        let ec = |curve| {
            let group = EcGroup::from_curve_name(curve).unwrap();
            public(EcKey::generate(&group).unwrap().public_key_to_der().unwrap())
        };
        let dsa = public(Dsa::generate(1024).unwrap().public_key_to_der().unwrap());
        for (key, level, expected) in [
            (rsa(512), 1, Some("an RSA key of 512 bits; OpenSSL's security level 1 requires 1024")),
            (rsa(1024), 1, None),
            (
                rsa(1024),
                2,
                Some("an RSA key of 1024 bits; OpenSSL's security level 2 requires 2048"),
            ),
            (rsa(2048), 2, None),
            (
                rsa(2048),
                3,
                Some("an RSA key of 2048 bits; OpenSSL's security level 3 requires 3072"),
            ),
            (dsa, 2, Some("a DSA key of 1024 bits; OpenSSL's security level 2 requires 2048")),
            (
                ec(Nid::X9_62_PRIME192V1),
                2,
                Some("an EC key of 192 bits; OpenSSL's security level 2 requires 224"),
            ),
            (ec(Nid::X9_62_PRIME256V1), 3, None),
            (rsa(512), 0, None),
        ] {
            assert_eq!(weak_key(&key, level).as_deref(), expected);
        }
    }
}
