//! The certificates that may vouch for brokers: those of a file, or of all files of a folder.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use openssl::x509::{X509, X509NameRef, X509Ref};

use super::revoked::Revocations;
use crate::{
    error::{Error, printable_path},
    transport::{
        certificate,
        pem::{self, Block, File, Purpose},
        validity::{self, Validity},
    },
};

/// What `messaging_ca_cert` says.
#[derive(Default)]
pub(super) struct Authorities {
    path: PathBuf,
    trusted: Vec<Authority>,
    /// Those that the file trusts, but not for servers.
    distrusted: Vec<Authority>,
    pub(super) revocations: Revocations,
    warned: Mutex<HashSet<String>>,
}

struct Authority {
    certificate: X509,
    path: PathBuf,
}

impl Authorities {
    /// Reads a file, or all files of a folder.
    ///
    /// # Errors
    /// [`Error::Certificate`], which names the file and its defect.
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        let mut authorities = Self { path: path.into(), ..Self::default() };
        if path.is_dir() {
            authorities.add_folder()?;
        } else {
            let file = pem::read(path, Purpose::Authorities)?;
            authorities.add_whole(&file)?;
            if authorities.is_empty() {
                return Err(file.without_certificate());
            }
        }
        authorities.forget_distrusted()?;
        Ok(authorities)
    }

    fn is_empty(&self) -> bool {
        self.trusted.is_empty() && self.distrusted.is_empty()
    }

    /// Adds the files of a folder, whose names do not matter; damaged ones are reported, as other programs may use them.
    fn add_folder(&mut self) -> Result<(), Error> {
        let folder = self.path.clone();
        let wrong = |problem: String| Error::Certificate { path: folder.clone(), problem };
        let unreadable = |error| wrong(format!("cannot read the folder: {error}"));
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
            if !is_hidden && !path.is_dir() {
                paths.push(path);
            }
        }
        paths.sort();
        let (mut known, mut errors) = (HashSet::new(), Vec::new());
        for path in paths {
            // Hashed names are links to the other files.
            if path.canonicalize().is_ok_and(|file| !known.insert(file)) {
                continue;
            }
            let added = match path.metadata() {
                Ok(file) if !file.is_file() => continue,
                _ => pem::read(&path, Purpose::Authorities).and_then(|file| self.add_whole(&file)),
            };
            errors.extend(added.err());
        }
        if self.is_empty() && errors.len() == 1 {
            return Err(errors.remove(0));
        }
        if self.is_empty() {
            let nothing = "the folder has no file with a certificate";
            return Err(wrong(match errors.first() {
                Some(first) => format!("{nothing}; the first of {}: {first}", errors.len()),
                None => format!("{nothing}; expected PEM with \"-----BEGIN CERTIFICATE-----\""),
            }));
        }
        for error in errors {
            log::warn!("{error}; the file is ignored");
        }
        Ok(())
    }

    /// Adds a file that must hold something of use.
    fn add_whole(&mut self, file: &File) -> Result<(), Error> {
        if file.blocks.iter().any(|block| certificate::is_one(block) || is_list(block)) {
            self.add(file)
        } else {
            Err(file.without_certificate())
        }
    }

    fn add(&mut self, file: &File) -> Result<(), Error> {
        file.warn_of_oddities();
        for block in &file.blocks {
            let damaged = || {
                let (line, what) = (block.line, block.what());
                file.wrong(format!("line {line}: {what} is damaged{}", block.defect()))
            };
            if certificate::is_one(block) {
                let found = certificate::of(block).ok_or_else(damaged)?;
                let authority = Authority { certificate: found.x509, path: file.path.clone() };
                if found.serves { &mut self.trusted } else { &mut self.distrusted }.push(authority);
            } else if is_list(block) {
                self.revocations.add(block, &file.path).ok_or_else(damaged)?;
            } else {
                file.ignores(block);
            }
        }
        Ok(())
    }

    /// A refusal counts, whatever another copy of the certificate says.
    fn forget_distrusted(&mut self) -> Result<(), Error> {
        let Self { trusted, distrusted, .. } = self;
        trusted.retain(|authority| {
            !distrusted.iter().any(|other| other.certificate == authority.certificate)
        });
        if distrusted.is_empty() {
            return Ok(());
        }
        let path = printable_path(&self.path);
        log::info!("{path}: {} certificates are not trusted for servers", distrusted.len());
        if trusted.is_empty() {
            let problem = "holds no certificate that is trusted for servers; expected one with the use serverAuth";
            return Err(Error::Certificate { path: self.path.clone(), problem: problem.into() });
        }
        Ok(())
    }

    /// The certificates that may vouch for a broker.
    pub(super) fn trusted(&self) -> impl Iterator<Item = &X509Ref> {
        self.trusted.iter().map(|authority| &*authority.certificate)
    }

    /// Whether the file has this certificate, but not for servers.
    pub(super) fn distrusts(&self, certificate: &X509Ref) -> bool {
        position(&self.distrusted, certificate).is_some()
    }

    /// The file that a trusted certificate is in, to be shown.
    pub(super) fn file_of(&self, certificate: &X509Ref) -> Option<String> {
        let authority = position(&self.trusted, certificate)?;
        Some(printable_path(&authority.path))
    }

    /// Whether a trusted certificate has this name.
    pub(super) fn has_name(&self, name: &X509NameRef) -> bool {
        self.trusted().any(|authority| certificate::is_same_name(authority.subject_name(), name))
    }

    /// Whether a certificate that is not trusted for servers has this name.
    pub(super) fn distrusts_name(&self, name: &X509NameRef) -> bool {
        self.distrusted
            .iter()
            .any(|authority| certificate::is_same_name(authority.certificate.subject_name(), name))
    }

    /// Whether a renewed certificate of the same authority is there, too, which takes over.
    fn is_renewed(&self, certificate: &X509Ref) -> bool {
        self.trusted().any(|other| {
            certificate::is_same_name(other.subject_name(), certificate.subject_name())
                && validity::of(other).is_ok_and(|validity| validity == Validity::Good)
                && matches!(
                    (other.public_key(), certificate.public_key()),
                    (Ok(key), Ok(same)) if key.public_eq(&same)
                )
        })
    }

    /// What to say of a trusted certificate that has verified a broker and ends soon.
    pub(super) fn end_of(&self, certificate: &X509Ref) -> Option<String> {
        let (Some(path), Ok(Validity::Ending(days))) =
            (self.file_of(certificate), validity::of(certificate))
        else {
            return None;
        };
        let (name, until) =
            (certificate::name(certificate.subject_name()), certificate.not_after());
        (!self.is_renewed(certificate)).then(|| {
            format!("{path}: the authority \"{name}\" expires on {until}, {days} days from now")
        })
    }

    /// Warns once of a trusted certificate that has verified a broker and ends soon.
    pub(super) fn warn_of_its_end(&self, certificate: &X509Ref) {
        let Some(text) = self.end_of(certificate) else { return };
        // A later connection says the same again.
        let mut warned = self.warned.lock();
        if warned.as_mut().is_ok_and(|warned| warned.insert(text.clone())) {
            log::warn!("{text}");
        }
    }
}

fn is_list(block: &Block) -> bool {
    block.label == "X509 CRL"
}

fn position<'a>(authorities: &'a [Authority], certificate: &X509Ref) -> Option<&'a Authority> {
    authorities.iter().find(|authority| *authority.certificate == *certificate)
}
