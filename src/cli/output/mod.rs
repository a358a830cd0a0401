//! The results: in which form they are written, and where.

mod document;
mod ndjson;
mod pairs;
mod standing;
mod stdout;
mod summary;

use std::rc::Rc;

use crate::{
    Error, Run,
    cli::{format::Format, operation::Asked},
    signing::Observer,
};

use ndjson::Ndjson;
use pairs::Pairs;
pub(super) use stdout::{check_stdout, to_stdout};
use summary::Summary;

/// Writes the results of a run: line by line while it goes on, or at its end.
pub(super) struct Output<'a> {
    asked: &'a Asked,
    form: Form<'a>,
}

enum Form<'a> {
    Json,
    Ndjson(Ndjson<'a>),
    Raw,
    Summary(Summary<'a>),
}

impl<'a> Output<'a> {
    /// Checks that results can be written, before anything is requested.
    ///
    /// # Errors
    /// [`Error::LocalFile`] if they cannot.
    pub(super) fn new(asked: &'a Asked, run: &Run, format: Format) -> Result<Self, Error> {
        check_stdout()?;
        let pairs = || Rc::new(Pairs::new(asked, run));
        let form = match format {
            Format::Json => Form::Json,
            Format::Ndjson => Form::Ndjson(Ndjson::new(pairs(), run)),
            Format::Raw => Form::Raw,
            Format::Summary => Form::Summary(Summary::new(pairs(), run)),
        };
        Ok(Self { asked, form })
    }

    /// Writes what is signed before the run begins.
    ///
    /// # Errors
    /// As [`Output::new`].
    pub(super) fn begin(&self, run: &Run) -> Result<(), Error> {
        if let Form::Ndjson(lines) = &self.form { lines.begin(run) } else { Ok(()) }
    }

    /// Those that take part in the run.
    pub(super) fn observers(&self) -> Vec<&dyn Observer> {
        match &self.form {
            Form::Json | Form::Raw => vec![],
            Form::Ndjson(lines) => vec![lines],
            Form::Summary(table) => vec![table],
        }
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// As [`Output::new`].
    pub(super) fn end(&self, run: &Run, result: &Result<(), Error>) -> Result<(), Error> {
        match &self.form {
            Form::Json => to_stdout(|out| document::write(out, self.asked, run, result)),
            Form::Ndjson(lines) => lines.end(run, result),
            Form::Raw => to_stdout(|out| document::write_raw(out, run)),
            Form::Summary(table) => to_stdout(|out| table.write(out, run, columns())),
        }
    }
}

/// The columns of standard output, if that is a terminal.
fn columns() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns.into())
}
