//! How a private key is encrypted, if OpenSSL may not read that.

use crate::transport::{der, pem::Block};

/// A way to encrypt a key.
pub(super) struct Encryption {
    pub(super) name: &'static str,
    /// OpenSSL's name of the cipher.
    cipher: &'static str,
    /// In the `DEK-Info` header, up to a comma or a hyphen.
    header: &'static str,
    /// DER of its object identifier, without the tag.
    object: &'static [u8],
}

/// Those that OpenSSL 3 reads only with its legacy provider (OSSL_PROVIDER-legacy(7)), and that packaging/openssl leaves
/// out.
#[rustfmt::skip]
const OLD: [Encryption; 20] = [
    Encryption { name: "DES", cipher: "DES-CBC", header: "DES", object: &[5, 0x2b, 0x0e, 3, 2, 7] },
    Encryption { name: "RC2", cipher: "RC2-CBC", header: "RC2", object: &[8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2] },
    Encryption { name: "RC4", cipher: "RC4", header: "RC4", object: &[8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 4] },
    Encryption { name: "Blowfish", cipher: "BF-CBC", header: "BF", object: &[9, 0x2b, 6, 1, 4, 1, 0x97, 0x55, 1, 2] },
    Encryption { name: "CAST5", cipher: "CAST5-CBC", header: "CAST5", object: &[9, 0x2a, 0x86, 0x48, 0x86, 0xf6, 0x7d, 7, 0x42, 10] },
    Encryption { name: "IDEA", cipher: "IDEA-CBC", header: "IDEA", object: &[11, 0x2b, 6, 1, 4, 1, 0x81, 0x3c, 7, 1, 1, 2] },
    Encryption { name: "SEED", cipher: "SEED-CBC", header: "SEED", object: &[8, 0x2a, 0x83, 0x1a, 0x8c, 0x9a, 0x44, 1, 4] },
    Encryption { name: "Camellia", cipher: "CAMELLIA-128-CBC", header: "CAMELLIA", object: &[11, 0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, 2] },
    Encryption { name: "Camellia", cipher: "CAMELLIA-192-CBC", header: "CAMELLIA", object: &[11, 0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, 3] },
    Encryption { name: "Camellia", cipher: "CAMELLIA-256-CBC", header: "CAMELLIA", object: &[11, 0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, 4] },
    Encryption { name: "ARIA", cipher: "ARIA-128-CBC", header: "ARIA", object: &[9, 0x2a, 0x83, 0x1a, 0x8c, 0x9a, 0x6e, 1, 1, 2] },
    Encryption { name: "ARIA", cipher: "ARIA-192-CBC", header: "ARIA", object: &[9, 0x2a, 0x83, 0x1a, 0x8c, 0x9a, 0x6e, 1, 1, 7] },
    Encryption { name: "ARIA", cipher: "ARIA-256-CBC", header: "ARIA", object: &[9, 0x2a, 0x83, 0x1a, 0x8c, 0x9a, 0x6e, 1, 1, 12] },
    Encryption { name: "pbeWithMD5AndDES-CBC", cipher: "DES-CBC", header: "", object: &[9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 3] },
    Encryption { name: "pbeWithMD5AndRC2-CBC", cipher: "RC2-CBC", header: "", object: &[9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 6] },
    Encryption { name: "pbeWithSHA1AndDES-CBC", cipher: "DES-CBC", header: "", object: &[9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 10] },
    Encryption { name: "pbeWithSHA1AndRC2-CBC", cipher: "RC2-CBC", header: "", object: &[9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 11] },
    Encryption { name: "PBE-SHA1-RC4", cipher: "RC4", header: "", object: &[10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 1] },
    Encryption { name: "PBE-SHA1-RC2-128", cipher: "RC2-CBC", header: "", object: &[10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 5] },
    Encryption { name: "PBE-SHA1-RC2-40", cipher: "RC2-40-CBC", header: "", object: &[10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 6] },
];

impl Encryption {
    /// The configuration of OpenSSL may activate the legacy provider.
    pub(super) fn is_readable(&self) -> bool {
        openssl::cipher::Cipher::fetch(None, self.cipher, None).is_ok()
    }
}

/// The old encryption of a key, if it has one.
pub(super) fn of(block: &Block) -> Option<&'static Encryption> {
    if let Some(info) = block.headers.iter().find_map(|line| line.strip_prefix("DEK-Info:")) {
        let cipher = info.split(',').next().unwrap_or_default().trim();
        let family = cipher.split('-').next().unwrap_or_default();
        // "DES-EDE3-CBC", Triple DES, is still read.
        let is_old = |old: &&Encryption| !old.header.is_empty() && old.header == family;
        return OLD.iter().find(is_old).filter(|_| !cipher.starts_with("DES-EDE3"));
    }
    if block.label != "ENCRYPTED PRIVATE KEY" {
        return None;
    }
    let der = block.der()?;
    let (whole, _) = der::first(&der)?;
    let (algorithm, _) = der::first(whole.content)?;
    // A name in other bytes, such as a salt, is too unlikely to matter.
    OLD.iter().find(|old| {
        let object = [&[der::OBJECT_IDENTIFIER], old.object].concat();
        algorithm.whole.windows(object.len()).any(|part| part == object)
    })
}

#[cfg(test)]
mod tests {
    use openssl::{
        ec::{EcGroup, EcKey},
        nid::Nid,
        pkey::PKey,
        symm::Cipher,
    };

    use super::*;
    use crate::transport::pem::{self, Purpose};

    /// The names of those that only some builds of OpenSSL read; this one does, to make the keys.
    #[test]
    fn rare_encryptions_are_known_by_name() {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let ec = EcKey::generate(&group).unwrap();
        let key = PKey::from_ec_key(ec.clone()).unwrap();
        // Of OpenSSL's obj_mac.h; the crate does not name them.
        let aria = [1066, 1071, 1076].map(Nid::from_raw);
        for (cipher, expected) in [
            (Nid::CAMELLIA_128_CBC, Some("Camellia")),
            (Nid::CAMELLIA_192_CBC, Some("Camellia")),
            (Nid::CAMELLIA_256_CBC, Some("Camellia")),
            (aria[0], Some("ARIA")),
            (aria[1], Some("ARIA")),
            (aria[2], Some("ARIA")),
            (Nid::AES_256_CBC, None),
            (Nid::DES_EDE3_CBC, None),
        ] {
            let cipher = Cipher::from_nid(cipher).unwrap();
            for pem in [
                key.private_key_to_pem_pkcs8_passphrase(cipher, b"x").unwrap(),
                ec.private_key_to_pem_passphrase(cipher, b"x").unwrap(),
            ] {
                let file = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(&file, &pem).unwrap();
                let found = of(&pem::read(file.path(), Purpose::Key).unwrap().blocks[0]);
                let text = String::from_utf8_lossy(&pem);
                assert_eq!(found.map(|found| found.name), expected, "{text}");
            }
        }
    }
}
