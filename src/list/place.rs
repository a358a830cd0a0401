//! Where in a list something is, as its errors say it.

use std::{fmt, io, path::PathBuf};

use crate::error::{Argument, Error};

/// A list, by the name that errors call it.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) name: &'a str,
}

impl<'a> List<'a> {
    /// An error about the list as a whole.
    pub(super) fn wrong(self, problem: impl fmt::Display) -> Error {
        Error::argument(Argument::List, format!("{}: {problem}", self.name))
    }

    /// The error of a list without items.
    pub(super) fn empty(self, expected: &str) -> Error {
        self.wrong(format!("is empty: expected {expected}; did what writes it fail?"))
    }

    /// What was read, or the error of a list that cannot be.
    pub(super) fn readable<T>(self, read: io::Result<T>) -> Result<T, Error> {
        read.map_err(|source| Error::InputFile { path: PathBuf::from(self.name), source })
    }

    pub(super) fn line(self, line: usize) -> Place<'a> {
        Place { list: self, line, element: None }
    }
}

/// A line of a list, or an element of an array.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    list: List<'a>,
    line: usize,
    /// The number of the element that begins there.
    element: Option<usize>,
}

impl Place<'_> {
    /// The element of this number that begins there.
    pub(super) fn element(self, number: usize) -> Self {
        Self { element: Some(number), ..self }
    }

    /// The same, a number of lines below.
    pub(super) fn below(self, lines: usize) -> Self {
        Self { line: self.line + lines, ..self }
    }

    /// An error about what is there.
    pub(super) fn wrong(self, problem: impl fmt::Display) -> Error {
        self.list.wrong(format!("{self}: {problem}"))
    }

    /// The error with the attribute that it is about.
    pub(super) fn attribute<T>(self, name: &str, checked: Result<T, Error>) -> Result<T, Error> {
        checked.map_err(|error| match error {
            Error::Argument { problem, .. } => self.wrong(format!("{name} {problem}")),
            other => other,
        })
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match self.element {
            Some(number) => write!(f, ": element {number}"),
            None => Ok(()),
        }
    }
}
