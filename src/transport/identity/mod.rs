//! The client's certificate and key, checked before anything connects.

mod key;
mod remarks;

use std::path::{Path, PathBuf};

use openssl::{
    error::ErrorStack,
    nid::Nid,
    pkey::{PKey, Private},
    ssl::SslContextBuilder,
    x509::{X509, X509NameRef},
};

pub(super) use remarks::Remarks;

use super::{
    certificate,
    pem::{self, File, Purpose},
    strength,
    validity::{self, Validity},
};
use crate::{
    error::{Error, printable_path},
    secret,
};

/// A client certificate with its key, and the intermediates of its file.
pub(crate) struct Identity {
    /// The file that it was read from.
    path: PathBuf,
    certificate: X509,
    intermediates: Vec<X509>,
    key: PKey<Private>,
}

impl Identity {
    /// Reads certificate and key from one PEM file, in either order; further certificates are
    /// intermediates. Never prompts.
    ///
    /// # Errors
    /// [`Error::Certificate`], which names the file and its defect: unreadable, no PEM, no certificate, no
    /// key, a key that belongs to another certificate, an encrypted key that `passphrase_file` does
    /// not open, expired or not yet valid.
    pub(crate) fn load(path: &Path, passphrase_file: Option<&Path>) -> Result<Self, Error> {
        let file = pem::read(path, Purpose::Identity)?;
        let certificates = certificates(&file)?;
        let passphrase =
            passphrase_file.map(|path| secret::read(path, "passphrase")).transpose()?;
        let keys = key::all(&file, passphrase.as_ref().map(|passphrase| passphrase.as_bytes()))?;
        let (own, key) = pair(&certificates, keys).ok_or_else(|| {
            file.wrong("the private key does not belong to the certificate beside it")
        })?;
        let own_line = certificates[own].line;
        let (of_the_key, others): (Vec<_>, Vec<_>) =
            certificates.into_iter().partition(|certificate| certificate.is_of(&key.key));
        let own = of_the_key.iter().find(|certificate| certificate.line == own_line);
        let own = own.expect("the certificate that was chosen").x509.clone();
        // A chain beside the certificate often begins with it once more.
        let same = of_the_key.iter().filter(|certificate| certificate.x509 == own);
        let used: Vec<_> = others.iter().chain(same).collect();
        for block in &file.blocks {
            let is_used = block.line == key.line
                || used.iter().any(|certificate| certificate.line == block.line);
            if !is_used {
                file.ignores(block);
            }
        }
        file.warn_of_oddities();
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

    /// Makes the context present the certificate if the broker asks for it.
    ///
    /// # Errors
    /// [`Error::Certificate`] if OpenSSL finds it too weak.
    pub(super) fn show(&self, context: &mut SslContextBuilder, level: u32) -> Result<(), Error> {
        let mut show = || -> Result<(), ErrorStack> {
            context.set_certificate(&self.certificate)?;
            for intermediate in &self.intermediates {
                context.add_extra_chain_cert(intermediate.clone())?;
            }
            context.set_private_key(&self.key)
        };
        show().map_err(|stack| {
            self.wrong(match strength::weakness(&self.certificate, level) {
                Some(weakness) => format!("the certificate {weakness}; have a stronger one issued"),
                None => format!("OpenSSL does not accept it: {}", strength::reasons(&stack)),
            })
        })?;
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
        Ok(())
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

/// A certificate, and the line of its file that it begins in.
struct Certificate {
    x509: X509,
    line: usize,
}

impl Certificate {
    fn is_of(&self, key: &PKey<Private>) -> bool {
        self.x509.public_key().is_ok_and(|public| public.public_eq(key))
    }

    fn is_valid(&self) -> bool {
        matches!(validity::of(&self.x509), Ok(Validity::Good | Validity::Ending(_)))
    }
}

fn certificates(file: &File) -> Result<Vec<Certificate>, Error> {
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
fn pair(certificates: &[Certificate], keys: Vec<key::Key>) -> Option<(usize, key::Key)> {
    keys.into_iter().find_map(|key| {
        let own = |certificate: &Certificate| certificate.is_of(&key.key);
        let valid = |certificate: &Certificate| own(certificate) && certificate.is_valid();
        let place = certificates.iter().position(valid);
        Some((place.or_else(|| certificates.iter().position(own))?, key))
    })
}

fn entry(name: &X509NameRef, kind: Nid) -> Option<String> {
    let text = name.entries_by_nid(kind).next()?.data().to_string().ok()?;
    Some(text).filter(|text| !text.is_empty())
}
