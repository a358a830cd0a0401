//! The results: in which form they are written, and where.

mod beside;
mod disk;
mod document;
mod drafts;
mod existing;
mod folder;
mod lookaside;
mod names;
mod ndjson;
mod pairs;
mod place;
mod standing;
mod stdout;
mod summary;
mod sync;

use std::{cell::LazyCell, path::PathBuf, rc::Rc};

use crate::{
    Error, Run,
    cli::{
        format::Format,
        operation::Asked,
        options::{Bytes, Options},
    },
    signing::Observer,
};

pub(super) use existing::Skip;
use folder::Folder;
pub(super) use names::{EXTENSIONS, Name, name};
use ndjson::Ndjson;
pub(super) use pairs::{Item, Pair, Pairs};
use place::Place;
pub(super) use stdout::{check_stdout, to_stdout};
use summary::Summary;

/// What the command line says of the results.
pub(super) struct Wanted {
    format: Format,
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
}

impl Wanted {
    pub(super) fn of(options: &Options) -> Self {
        let path = |bytes: &Option<Bytes>| bytes.as_ref().map(|path| PathBuf::from(&path.0));
        let (file, folder) = (path(&options.output), path(&options.output_dir));
        let unnamed = if options.raw { Format::Raw } else { Format::Json };
        Self { format: options.format.unwrap_or(unnamed), file, folder }
    }
}

/// Writes the results of a run: line by line while it goes on, or at its end.
pub(super) struct Output<'a> {
    asked: &'a Asked,
    place: Rc<Place>,
    form: Form<'a>,
    folder: Option<Folder<'a>>,
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
    /// [`Error::LocalFile`] if they cannot; [`Error::Argument`] if two of them would have one file.
    pub(super) fn new(asked: &'a Asked, run: &Run, wanted: Wanted) -> Result<Self, Error> {
        let pairs = LazyCell::new(|| Rc::new(Pairs::new(asked, run)));
        let pairs = || Rc::clone(&*pairs);
        let folder = wanted.folder.map(|path| Folder::new(&path, pairs(), run)).transpose()?;
        let place = Rc::new(Place::new(wanted.file.as_deref())?);
        let form = match wanted.format {
            Format::Json => Form::Json,
            Format::Ndjson => Form::Ndjson(Ndjson::new(pairs(), Rc::clone(&place), run)),
            Format::Raw => Form::Raw,
            Format::Summary => Form::Summary(Summary::new(pairs(), run)),
        };
        Ok(Self { asked, place, form, folder })
    }

    /// Writes what is signed before the run begins.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn begin(&self, run: &Run) -> Result<(), Error> {
        if let Some(folder) = &self.folder {
            folder.begin(run)?;
        }
        if let Form::Ndjson(lines) = &self.form { lines.begin(run) } else { Ok(()) }
    }

    /// Those that take part in the run.
    pub(super) fn observers(&self) -> Vec<&dyn Observer> {
        let folder = self.folder.iter().map(|folder| folder as &dyn Observer);
        let form: Option<&dyn Observer> = match &self.form {
            Form::Json | Form::Raw => None,
            Form::Ndjson(lines) => Some(lines),
            Form::Summary(table) => Some(table),
        };
        folder.chain(form).collect()
    }

    /// Writes the rest. An error of one part does not keep the others from being written.
    ///
    /// # Errors
    /// [`Error::LocalFile`].
    pub(super) fn end(&self, run: &Run, result: &Result<(), Error>) -> Result<(), Error> {
        let place = &self.place;
        let written = match &self.form {
            Form::Json => place.write(|out| document::write(out, self.asked, run, result)),
            Form::Ndjson(lines) => lines.end(run, result),
            Form::Raw => place.write(|out| document::write_raw(out, run)),
            Form::Summary(table) => place.write(|out| table.write(out, run, place.columns())),
        };
        let ended = place.end();
        let listed = self.folder.as_ref().map_or(Ok(()), |folder| folder.end(run));
        written.and(ended).and(listed)
    }
}
