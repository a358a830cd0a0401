//! Secrets in files.

use std::{fs, path::Path};

use zeroize::Zeroizing;

use crate::error::Error;

/// Reads a secret, which is erased from memory when it is dropped; errors name it as `what`.
///
/// # Errors
/// [`Error::Certificate`] if the file cannot be read, is empty, or contains a NUL, which a C string cannot hold.
pub(crate) fn read(path: &Path, what: &str) -> Result<Zeroizing<String>, Error> {
    let wrong = |problem: String| Error::Certificate { path: path.into(), problem };
    let mut secret = fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| wrong(format!("cannot read the {what}: {error}")))?;
    // Editors end a file with a line break, which is not part of the secret. It is cut off in place: a
    // copy would have to be erased, too.
    let length = secret.trim_end_matches(['\n', '\r']).len();
    secret.truncate(length);
    if secret.is_empty() || secret.contains('\0') {
        let how = if secret.is_empty() { "is empty" } else { "holds a NUL character" };
        return Err(wrong(format!("the {what} {how}")));
    }
    Ok(secret)
}
