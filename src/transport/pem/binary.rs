//! Keys and certificates in DER, and the stores that hold them.

use openssl::{
    pkcs7::Pkcs7,
    pkcs12::Pkcs12,
    pkey::PKey,
    x509::{X509, X509Crl, X509Req},
};

use super::command::{Fix, Purpose};
use crate::transport::der;

/// Says what binary data is, and how it becomes PEM.
pub(super) fn describe(bytes: &[u8], purpose: Purpose) -> Fix {
    let kind = |what: &str, command: &str| {
        Fix::by_command(format!("is {what} in DER, not PEM"), format!("openssl {command}"))
    };
    let with = |other: &str, fix: Fix| match purpose {
        Purpose::Identity => fix.and(&format!("its {other} belongs into the same file")),
        Purpose::Certificate | Purpose::Key | Purpose::Authorities => fix,
    };
    let is_key = PKey::private_key_from_der(bytes).is_ok();
    match purpose {
        Purpose::Certificate if is_key || is_encrypted_key(bytes) => {
            return Fix::by_hand("is a private key in DER; expected the certificate in PEM");
        }
        Purpose::Key if X509::from_der(bytes).is_ok() => {
            return Fix::by_hand("is a certificate in DER; expected the private key in PEM");
        }
        _ => {}
    }
    if X509::from_der(bytes).is_ok() {
        let certificate = kind("a certificate", "x509 -inform DER -in {in} -out {out}");
        return with("private key", certificate);
    }
    if is_key {
        let key = kind("a private key", "pkey -inform DER -in {in} -out {out}");
        return with("certificate", key);
    }
    if is_encrypted_key(bytes) {
        let command = "pkcs8 -topk8 -v2 aes256 -inform DER -in {in} -out {out}";
        return with("certificate", kind("an encrypted private key", command));
    }
    if Pkcs12::from_der(bytes).is_ok() {
        return Fix::by_command("is a PKCS#12 store, not PEM", pkcs12(bytes, purpose));
    }
    if X509Req::from_der(bytes).is_ok() {
        return request("is a certificate request in DER");
    }
    if X509Crl::from_der(bytes).is_ok() {
        return kind("a certificate revocation list", "crl -inform DER -in {in} -out {out}");
    }
    if Pkcs7::from_der(bytes).is_ok() {
        let bundle = kind("a PKCS#7 bundle", "pkcs7 -inform DER -in {in} -print_certs -out {out}");
        return with("private key", bundle);
    }
    if PKey::public_key_from_der(bytes).is_ok() {
        return Fix::by_hand("is a public key in DER; expected a PEM file");
    }
    Fix::by_hand("is binary data; expected a PEM file")
}

/// The error of a certificate request in place of a certificate.
pub(super) fn request(problem: &str) -> Fix {
    Fix::by_hand(format!("{problem}; expected the certificate that the authority makes of it"))
}

/// EncryptedPrivateKeyInfo (RFC 5208, 6): how it is encrypted, and the result.
fn is_encrypted_key(bytes: &[u8]) -> bool {
    let tags = der::first(bytes)
        .map(|(whole, _)| der::elements(whole.content).map(|part| part.tag).collect::<Vec<_>>());
    tags.is_some_and(|tags| tags == [der::SEQUENCE, 0x04])
}

/// The error of a Java key store, which only Java reads.
pub(super) fn java_store(purpose: Purpose) -> Fix {
    let command = format!(
        "keytool -importkeystore -srckeystore {{in}} -destkeystore {{out}}.p12 -deststoretype PKCS12 && {}",
        pkcs12(&[], purpose).replace("{in}", "{out}.p12")
    );
    Fix::by_command("is a Java key store, not PEM", command)
}

fn pkcs12(bytes: &[u8], purpose: Purpose) -> String {
    // pbeWithSHAAnd40BitRC2-CBC and its siblings with RC2 and RC4, which only the legacy provider reads.
    const BY_SHA1: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];
    let is_old =
        bytes.windows(10).any(|part| part[..9] == BY_SHA1 && matches!(part[9], 1 | 2 | 5 | 6));
    let legacy = if is_old { " -legacy" } else { "" };
    let what = match purpose {
        Purpose::Identity => "-nodes",
        Purpose::Key => "-nodes -nocerts",
        Purpose::Certificate | Purpose::Authorities => "-nokeys",
    };
    format!("openssl pkcs12{legacy} -in {{in}} -out {{out}} {what}")
}
