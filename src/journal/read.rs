//! Reads and checks a journal.

use std::io::BufRead;
#[cfg(feature = "cli")]
use std::{
    fs::File,
    io::{BufReader, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde_json::Value;

use super::{
    file::StateFile,
    line::{self, BEGINNING, Chain, Event},
    parts::{self, Part},
};
use crate::{error::Error, signing::Stamp};

/// What is in a journal.
pub(super) struct Found {
    /// The check up to its end.
    pub(super) chain: Chain,
    pub(super) stamps: Vec<Stamp>,
    /// Where the lines begin that follow those of the requests.
    pub(super) events: u64,
    /// Where the last complete line ends; 0 if there is none.
    pub(super) end: u64,
}

/// Checks all lines of a journal, and reads those of the operation and of the requests.
///
/// # Errors
/// [`Error::StateFile`], which names the line, if it is damaged, is no journal, or is one of another operation;
/// [`Error::LocalFile`].
pub(super) fn beginning(file: &StateFile, parts: &[Part]) -> Result<Found, Error> {
    let mut found = Found { chain: Chain::default(), stamps: Vec::new(), events: 0, end: 0 };
    let mut has_events = false;
    lines(file, 0, |number, bytes, is_torn| {
        let fault = |problem: &str| Err(wrong(file, number, problem));
        if number == 1 && !begins(bytes, is_torn) {
            return fault(
                "is not that of a state file; expected one that this program made, or none",
            );
        }
        if is_torn {
            return Ok(());
        }
        let Some(line) = found.chain.open(bytes) else {
            return fault(DAMAGED);
        };
        found.end += bytes.len() as u64 + 1;
        if number == 1 {
            check_operation(&line, parts).or_else(|problem| fault(&problem))?;
            found.events = found.end;
            return Ok(());
        }
        match Event::read(line) {
            Some(Event::Request(index, stamp)) if !has_events && index == found.stamps.len() => {
                found.stamps.push(stamp);
                found.events = found.end;
            }
            Some(Event::Request(..)) | None => return fault(DAMAGED),
            Some(_) => has_events = true,
        }
        Ok(())
    })?;
    Ok(found)
}

/// Reads a part of the operation of a journal, which is null if it has no such part; `None` if there is no journal, or no
/// operation in it yet. Whether the file is in order is seen when it is opened.
#[cfg(feature = "cli")]
pub(crate) fn recorded(path: &Path, name: &str) -> Option<Value> {
    // Nothing is waited for.
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    reader.by_ref().take(BEGINNING.len() as u64).read_to_end(&mut line).ok()?;
    if !begins(&line, false) {
        return None;
    }
    reader.read_until(b'\n', &mut line).ok()?;
    let line: Value = serde_json::from_slice(line.strip_suffix(b"\n")?).ok()?;
    line::read_operation(&line).ok()?.get(name).cloned().or(Some(Value::Null))
}

/// Reads the events of a journal that [`beginning`] has checked.
///
/// # Errors
/// [`Error::LocalFile`], and that of `each`.
pub(super) fn events(
    file: &StateFile,
    from: u64,
    mut each: impl FnMut(Event),
) -> Result<(), Error> {
    lines(file, from, |_, line, _| {
        serde_json::from_slice(line).ok().and_then(Event::read).into_iter().for_each(&mut each);
        Ok(())
    })
}

const DAMAGED: &str =
    "is damaged; restore the file, or begin with another one, which asks for everything again";

/// Calls `each` with every line: its number, from 1, its bytes, and whether it is the last and not complete.
fn lines(
    file: &StateFile,
    from: u64,
    mut each: impl FnMut(u64, &[u8], bool) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut reader = file.read_from(from)?;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        if read.map_err(|source| file.failed(source))? == 0 {
            break;
        }
        let is_torn = line.pop_if(|last| *last == b'\n').is_none();
        each(number, &line, is_torn)?;
    }
    Ok(())
}

/// Whether a first line is that of a journal, as far as it goes. No other file may be written to.
fn begins(line: &[u8], is_torn: bool) -> bool {
    let beginning = BEGINNING.as_bytes();
    line.starts_with(beginning) || is_torn && beginning.starts_with(line)
}

fn check_operation(line: &Value, parts: &[Part]) -> Result<(), String> {
    match parts::difference(parts, line::read_operation(line)?) {
        None => Ok(()),
        Some(difference) => {
            Err(format!("is that of another operation: {difference}; use a state file for each"))
        }
    }
}

fn wrong(file: &StateFile, number: u64, problem: &str) -> Error {
    Error::StateFile { path: file.path().into(), problem: format!("line {number} {problem}") }
}
