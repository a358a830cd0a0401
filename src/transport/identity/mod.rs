//! The client's certificate and key, checked before anything connects.

mod certificates;
mod encryption;
mod files;
mod key;
mod plain;
mod remarks;

use std::path::{Path, PathBuf};

use openssl::{
    error::ErrorStack,
    nid::Nid,
    pkey::{PKey, Private},
    ssl::SslContextBuilder,
    x509::{X509, X509NameRef},
};

use files::Files;
pub(super) use remarks::Remarks;

use super::{
    certificate, facts, strength,
    validity::{self, Validity},
};
use crate::{
    error::{Error, printable_path},
    secret,
};

/// A client certificate with its key, and the intermediates of its file.
pub(crate) struct Identity {
    /// The file that the certificate was read from.
    path: PathBuf,
    certificate: X509,
    intermediates: Vec<X509>,
    key: PKey<Private>,
}

impl Identity {
    /// Reads certificate and key from one PEM file, in either order, or the key from `key`; further certificates
    /// beside the first are intermediates. Never prompts.
    ///
    /// # Errors
    /// [`Error::Certificate`], which names the file and its defect: unreadable, no PEM, no certificate, no
    /// key, a key that belongs to another certificate, an encrypted key that `passphrase_file` does
    /// not open, expired or not yet valid.
    pub(crate) fn load(
        path: &Path,
        key: Option<&Path>,
        passphrase_file: Option<&Path>,
    ) -> Result<Self, Error> {
        let files = Files::read(path, key)?;
        let certificates = certificates::all(&files.certificate)?;
        let passphrase =
            passphrase_file.map(|path| secret::read(path, "passphrase")).transpose()?;
        let passphrase = passphrase.as_ref().map(|passphrase| passphrase.as_bytes());
        let keys = key::all(files.with_key(), passphrase)?;
        let (own, key) = certificates::pair(&certificates, keys)
            .ok_or_else(|| files.mismatch(&certificates, passphrase))?;
        let own_line = certificates[own].line;
        let (of_the_key, others): (Vec<_>, Vec<_>) =
            certificates.into_iter().partition(|certificate| certificate.is_of(&key.key));
        let own = of_the_key.iter().find(|certificate| certificate.line == own_line);
        let own = own.expect("the certificate that was chosen").x509.clone();
        // A chain beside the certificate often begins with it once more.
        let same = of_the_key.iter().filter(|certificate| certificate.x509 == own);
        let used: Vec<_> = others.iter().chain(same).collect();
        files.report_unused(&used, &key, passphrase);
        let identity = Self {
            path: path.into(),
            certificate: own,
            intermediates: others.into_iter().map(|certificate| certificate.x509).collect(),
            key: key.key,
        };
        identity.check()?;
        Ok(identity)
    }

    /// The name in requests: the subject's common name, else its user id.
    pub(crate) fn creator(&self) -> Option<String> {
        let subject = self.certificate.subject_name();
        entry(subject, Nid::COMMONNAME).or_else(|| entry(subject, Nid::USERID))
    }

    /// The certificate, to be shown.
    pub(crate) fn facts(&self) -> facts::Certificate {
        facts::Certificate::of(&self.certificate)
    }

    /// Makes the context present the certificate if the broker asks for it.
    ///
    /// # Errors
    /// [`Error::Certificate`] if OpenSSL finds it too weak.
    pub(super) fn show(&self, context: &mut SslContextBuilder) -> Result<(), Error> {
        let mut show = || -> Result<(), ErrorStack> {
            context.set_certificate(&self.certificate)?;
            for intermediate in &self.intermediates {
                context.add_extra_chain_cert(intermediate.clone())?;
            }
            context.set_private_key(&self.key)
        };
        show().map_err(|stack| {
            let weakness =
                strength::level().and_then(|level| strength::weakness(&self.certificate, level));
            self.wrong(match weakness {
                Some(weakness) => format!("the certificate {weakness}; have a stronger one issued"),
                None => format!("OpenSSL does not accept it: {}", strength::reasons(&stack)),
            })
        })
    }

    /// Warns of what a broker may refuse, and of what OpenSSL does not send at this security level.
    pub(super) fn warn(&self, level: u32) {
        if let Some((usage, missing)) = remarks::missing_usage(&self.certificate) {
            log::warn!(
                "{}: the certificate is not for clients: its {usage} does not include {missing}; a broker may refuse it",
                self.shown()
            );
        }
        for intermediate in &self.intermediates {
            if let Some(weakness) = strength::weakness(intermediate, level) {
                let (path, name) = (self.shown(), certificate::name(intermediate.subject_name()));
                log::warn!(
                    "{path}: the intermediate certificate \"{name}\" {weakness}; OpenSSL ends the handshake if the broker asks for the certificate"
                );
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let (path, until) = (self.shown(), self.certificate.not_after());
        match validity::of(&self.certificate) {
            Ok(Validity::Good) => {}
            Ok(Validity::Ending(days)) => {
                log::warn!("{path}: the certificate expires on {until}, {days} days from now");
            }
            Ok(Validity::Expired) => {
                return Err(self.wrong(format!("the certificate expired on {until}")));
            }
            Ok(Validity::NotYet) => {
                let from = self.certificate.not_before();
                return Err(self.wrong(format!("the certificate is not valid before {from}")));
            }
            Err(stack) => return Err(self.wrong(strength::reasons(&stack))),
        }
        // The broker may itself have a newer one, so this is only a warning.
        for intermediate in &self.intermediates {
            if validity::of(intermediate).is_ok_and(|validity| validity == Validity::Expired) {
                let until = intermediate.not_after();
                log::warn!(
                    "{path}: an intermediate certificate expired on {until}; the broker may refuse the client's for it"
                );
            }
        }
        Ok(())
    }

    fn wrong(&self, problem: String) -> Error {
        Error::Certificate { path: self.path.clone(), problem }
    }

    fn shown(&self) -> String {
        printable_path(&self.path)
    }
}

fn entry(name: &X509NameRef, kind: Nid) -> Option<String> {
    let text = name.entries_by_nid(kind).next()?.data().to_string().ok()?;
    Some(text).filter(|text| !text.is_empty())
}
