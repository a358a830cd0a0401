//! Lists of the names of files.

use std::{
    ffi::OsString,
    io::{BufRead, Read},
    os::unix::ffi::OsStringExt,
    path::PathBuf,
};

use super::{
    bytes::{LONGEST, without_head},
    foreign,
    lines::Lines,
    place::List,
};
use crate::error::Error;

/// What each name ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// A line break; blank lines are ignored.
    Line,
    /// A NUL, as `find -print0` writes it: a name may have line breaks.
    Nul,
}

/// Reads a list of names, each with its place. `name` is what errors call the list.
///
/// # Errors
/// [`Error::Argument`] for the first mistake; [`Error::InputFile`] if the list cannot be read.
pub(crate) fn names(
    name: &str,
    input: impl Read,
    ends: Ends,
) -> Result<Vec<(String, PathBuf)>, Error> {
    let list = List { name };
    let names = match ends {
        Ends::Line => lines(list, input)?,
        Ends::Nul => divided(list, input)?,
    };
    if names.is_empty() { Err(list.empty("at least one file's name")) } else { Ok(names) }
}

fn lines(list: List<'_>, input: impl Read) -> Result<Vec<(String, PathBuf)>, Error> {
    let input = without_head(&list, input, foreign::problem)?;
    let mut lines = Lines::new(list, input, 1);
    let mut names = Vec::new();
    while let Some((place, bytes)) = lines.bytes()? {
        if bytes.contains(&0) {
            return Err(place.wrong("holds a NUL; use --from0 for names that end with NULs"));
        }
        names.push((place.to_string(), OsString::from_vec(bytes).into()));
    }
    Ok(names)
}

fn divided(list: List<'_>, input: impl Read) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut input = without_head(&list, input, foreign::compressed)?;
    let mut names = Vec::new();
    loop {
        let place = format!("name {}", names.len() + 1);
        let mut bytes = Vec::new();
        let mut limited = input.by_ref().take(LONGEST as u64 + 1);
        if list.readable(limited.read_until(0, &mut bytes))? == 0 {
            return Ok(names);
        }
        if bytes.len() > LONGEST {
            return Err(list.wrong(format!("{place} is longer than {LONGEST} bytes")));
        }
        let ended = bytes.last() == Some(&0);
        if ended {
            bytes.pop();
        }
        if bytes.is_empty() {
            return Err(list.wrong(format!("{place} is empty; remove it")));
        }
        if !ended && names.is_empty() && bytes.contains(&b'\n') {
            return Err(list.wrong("has line breaks and no NUL; use --from for one name a line"));
        }
        names.push((place, OsString::from_vec(bytes).into()));
    }
}
