//! Results on standard output.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use crate::{Error, cli::streams::stdout};

/// Checks that results can be printed, before anything is requested.
///
/// # Errors
/// [`Error::LocalFile`] if standard output is closed, or not open for writing.
pub(in crate::cli) fn check_stdout() -> Result<(), Error> {
    // Writing zero bytes fails if a write would fail, and does nothing else.
    stdout().and_then(|mut out| out.write(&[])).map(drop).map_err(unwritable)
}

/// Writes everything to standard output, or returns an error.
pub(in crate::cli) fn to_stdout(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
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
