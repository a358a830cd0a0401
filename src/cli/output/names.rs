//! The names of the files that signatures are written to.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use crate::{Argument, Error, error::printable, signing::Key};

use super::pairs::{Item, Pair, Pairs};

/// The longest name that file systems have, in bytes.
const LONGEST: usize = 255;

/// The longest part of it that is a key, in characters.
const LONGEST_KEY: usize = 64;

/// Where a signature belongs, below the folder of all.
pub(in crate::cli) enum Name {
    /// A file: all but its extension, which depends on what comes.
    Stem(OsString),
    /// A folder, in which signatures are numbered: the layout "lookaside" of images, which skopeo, podman and CRI-O read.
    Folder(PathBuf),
}

/// The name of a pair.
pub(in crate::cli) fn name(pairs: &Pairs<'_>, pair: Pair<'_>) -> Name {
    let mut stem = match pair.item {
        Item::Image { repository, digest, .. } => {
            return Name::Folder(format!("{repository}@{}", digest.replacen(':', "=", 1)).into());
        }
        Item::File(path) if path == Path::new("-") => "standard-input".into(),
        Item::File(path) => path.file_name().unwrap_or_default().to_owned(),
        Item::Text(_) => format!("text-{}", pair.index).into(),
    };
    if pairs.has_several_keys(pair.index) {
        stem.push(".");
        stem.push(key(pair.key));
    }
    Name::Stem(stem)
}

/// A key as a part of a name: its name or else its id, with only what is safe in names of files.
fn key(key: &Key) -> String {
    let text = key.name().filter(|name| !name.is_empty()).unwrap_or(key.id());
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    text.chars().take(LONGEST_KEY).map(safe).collect()
}

/// The extensions of signatures that are text, and of others.
pub(in crate::cli) const EXTENSIONS: [&str; 2] = [".asc", ".sig"];

/// Whether a value is text: armored, as in PGP.
fn is_armored(value: &[u8]) -> bool {
    value.starts_with(b"-----BEGIN PGP")
}

/// The whole name of a file.
pub(in crate::cli) fn with_extension(stem: &OsStr, value: &[u8]) -> PathBuf {
    let mut name = stem.to_owned();
    name.push(EXTENSIONS[usize::from(!is_armored(value))]);
    name.into()
}

/// Checks that each pair has a name, and one of its own.
///
/// # Errors
/// [`Error::Argument`] for the first that has not.
pub(in crate::cli) fn check(pairs: &Pairs<'_>) -> Result<(), Error> {
    let refused =
        |problem| Err(Error::argument(Argument::List, format!("--output-dir: {problem}")));
    let mut stems: HashMap<OsString, usize> = HashMap::new();
    for number in 0..pairs.len() {
        let pair = pairs.get(number);
        let stem = match name(pairs, pair) {
            Name::Stem(stem) => stem,
            Name::Folder(folder) => {
                if folder.iter().any(|part| part.len() > LONGEST) {
                    return refused(format!(
                        "the folder of {} would have too long a name",
                        shown(pairs, pair)
                    ));
                }
                continue;
            }
        };
        if stem.len() + ".sig".len() > LONGEST {
            return refused(format!(
                "the file for {} would have too long a name",
                shown(pairs, pair)
            ));
        }
        let file = printable(&stem.to_string_lossy());
        if let Some(other) = stems.insert(stem, number)
            && (pairs.place(other) != pairs.place(number) || pairs.place(number).is_none())
        {
            let [one, two] = [pairs.get(other), pair].map(|pair| shown(pairs, pair));
            return refused(format!(
                "{one} and {two} would have one file, {file}.sig or {file}.asc; give them to two runs with two folders"
            ));
        }
    }
    Ok(())
}

fn shown(pairs: &Pairs<'_>, pair: Pair<'_>) -> String {
    let mut shown = format!("\"{}\"", printable(&pair.item.to_string()));
    if pairs.has_several_keys(pair.index) {
        shown += &format!(" by {}", printable(pair.key.name().unwrap_or(pair.key.id())));
    }
    shown
}
