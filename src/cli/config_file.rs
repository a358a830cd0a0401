//! Which configuration file a run reads.

use std::path::{Path, PathBuf};

use crate::{
    Error, Settings, SignerType,
    config::{Overrides, default_paths, is_there},
};

/// Reads the settings from the file and from what options set, or only from that if there is no file.
///
/// # Errors
/// [`Error::Config`] if there is neither, and for the first error in them.
pub(super) fn read(
    named: Option<&Path>,
    signer: SignerType,
    overrides: Overrides,
) -> Result<Settings, Error> {
    let path = match choose(named, &default_paths()) {
        Ok(path) => Some(path),
        Err(_) if !overrides.is_empty() => None,
        Err(error) => return Err(error),
    };
    Settings::load_with(path.as_deref(), signer, overrides)
}

/// The named file, else the first of the usual ones that is there, whether it can be read or not.
///
/// # Errors
/// [`Error::Config`] if none is named and none exists. A named one that is missing is noticed by reading it.
fn choose(named: Option<&Path>, usual: &[PathBuf]) -> Result<PathBuf, Error> {
    if let Some(path) = named {
        return Ok(expand_home(path));
    }
    if let Some(found) = usual.iter().find(|path| is_there(path)) {
        return Ok(found.clone());
    }
    let problem =
        "there is no configuration file; name one with --config-file, create one, or give every required key by --set".into();
    let paths: Vec<_> = usual.iter().map(|path| path.display().to_string()).collect();
    Err(Error::Config { path: PathBuf::from(paths.join(" or ")), key: String::new(), problem })
}

fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_file_then_the_first_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let usual = ["own.yaml", "system.yaml"].map(|name| folder.path().join(name));
        let named = Path::new("/named.yaml");
        assert_eq!(choose(Some(named), &usual).unwrap(), named, "whether it exists or not");
        let error = choose(None, &usual).unwrap_err().to_string();
        assert!(error.contains("own.yaml or ") && error.contains("--config-file"), "{error}");
        std::fs::write(&usual[1], "").unwrap();
        assert_eq!(choose(None, &usual).unwrap(), usual[1]);
        std::fs::write(&usual[0], "").unwrap();
        assert_eq!(choose(None, &usual).unwrap(), usual[0]);
        // Neither can be read.
        std::fs::remove_file(&usual[0]).unwrap();
        std::os::unix::fs::symlink("nowhere", &usual[0]).unwrap();
        assert_eq!(choose(None, &usual).unwrap(), usual[0]);
        std::fs::remove_file(&usual[0]).unwrap();
        std::os::unix::fs::symlink("own.yaml", &usual[0]).unwrap();
        assert_eq!(choose(None, &usual).unwrap(), usual[0]);
        // What cannot be there is not meant.
        let below_a_file = usual[1].join("conf.yaml");
        assert_eq!(choose(None, &[below_a_file, usual[1].clone()]).unwrap(), usual[1]);
    }
}
