//! The client's certificate and key, checked before anything connects.

use std::{
    fs,
    path::{Path, PathBuf},
};

use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    nid::Nid,
    pkey::{PKey, Private},
    x509::{X509, X509NameRef},
};
use zeroize::Zeroizing;

use crate::{error::Error, secret};

/// How many days before a certificate expires every run begins to warn.
const WARNING_DAYS: i32 = 14;

/// A client certificate with its key, and the intermediates of its file.
pub(crate) struct Identity {
    /// The file that it was read from.
    pub(super) path: PathBuf,
    pub(super) certificate: X509,
    pub(super) intermediates: Vec<X509>,
    pub(super) key: PKey<Private>,
}

impl Identity {
    /// Reads certificate and key from one PEM file, in either order; further certificates are
    /// intermediates. Never prompts.
    ///
    /// # Errors
    /// [`Error::Certificate`], which names the file and its defect: unreadable, no certificate, no
    /// key, a key that belongs to another certificate, an encrypted key that `passphrase_file` does
    /// not open, expired or not yet valid.
    pub(crate) fn load(path: &Path, passphrase_file: Option<&Path>) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Certificate { path: path.into(), problem };
        let pem = fs::read(path)
            .map(Zeroizing::new)
            .map_err(|error| wrong(format!("cannot read certificate and key: {error}")))?;
        let mut certificates = X509::stack_from_pem(&pem)
            .map_err(|stack| wrong(format!("holds a damaged certificate: {stack}")))?;
        if certificates.is_empty() {
            return Err(wrong(
                "holds no certificate; expected PEM with \"-----BEGIN CERTIFICATE-----\"".into(),
            ));
        }
        let passphrase =
            passphrase_file.map(|path| secret::read(path, "passphrase")).transpose()?;
        let key = private_key(&pem, passphrase.as_ref().map(|passphrase| passphrase.as_bytes()))
            .map_err(|problem| wrong(problem.into()))?;
        let own = certificates
            .iter()
            .position(|certificate| {
                certificate.public_key().is_ok_and(|public| public.public_eq(&key))
            })
            .ok_or_else(|| {
                wrong("the private key does not belong to the certificate beside it".into())
            })?;
        let identity = Self {
            path: path.into(),
            certificate: certificates.remove(own),
            intermediates: certificates,
            key,
        };
        identity.check_validity()?;
        Ok(identity)
    }

    /// The name in requests: the subject's common name, else its user id.
    pub(crate) fn creator(&self) -> Option<String> {
        let subject = self.certificate.subject_name();
        entry(subject, Nid::COMMONNAME).or_else(|| entry(subject, Nid::USERID))
    }

    fn check_validity(&self) -> Result<(), Error> {
        let wrong = |problem: String| Error::Certificate { path: self.path.clone(), problem };
        let (from, until) = (self.certificate.not_before(), self.certificate.not_after());
        let now = Asn1Time::days_from_now(0).map_err(|stack| wrong(stack.to_string()))?;
        if until < now {
            return Err(wrong(format!("the certificate expired on {until}")));
        }
        if from > now {
            return Err(wrong(format!("the certificate is not valid before {from}")));
        }
        if let Some(days) = days_to_warn_of(&now, until) {
            log::warn!(
                "{}: the certificate expires on {until}, {days} days from now",
                self.path.display()
            );
        }
        // The broker may itself have a newer one, so this is only a warning.
        for intermediate in
            self.intermediates.iter().filter(|intermediate| intermediate.not_after() < now)
        {
            let (path, until) = (self.path.display(), intermediate.not_after());
            log::warn!(
                "{path}: an intermediate certificate expired on {until}; the broker may refuse the client's for it"
            );
        }
        Ok(())
    }
}

/// The whole days that are left, if they are few.
fn days_to_warn_of(now: &Asn1TimeRef, until: &Asn1TimeRef) -> Option<i32> {
    now.diff(until).ok().map(|difference| difference.days).filter(|&days| days < WARNING_DAYS)
}

fn entry(name: &X509NameRef, kind: Nid) -> Option<String> {
    let text = name.entries_by_nid(kind).next()?.data().to_string().ok()?;
    Some(text).filter(|text| !text.is_empty())
}

fn private_key(pem: &[u8], passphrase: Option<&[u8]>) -> Result<PKey<Private>, &'static str> {
    let mut asked = false;
    // Only the function with a callback never asks for a passphrase on the terminal.
    let key = PKey::private_key_from_pem_callback(pem, |buffer| {
        asked = true;
        let passphrase = passphrase.unwrap_or_default();
        match buffer.get_mut(..passphrase.len()) {
            Some(room) if !passphrase.is_empty() => {
                room.copy_from_slice(passphrase);
                Ok(passphrase.len())
            }
            _ => Err(openssl::error::ErrorStack::get()),
        }
    });
    key.map_err(|_| match (asked, passphrase) {
        (true, None) => {
            "the private key is encrypted; name a file with its passphrase in messaging_key_passphrase_file"
        }
        (true, Some(_)) => "the passphrase in messaging_key_passphrase_file does not open the private key",
        (false, _) => "holds no usable private key; expected PEM with \"-----BEGIN PRIVATE KEY-----\"",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_left_are_whole_and_reported_below_fourteen() {
        const DAY: i64 = 24 * 60 * 60;
        let now = 1_700_000_000;
        for (left, reported) in [
            (0, Some(0)),
            (DAY - 1, Some(0)),
            (DAY, Some(1)),
            (13 * DAY, Some(13)),
            (14 * DAY - 1, Some(13)),
            (14 * DAY, None),
            (15 * DAY, None),
        ] {
            let [now, until] = [now, now + left].map(|time| Asn1Time::from_unix(time).unwrap());
            assert_eq!(days_to_warn_of(&now, &until), reported, "{left} s");
        }
    }
}
