//! The certificates beside a key, and which of them is its own.

use openssl::{
    pkey::{PKey, Private},
    x509::X509,
};

use super::key::Key;
use crate::{
    error::Error,
    transport::{
        certificate,
        pem::File,
        validity::{self, Validity},
    },
};

/// A certificate, and the line of its file that it begins in.
pub(super) struct Certificate {
    pub(super) x509: X509,
    pub(super) line: usize,
}

impl Certificate {
    pub(super) fn is_of(&self, key: &PKey<Private>) -> bool {
        self.x509.public_key().is_ok_and(|public| public.public_eq(key))
    }

    fn is_valid(&self) -> bool {
        matches!(validity::of(&self.x509), Ok(Validity::Good | Validity::Ending(_)))
    }
}

/// All certificates of a file, at least one.
///
/// # Errors
/// [`Error::Certificate`] if there is none, or one that is damaged, which is named with its line.
pub(super) fn all(file: &File) -> Result<Vec<Certificate>, Error> {
    let mut certificates = Vec::new();
    for block in file.blocks.iter().filter(|block| certificate::is_one(block)) {
        let line = block.line;
        let certificate = certificate::of(block);
        let damaged =
            || file.wrong(format!("line {line}: holds a damaged certificate{}", block.defect()));
        certificates.push(Certificate { x509: certificate.ok_or_else(damaged)?.x509, line });
    }
    if certificates.is_empty() { Err(file.without_certificate()) } else { Ok(certificates) }
}

/// A key, and the place of the certificate that belongs to it: of several, such as an old and a renewed one, the first
/// that is valid now.
pub(super) fn pair(certificates: &[Certificate], keys: Vec<Key>) -> Option<(usize, Key)> {
    keys.into_iter().find_map(|key| {
        let own = |certificate: &Certificate| certificate.is_of(&key.key);
        let valid = |certificate: &Certificate| own(certificate) && certificate.is_valid();
        let place = certificates.iter().position(valid);
        Some((place.or_else(|| certificates.iter().position(own))?, key))
    })
}
