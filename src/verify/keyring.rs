//! Certificates in files, and which of them belong to a key.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use pgp::{
    composed::{SignedPublicKey, SignedPublicKeyParser},
    packet::{Packet, PacketParser},
    types::KeyDetails,
};

use super::certificate::Certificate;
use crate::{error::Error, openpgp};

/// More bytes than any file of certificates has.
const MAX_FILE: u64 = 64 << 20;

/// OpenPGP certificates, by which signed values are verified.
///
/// The setting `verify_keys` names files of them; [`Signer::set_keyring`](crate::Signer::set_keyring) takes others.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    certificates: Vec<Arc<Certificate>>,
}

/// The certificates that belong to a key.
#[derive(Debug)]
pub(crate) enum Found {
    /// Those of which any signs: one, or all if the key has no id.
    Certificates(Vec<Arc<Certificate>>),
    Missing,
    /// Several have this id.
    Ambiguous(Vec<Arc<Certificate>>),
}

/// The hexadecimal digits of a key's id, in lower case, if it is one: a fingerprint, or the last 8 digits of it or more.
fn digits(key: &str) -> Option<String> {
    let joined: String = key.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    let joined = joined.to_ascii_lowercase();
    let digits = joined.strip_prefix("0x").unwrap_or(&joined);
    (digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| digits.to_owned())
}

impl Keyring {
    /// Reads files of certificates, armored or binary, several in one or not; and folders of such files, in which other files
    /// are ignored.
    ///
    /// # Errors
    /// [`Error::Certificate`] if a file cannot be read, or has no certificate, or one that is damaged.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let mut packets = Vec::new();
        for path in paths {
            let path = path.as_ref();
            if path.is_dir() {
                of_folder(path, &mut packets)?;
            } else {
                let bytes = read(path)?;
                of_file(path, &bytes, &mut packets)?;
            }
        }
        Ok(Self::new(&packets))
    }

    /// Reads certificates, armored or binary.
    ///
    /// # Errors
    /// [`Error::Certificate`], with an empty path, if there is none, or one that is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut packets = Vec::new();
        of_file(Path::new(""), bytes, &mut packets)?;
        Ok(Self::new(&packets))
    }

    fn new(packets: &[SignedPublicKey]) -> Self {
        let certificates = packets.iter().map(Certificate::new).map(Arc::new);
        Self { certificates: certificates.collect() }
    }

    /// Returns the fingerprints of the certificates, in hexadecimal digits.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.certificates.iter().map(|certificate| certificate.fingerprint.as_str())
    }

    /// The certificates, each by its fingerprint and first user id.
    #[cfg(feature = "cli")]
    pub(crate) fn shown(&self) -> Vec<String> {
        self.certificates.iter().map(|certificate| certificate.shown()).collect()
    }

    /// The certificates that belong to a key: the one with a primary key or subkey of this id; if it is no id but a name, all.
    pub(crate) fn find(&self, key: &str) -> Found {
        let all = self.certificates.iter().cloned();
        let found: Vec<_> = match digits(key) {
            None => {
                return if self.certificates.is_empty() {
                    Found::Missing
                } else {
                    Found::Certificates(all.collect())
                };
            }
            Some(digits) => all.filter(|it| it.has(&digits)).collect(),
        };
        match found.len() {
            0 => Found::Missing,
            1 => Found::Certificates(found),
            _ => Found::Ambiguous(found),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let wrong = |problem: String| Error::Certificate { path: path.into(), problem };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(format!("cannot read the OpenPGP certificates: {error}")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(wrong("has more than 64 MiB; expected OpenPGP certificates".into()));
    }
    Ok(bytes)
}

/// Adds the certificates in the files of a folder.
fn of_folder(folder: &Path, packets: &mut Vec<SignedPublicKey>) -> Result<(), Error> {
    let wrong = |problem: String| Error::Certificate { path: folder.into(), problem };
    let cannot = |error| wrong(format!("cannot read the folder of OpenPGP certificates: {error}"));
    let entries = fs::read_dir(folder).map_err(cannot)?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|it| it.path())).collect();
    let mut paths = paths.map_err(cannot)?;
    paths.sort();
    let mut is_any = false;
    for path in paths.iter().filter(|path| path.is_file()) {
        let bytes = read(path)?;
        if looks_like_certificates(&bytes) {
            of_file(path, &bytes, packets)?;
            is_any = true;
        }
    }
    is_any.then_some(()).ok_or_else(|| {
        wrong(
            "no file in this folder has an OpenPGP certificate; gpg --armor --export KEY makes one"
                .into(),
        )
    })
}

/// Whether a file begins as certificates do: with armor, or with the packet of a public key.
fn looks_like_certificates(bytes: &[u8]) -> bool {
    const ARMOR: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
    matches!(bytes, [0x98..=0x9b | 0xc6, ..]) || bytes.windows(ARMOR.len()).any(|it| it == ARMOR)
}

/// Adds the certificates in a file.
fn of_file(path: &Path, bytes: &[u8], all: &mut Vec<SignedPublicKey>) -> Result<(), Error> {
    let wrong = |problem: &str| Error::Certificate { path: path.into(), problem: problem.into() };
    let damaged = || wrong("an OpenPGP certificate is damaged or cut off; export it again");
    let mut is_any = false;
    for block in openpgp::keys(bytes) {
        let block = block.ok_or_else(damaged)?;
        // What GnuPG notes beside keys in its own files.
        let packets = PacketParser::new(&block[..]).filter(|packet| {
            !matches!(packet, Ok(Packet::Trust(_) | Packet::Marker(_) | Packet::Padding(_)))
        });
        for certificate in SignedPublicKeyParser::from_packets(packets.peekable()) {
            add(certificate.map_err(|_| damaged())?, all);
            is_any = true;
        }
    }
    is_any.then_some(()).ok_or_else(|| wrong(instead(bytes)))
}

/// What a file without a certificate is.
fn instead(bytes: &[u8]) -> &'static str {
    let has = |text: &[u8]| bytes.windows(text.len()).any(|it| it == text);
    if has(b"BEGIN PGP PRIVATE KEY BLOCK") || matches!(bytes, [0x94..=0x97 | 0xc5, ..]) {
        "has a private key; expected OpenPGP certificates, as gpg --armor --export KEY makes them"
    } else if has(b"BEGIN CERTIFICATE") {
        "has an X.509 certificate; expected OpenPGP certificates, as gpg --armor --export KEY makes them"
    } else if bytes.get(8..12) == Some(b"KBXf") {
        "is a keybox of GnuPG; gpg --armor --export KEY makes a file of OpenPGP certificates"
    } else {
        "has no OpenPGP certificate; gpg --armor --export KEY makes one"
    }
}

/// Adds a certificate, or what it has beyond one of the same key.
fn add(certificate: SignedPublicKey, all: &mut Vec<SignedPublicKey>) {
    let fingerprint = certificate.fingerprint();
    let Some(known) = all.iter_mut().find(|it| it.fingerprint() == fingerprint) else {
        all.push(certificate);
        return;
    };
    let details = certificate.details;
    known.details.revocation_signatures.extend(details.revocation_signatures);
    known.details.direct_signatures.extend(details.direct_signatures);
    known.details.users.extend(details.users);
    for subkey in certificate.public_subkeys {
        match known.public_subkeys.iter_mut().find(|it| it.key == subkey.key) {
            Some(known) => known.signatures.extend(subkey.signatures),
            None => known.public_subkeys.push(subkey),
        }
    }
}
