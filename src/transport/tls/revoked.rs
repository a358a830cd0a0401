//! Certificate revocation lists in the files of the authorities.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use openssl::{
    asn1::Asn1Time,
    x509::{CrlStatus, X509Crl, X509Ref},
};

use crate::{
    error::printable_path,
    transport::{certificate, pem::Block},
};

/// What the files revoke.
#[derive(Default)]
pub(super) struct Revocations(Vec<List>);

struct List {
    crl: X509Crl,
    path: PathBuf,
    /// Whether it was reported that the list is ignored.
    reported: AtomicBool,
}

impl Revocations {
    /// Adds a list; `None` if it is damaged. Without a list of an issuer none of its certificates is revoked; an old
    /// list still counts.
    pub(super) fn add(&mut self, block: &Block, path: &Path) -> Option<()> {
        let crl = X509Crl::from_der(&block.der()?).ok()?;
        let now = Asn1Time::days_from_now(0).ok()?;
        if let Some(until) = crl.next_update().filter(|until| *until < now) {
            let (path, line) = (printable_path(path), block.line);
            log::warn!(
                "{path}: line {line}: the certificate revocation list of \"{}\" expired on {until}; what it revokes is refused, but later revocations are not known",
                certificate::name(crl.issuer_name())
            );
        }
        self.0.push(List { crl, path: path.into(), reported: AtomicBool::new(false) });
        Some(())
    }

    /// When, and in which file, a certificate was revoked by one of these possible issuers.
    pub(super) fn of(&self, certificate: &X509Ref, issuers: &[&X509Ref]) -> Option<String> {
        let lists = self.0.iter().filter(|list| {
            certificate::is_same_name(list.crl.issuer_name(), certificate.issuer_name())
        });
        for List { crl, path, reported } in lists {
            let signs = |issuer: &&X509Ref| {
                certificate::is_same_name(issuer.subject_name(), crl.issuer_name())
                    && issuer.public_key().is_ok_and(|key| crl.verify(&key).unwrap_or(false))
            };
            let path = printable_path(path);
            if !issuers.iter().any(signs) {
                if !reported.swap(true, Ordering::Relaxed) {
                    log::warn!(
                        "{path}: the certificate revocation list of \"{}\" is ignored: its signature is not that of the authority",
                        certificate::name(crl.issuer_name())
                    );
                }
            } else if let CrlStatus::Revoked(entry) = crl.get_by_serial(certificate.serial_number())
            {
                return Some(format!("was revoked on {} ({path})", entry.revocation_date()));
            }
        }
        None
    }
}
