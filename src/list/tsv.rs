//! A line of reference, tab and digest.

use super::{listed::Listed, place::Place};
use crate::{
    error::{Error, printable},
    signing::Image,
};

const EXPECTED: &str = "expected a reference, a tab and a digest";

/// Reads a line.
///
/// # Errors
/// [`Error::Argument`] for the first mistake in it.
pub(super) fn read(place: &Place<'_>, line: &str) -> Result<Listed, Error> {
    let fields: Vec<_> = line.split('\t').collect();
    let [reference, digest] = fields[..] else {
        let found =
            if fields.len() > 1 { format!("found {} fields", fields.len()) } else { other(line) };
        return Err(place.wrong(format!("{EXPECTED}, {found}")));
    };
    match Image::new(digest, reference) {
        Ok(image) => Ok(Listed { image, keys: Vec::new(), input: None }),
        Err(Error::Argument { argument, problem }) => {
            Err(place.wrong(format!("{argument} {problem}")))
        }
        Err(other) => Err(other),
    }
}

/// What a line without a tab probably is.
fn other(line: &str) -> String {
    let line = line.trim();
    let is_yaml = line.starts_with("- ") || line.starts_with("---") || line.contains(": ");
    match line {
        _ if is_yaml => "found what seems to be YAML; convert it to JSON".into(),
        _ if line.contains(',') => "found commas; put tabs in their place".into(),
        _ if line.contains(char::is_whitespace) => "found blanks; put a tab in their place".into(),
        _ => format!("found only \"{}\"", printable(line)),
    }
}
