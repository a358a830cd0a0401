//! Values of keys for files that are no files, and may be the secret itself.

use std::{io, path::Path};

use super::{Settings, Verify};
use crate::error::Error;

impl Settings {
    /// Checks that the value of each key for a file is one, if it may be what belongs into the file.
    ///
    /// Other errors name the file. This one does not: `password_file: hunter2`.
    ///
    /// # Errors
    /// [`Error::Config`] for a value that names no file and does not look like a path.
    pub(crate) fn check_files(&self) -> Result<(), Error> {
        for (key, path) in self.files().filter(|(_, path)| !looks_like_path(path)) {
            if let Err(error) = path.metadata()
                && !is_below_a_folder(path)
            {
                return Err(self.sources.fail(key, problem(&error)));
            }
        }
        Ok(())
    }

    /// What may block for as long as no process writes into it, such as a FIFO, of the files to be read: its key and path.
    #[cfg(feature = "cli")]
    pub(crate) fn blocking_file(&self) -> Option<(&'static str, &Path)> {
        let blocks = |path: &Path| path.metadata().is_ok_and(|it| !it.is_file() && !it.is_dir());
        self.files().find(|(_, path)| blocks(path))
    }

    /// The files to be read, by their keys.
    fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        // Without TLS it is not read.
        let ca = self.ca.as_ref().filter(|_| self.brokers.iter().any(|broker| broker.tls));
        let verify_keys = self.verify_keys.iter().filter(|_| self.verify != Verify::Off);
        [
            ("messaging_cert_key", self.certificate.as_ref()),
            ("messaging_key", self.key.as_ref()),
            ("messaging_ca_cert", ca),
            ("messaging_key_passphrase_file", self.passphrase_file.as_ref()),
            ("password_file", self.password_file.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, path)| Some((key, path?.as_path())))
        .chain(verify_keys.map(|path| ("verify_keys", path.as_path())))
    }
}

/// What the names of such files end with.
const ENDINGS: [&str; 13] =
    ["pem", "crt", "cer", "cert", "key", "txt", "der", "p12", "pfx", "jks", "asc", "gpg", "pgp"];

/// Whether a value is written as a path is: in full, from here or the folder above on, or with a usual ending.
///
/// A password or base64 may hold, or begin with, one "/".
pub(super) fn looks_like_path(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    let is_full = text.starts_with('/') && text.matches('/').count() > 1 && !text.ends_with('=');
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    is_full
        || text.starts_with("./")
        || text.starts_with("../")
        || ENDINGS.iter().any(|known| ending == *known)
}

/// Whether the value names a file, which need not exist, in a folder that does.
fn is_below_a_folder(path: &Path) -> bool {
    let named = |folder: &&Path| !folder.as_os_str().is_empty() && folder.parent().is_some();
    path.parent().filter(named).is_some_and(Path::is_dir)
}

fn problem(error: &io::Error) -> String {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "the file does not exist".into(),
        _ => error.to_string(),
    };
    format!(
        "{reason}; expected the path of a file, not what belongs into it (the value is not shown, in case it is that)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_two_slashes_or_a_usual_ending_or_begins_with_a_dot() {
        for (path, expected) in [
            ("/etc/pass", true),
            ("./pass", true),
            ("../pass", true),
            ("hunter2", false),
            ("hun/ter2", false),
            ("/hunter2", false),
            (".hunter2", false),
            ("hun//ter2", false),
            ("client.pem", true),
            ("certs/ca-bundle.crt", true),
            ("Client.PEM", true),
            ("/umb.key", true),
            ("password.txt", true),
            ("hunter.2", false),
            (".pem", false),
            ("client.pem!", false),
            ("client.pem/hunter2", false),
            ("/aB3/xYz+12==", false),
        ] {
            assert_eq!(looks_like_path(Path::new(path)), expected, "{path}");
        }
        assert!(is_below_a_folder(Path::new("src/none")));
        assert!(!is_below_a_folder(Path::new("none/none")));
        assert!(!is_below_a_folder(Path::new("/none")) && !is_below_a_folder(Path::new("none")));
    }
}
