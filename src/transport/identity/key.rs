//! Private keys in PEM blocks.

use openssl::{
    error::ErrorStack,
    pkey::{PKey, Private},
};

use super::{encryption, plain};
use crate::{
    error::{Error, printable},
    transport::pem::{Block, File, Purpose},
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
        if let Some(old) = encryption::of(block).filter(|old| !old.is_readable()) {
            return file.wrong_until(
                format!(
                    "line {line}: the private key is encrypted with {}, which OpenSSL does not read here",
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
