//! Private keys in PEM blocks.

use openssl::{
    error::ErrorStack,
    pkey::{PKey, Private},
};

use super::plain;
use crate::{
    error::{Error, printable},
    transport::{
        der,
        pem::{Block, File, Purpose},
    },
};

/// A private key, and the line of its file that it begins in.
pub(super) struct Key {
    pub(super) key: PKey<Private>,
    pub(super) line: usize,
}

/// Whether the block's label is that of a private key.
pub(super) fn is_one(block: &Block) -> bool {
    block.label.ends_with("PRIVATE KEY")
}

/// All private keys of a file, at least one.
///
/// # Errors
/// [`Error::Certificate`] if there is none, or one that cannot be read, which is named with its line.
pub(super) fn all(file: &File, passphrase: Option<&[u8]>) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::new();
    for block in file.blocks.iter().filter(|block| is_one(block)) {
        keys.push(Key { key: read(file, block, passphrase)?, line: block.line });
    }
    if !keys.is_empty() {
        return Ok(keys);
    }
    Err(file.lacks(|| file.wrong(format!("holds no usable private key; {}", instead(file)))))
}

/// What a file without a private key holds, or should hold.
fn instead(file: &File) -> String {
    let public = file.blocks.iter().find(|block| block.label.ends_with("PUBLIC KEY"));
    let expected = "expected PEM with \"-----BEGIN PRIVATE KEY-----\"";
    match (public, file.blocks.first()) {
        (Some(block), _) => format!("line {} begins only the public one", block.line),
        (None, Some(block)) if file.purpose == Purpose::Key => {
            format!("line {} begins {}; {expected}", block.line, block.what())
        }
        (None, None) if file.purpose == Purpose::Key => expected.into(),
        _ => format!(
            "{expected} beside the certificate, in the same file, or name the key's own file in messaging_key"
        ),
    }
}

/// The key in a block, if it can be read.
pub(super) fn in_block(block: &Block, passphrase: Option<&[u8]>) -> Option<PKey<Private>> {
    open(block, passphrase).0.ok()
}

fn read(file: &File, block: &Block, passphrase: Option<&[u8]>) -> Result<PKey<Private>, Error> {
    let line = block.line;
    if block.label == "OPENSSH PRIVATE KEY" {
        return Err(file.wrong_until(
            format!("line {line}: is an OpenSSH key, not PEM"),
            "awk '/BEGIN OPENSSH/,/END OPENSSH/' {in} > {out} && ssh-keygen -p -m PKCS8 -f {out} && sed '/OPENSSH/,/OPENSSH/d' {in} >> {out}",
        ));
    }
    let (key, asked) = open(block, passphrase);
    key.map_err(|_| {
        if let Some(old) = encryption(block).filter(|old| !old.is_readable()) {
            return file.wrong_until(
                format!(
                    "line {line}: the private key is encrypted with {}, which OpenSSL no longer reads",
                    old.name
                ),
                "(sed '/PRIVATE KEY/,/PRIVATE KEY/d' {in}; openssl pkey -provider legacy -provider default -aes256 -in {in}) > {out}",
            );
        }
        if block.label != "PRIVATE KEY" && is_plain_pkcs8(block) {
            let label = printable(&block.label);
            return file.wrong_until(
                format!("line {line}: a \"PRIVATE KEY\" is named \"{label}\""),
                "sed 's/-----\\(BEGIN\\|END\\) .*PRIVATE KEY-----/-----\\1 PRIVATE KEY-----/' {in} > {out}",
            );
        }
        file.wrong(match (asked, passphrase) {
            (true, None) => "the private key is encrypted; name a file with its passphrase in messaging_key_passphrase_file".into(),
            (true, Some(_)) => "the passphrase in messaging_key_passphrase_file does not open the private key".into(),
            (false, _) => format!(
                "line {line}: holds no usable private key (\"{}\"){}",
                printable(&block.label),
                block.defect()
            ),
        })
    })
}

/// The key in a block, and whether a passphrase was needed for it.
fn open(block: &Block, passphrase: Option<&[u8]>) -> (Result<PKey<Private>, ErrorStack>, bool) {
    if let Some(key) = plain::read(block) {
        return (Ok(key), false);
    }
    let mut asked = false;
    // Only the function with a callback never asks for a passphrase on the terminal.
    let key = PKey::private_key_from_pem_callback(block.pem().as_bytes(), |buffer| {
        asked = true;
        let passphrase = passphrase.unwrap_or_default();
        match buffer.get_mut(..passphrase.len()) {
            Some(room) if !passphrase.is_empty() => {
                room.copy_from_slice(passphrase);
                Ok(passphrase.len())
            }
            _ => Err(ErrorStack::get()),
        }
    });
    (key, asked)
}

/// A key under the name of another format, which OpenSSL does not read.
fn is_plain_pkcs8(block: &Block) -> bool {
    block.der().is_some_and(|der| PKey::private_key_from_pkcs8(&der).is_ok())
}

/// A way to encrypt a key.
struct Encryption {
    name: &'static str,
    /// OpenSSL's name of the cipher.
    cipher: &'static str,
    /// In the `DEK-Info` header, up to a comma or a hyphen.
    header: &'static str,
    /// DER of its object identifier, without the tag.
    object: &'static [u8],
}

/// Those that OpenSSL 3 reads only with its legacy provider (OSSL_PROVIDER-legacy(7)).
#[rustfmt::skip]
const OLD: [Encryption; 14] = [
    Encryption { name: "DES", cipher: "DES-CBC", header: "DES", object: &[5, 0x2b, 0x0e, 3, 2, 7] },
    Encryption { name: "RC2", cipher: "RC2-CBC", header: "RC2", object: &[8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2] },
    Encryption { name: "RC4", cipher: "RC4", header: "RC4", object: &[8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 4] },
    Encryption { name: "Blowfish", cipher: "BF-CBC", header: "BF", object: &[9, 0x2b, 6, 1, 4, 1, 0x97, 0x55, 1, 2] },
    Encryption { name: "CAST5", cipher: "CAST5-CBC", header: "CAST5", object: &[9, 0x2a, 0x86, 0x48, 0x86, 0xf6, 0x7d, 7, 0x42, 10] },
    Encryption { name: "IDEA", cipher: "IDEA-CBC", header: "IDEA", object: &[11, 0x2b, 6, 1, 4, 1, 0x81, 0x3c, 7, 1, 1, 2] },
    Encryption { name: "SEED", cipher: "SEED-CBC", header: "SEED", object: &[8, 0x2a, 0x83, 0x1a, 0x8c, 0x9a, 0x44, 1, 4] },
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
    fn is_readable(&self) -> bool {
        openssl::cipher::Cipher::fetch(None, self.cipher, None).is_ok()
    }
}

/// The old encryption of a key, if it has one.
fn encryption(block: &Block) -> Option<&'static Encryption> {
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
