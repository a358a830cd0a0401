//! Private keys of the usual kinds that are not encrypted.
//!
//! OpenSSL 3 finds out by trying what a private key is, which was an eighth of all that a run with one request did. What
//! these are is said by their label, or by the algorithm in PKCS #8 (RFC 5208).

use openssl::{
    ec::EcKey,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use zeroize::Zeroizing;

use crate::transport::{der, pem::Block};

/// rsaEncryption, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// id-ecPublicKey, 1.2.840.10045.2.1.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// The parameters in an ECPrivateKey (RFC 5915, 3).
const PARAMETERS: u8 = 0xa0;

/// The key in a block; `None` if it is of another kind, or damaged.
pub(super) fn read(block: &Block) -> Option<PKey<Private>> {
    if !block.headers.is_empty() {
        return None;
    }
    let der = block.der()?;
    match block.label.as_str() {
        "RSA PRIVATE KEY" => rsa(&der),
        "EC PRIVATE KEY" => ec(&der),
        "PRIVATE KEY" => pkcs8(&der),
        _ => None,
    }
}

fn rsa(der: &[u8]) -> Option<PKey<Private>> {
    PKey::from_rsa(Rsa::private_key_from_der(der).ok()?).ok()
}

fn ec(der: &[u8]) -> Option<PKey<Private>> {
    PKey::from_ec_key(EcKey::private_key_from_der(der).ok()?).ok()
}

fn pkcs8(bytes: &[u8]) -> Option<PKey<Private>> {
    let mut parts = der::elements(der::first(bytes)?.0.content);
    let (_version, algorithm, key) = (parts.next()?, parts.next()?, parts.next()?);
    let (name, parameters) = der::first(algorithm.content)?;
    match name.content {
        RSA => rsa(key.content),
        EC => ec(&with_parameters(key.content, parameters)?),
        _ => None,
    }
}

/// An ECPrivateKey that names its curve, which in PKCS #8 only the algorithm does.
fn with_parameters(key: &[u8], parameters: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (key, _) = der::first(key)?;
    let (version, rest) = der::first(key.content)?;
    let (private, rest) = der::first(rest)?;
    let public = match der::first(rest) {
        Some((own, rest)) if own.tag == PARAMETERS => rest,
        _ => rest,
    };
    let parameters = der::element(PARAMETERS, &[parameters])?;
    der::element(key.tag, &[version.whole, private.whole, &parameters, public])
}

#[cfg(test)]
mod tests {
    use openssl::{ec::EcGroup, nid::Nid};

    use super::*;
    use crate::transport::pem::{self, Purpose};

    /// Each kind as OpenSSL writes it, and whether it is read here.
    #[test]
    fn keys_of_the_usual_kinds_are_what_openssl_reads() {
        let rsa = Rsa::generate(2048).unwrap();
        let ec = |curve| EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap();
        let (p256, p521) = (ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP521R1));
        let pkcs8 = |key: PKey<Private>| key.private_key_to_pem_pkcs8().unwrap();
        let cipher = openssl::symm::Cipher::aes_128_cbc();
        for (pem, is_read) in [
            (rsa.private_key_to_pem().unwrap(), true),
            (p256.private_key_to_pem().unwrap(), true),
            (p521.private_key_to_pem().unwrap(), true),
            (pkcs8(PKey::from_rsa(rsa.clone()).unwrap()), true),
            (pkcs8(PKey::from_ec_key(p256.clone()).unwrap()), true),
            (pkcs8(PKey::from_ec_key(p521.clone()).unwrap()), true),
            (pkcs8(PKey::generate_ed25519().unwrap()), false),
            (rsa.private_key_to_pem_passphrase(cipher, b"x").unwrap(), false),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, &pem).unwrap();
            let text = String::from_utf8_lossy(&pem);
            let key = read(&pem::read(file.path(), Purpose::Key).unwrap().blocks[0]);
            assert_eq!(key.is_some(), is_read, "{text}");
            if let Some(key) = key {
                let same = PKey::private_key_from_pem(&pem).unwrap();
                assert!(key.public_eq(&same), "{text}");
                let der = |key: &PKey<Private>| key.private_key_to_der().unwrap();
                assert_eq!(der(&key), der(&same), "{text}");
            }
        }
    }
}
