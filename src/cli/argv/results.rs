//! The options for results that go together, or do not.

use std::{ffi::OsStr, path::Path};

use crate::error::printable;

/// The files that options name; each has its own.
const FILES: [&str; 2] = ["--output", "--state"];

/// Checks the options, of which `value` has the values of those that are given.
pub(super) fn check<'a>(value: impl Fn(&str) -> Option<&'a OsStr>) -> Result<(), String> {
    let folder = value("--output-dir");
    for name in ["--layout", "--skip-existing"] {
        if value(name).is_some() && folder.is_none() {
            return Err(format!("{name} is about files; give --output-dir, too"));
        }
    }
    if value("--output").is_some() && value("--output") == value("--state") {
        return Err("--output and --state name one file; give each its own".into());
    }
    if let Some(folder) = folder {
        let list = Path::new(folder).join("signatures.json");
        let is_list = |name: &&str| value(name).is_some_and(|file| list == Path::new(file));
        if let Some(name) = FILES.into_iter().find(is_list) {
            return Err(format!("{name} names the list of --output-dir; give it another file"));
        }
    }
    if value("--output").is_some_and(|file| file == "-") {
        return Err("--output is \"-\"; leave it out for standard output".into());
    }
    match value("--format") {
        Some(form) if value("--raw").is_some() && form != "raw" => {
            let form = printable(&form.to_string_lossy());
            Err(format!("--raw and --format {form} exclude each other; give one"))
        }
        _ => Ok(()),
    }
}
