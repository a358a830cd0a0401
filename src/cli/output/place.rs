//! Where the results go.

use std::{
    cell::RefCell,
    io::{self, Write},
    path::Path,
};

use crate::Error;

use super::{
    beside::Beside,
    stdout::{check_stdout, to_stdout},
};

/// Standard output, or a file.
pub(super) enum Place {
    Stdout,
    File(RefCell<Option<Beside>>),
}

impl Place {
    /// Checks that results can be written, before anything is requested.
    ///
    /// # Errors
    /// [`Error::LocalFile`] if they cannot.
    pub(super) fn new(file: Option<&Path>) -> Result<Self, Error> {
        match file {
            None => check_stdout().map(|()| Self::Stdout),
            Some(path) => Ok(Self::File(RefCell::new(Some(Beside::new(path)?)))),
        }
    }

    /// The columns of standard output, if that is a terminal.
    pub(super) fn columns(&self) -> Option<usize> {
        let Self::Stdout = self else { return None };
        console::Term::stdout().size_checked().map(|(_, columns)| columns.into())
    }

    /// Writes everything, or returns an error.
    ///
    /// # Errors
    /// As [`Place::new`].
    pub(super) fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        match self {
            Self::Stdout => to_stdout(write),
            Self::File(file) => file.borrow_mut().as_mut().map_or(Ok(()), |file| file.write(write)),
        }
    }

    /// Makes sure that what was written stays.
    ///
    /// # Errors
    /// As [`Place::new`].
    pub(super) fn secure(&self) -> Result<(), Error> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(file) => file.borrow().as_ref().map_or(Ok(()), Beside::sync),
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// As [`Place::new`].
    pub(super) fn end(&self) -> Result<(), Error> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(file) => file.take().map_or(Ok(()), Beside::publish),
        }
    }
}
