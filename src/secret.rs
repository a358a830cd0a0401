//! Secrets that stand in files.

use std::{fs, path::Path};

use crate::error::Error;

/// Reads a secret; `what` names it in errors.
///
/// # Errors
/// [`Error::Certificate`] where the file cannot be read, is empty, or holds a NUL, which C cannot carry.
pub(crate) fn read(path: &Path, what: &str) -> Result<String, Error> {
    let wrong = |problem: String| Error::Certificate { path: path.into(), problem };
    let text = fs::read_to_string(path)
        .map_err(|error| wrong(format!("cannot read the {what}: {error}")))?;
    // Editors end a file with a line break that nobody typed as part of the secret.
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() || secret.contains('\0') {
        let how = if secret.is_empty() { "is empty" } else { "holds a NUL character" };
        return Err(wrong(format!("the {what} {how}")));
    }
    Ok(secret.to_owned())
}
