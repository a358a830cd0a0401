//! The file of a certificate and its key, or the file of each.

use std::path::Path;

use super::{
    certificates::Certificate,
    key::{self, Key},
};
use crate::{
    error::{Error, printable_path},
    transport::{
        certificate,
        pem::{self, Block, File, Purpose},
    },
};

/// What `messaging_cert_key` and, if it is set, `messaging_key` name.
pub(super) struct Files {
    pub(super) certificate: File,
    key: Option<File>,
}

impl Files {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Error::Certificate`] if one is no PEM, or if the two are exchanged.
    pub(super) fn read(certificate: &Path, key: Option<&Path>) -> Result<Self, Error> {
        let Some(key) = key else {
            return Ok(Self { certificate: pem::read(certificate, Purpose::Identity)?, key: None });
        };
        let certificate = pem::read(certificate, Purpose::Certificate)?;
        let key = pem::read(key, Purpose::Key)?;
        let has = |file: &File, what: fn(&Block) -> bool| file.blocks.iter().any(what);
        let holds_only_key =
            has(&certificate, key::is_one) && !has(&certificate, certificate::is_one);
        if holds_only_key && has(&key, certificate::is_one) && !has(&key, key::is_one) {
            return Err(certificate.wrong(format!(
                "holds a private key, and {} a certificate; exchange messaging_cert_key and messaging_key",
                printable_path(&key.path)
            )));
        }
        Ok(Self { certificate, key: Some(key) })
    }

    /// The file with the private key.
    pub(super) fn with_key(&self) -> &File {
        self.key.as_ref().unwrap_or(&self.certificate)
    }

    /// The error of keys of which none belongs to a certificate.
    pub(super) fn mismatch(
        &self,
        certificates: &[Certificate],
        passphrase: Option<&[u8]>,
    ) -> Error {
        let Some(file) = &self.key else {
            return self
                .certificate
                .wrong("the private key does not belong to the certificate beside it");
        };
        let keys = self.certificate.blocks.iter().filter(|block| key::is_one(block));
        let belongs = |key| certificates.iter().any(|certificate| certificate.is_of(&key));
        let is_beside = keys.filter_map(|block| key::in_block(block, passphrase)).any(belongs);
        let path = printable_path(&self.certificate.path);
        file.wrong(format!(
            "the private key does not belong to the certificate in {path}; {}",
            if is_beside {
                "the one beside that does: remove messaging_key"
            } else {
                "name the one that does in messaging_key"
            }
        ))
    }

    /// Reports the blocks that are not used.
    pub(super) fn report_unused(
        &self,
        certificates: &[&Certificate],
        key: &Key,
        passphrase: Option<&[u8]>,
    ) {
        let is_used = |block: &Block| certificates.iter().any(|used| used.line == block.line);
        let of_key = |block: &Block| block.line == key.line;
        let Some(file) = &self.key else {
            let unused = |block: &&Block| !is_used(block) && !of_key(block);
            self.certificate
                .blocks
                .iter()
                .filter(unused)
                .for_each(|block| self.certificate.ignores(block));
            return self.certificate.warn_of_oddities();
        };
        for block in self.certificate.blocks.iter().filter(|block| !is_used(block)) {
            let other = key::is_one(block).then(|| key::in_block(block, passphrase)).flatten();
            if other.is_some_and(|other| other.public_eq(&key.key)) {
                self.certificate.has_again(block, "messaging_key");
            } else {
                self.certificate.ignores(block);
            }
        }
        for block in file.blocks.iter().filter(|block| !of_key(block)) {
            let other = certificate::is_one(block).then(|| certificate::of(block)).flatten();
            if other.is_some_and(|other| certificates.iter().any(|used| used.x509 == other.x509)) {
                file.has_again(block, "messaging_cert_key");
            } else {
                file.ignores(block);
            }
        }
        self.certificate.warn_of_oddities();
        file.warn_of_oddities();
    }
}
