//! Output on standard output: the JSON document, or the signed values.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use crate::{Error, Run, signing::pyjson};
use serde_json::json;

use super::{operation::Asked, report, streams::stdout};

/// Prints the document that pubtools-sign prints, with everything that was received; an item without
/// a reply is `""`.
///
/// # Errors
/// [`Error::LocalFile`] if standard output cannot be written to.
pub(super) fn print(asked: &Asked, run: &Run, result: &Result<(), Error>) -> Result<(), Error> {
    let Asked { operation, requester, texts, .. } = asked;
    to_stdout(|out| {
        let causes = report::causes(run, result);
        let status = if causes.is_empty() { "ok" } else { "error" };
        let message: String =
            causes.iter().map(|(name, description)| format!("{name} : {description}\n")).collect();
        write!(
            out,
            "{{\"signer_result\": {}",
            pyjson::to_string(&json!({"status": status, "error_message": message}))
        )?;
        out.write_all(b", \"operation_results\": [")?;
        for (index, entry) in run.entries().iter().enumerate() {
            out.write_all(if index == 0 { b"" } else { b", " })?;
            out.write_all(entry.reply().map_or("\"\"", |reply| &reply.document).as_bytes())?;
        }
        out.write_all(b"], \"operation\": ")?;
        operation.write_echo(out, requester.as_deref(), texts)?;
        writeln!(out, ", \"signing_keys\": {}}}", pyjson::to_string(&json!(operation.key_ids())))
    })
}

/// Prints one signed value a line, in the order of the input; an empty line for a missing one.
///
/// # Errors
/// As [`print`].
pub(super) fn print_raw(run: &Run) -> Result<(), Error> {
    to_stdout(|out| {
        for value in run.signed_values() {
            writeln!(out, "{value}")?;
        }
        Ok(())
    })
}

/// Checks that results can be printed, before anything is requested.
///
/// # Errors
/// [`Error::LocalFile`] if standard output is closed, or not open for writing.
pub(super) fn check_stdout() -> Result<(), Error> {
    // Writing zero bytes fails if a write would fail, and does nothing else.
    stdout().and_then(|mut out| out.write(&[])).map(drop).map_err(unwritable)
}

/// Writes everything to standard output, or returns an error.
pub(super) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let into = |file| {
        let mut out = BufWriter::with_capacity(64 * 1024, file);
        let written = write(&mut out).and_then(|()| out.flush());
        // What could not be written is not tried once more.
        drop(out.into_parts());
        written
    };
    stdout().and_then(into).map_err(unwritable)
}

fn unwritable(source: io::Error) -> Error {
    Error::LocalFile { path: PathBuf::from("standard output"), source }
}
