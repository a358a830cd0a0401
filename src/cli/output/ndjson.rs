//! A line of JSON for each item and key, as soon as its signature has come.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use crate::{
    Error, Run,
    error::printable,
    signing::{Entry, Notice, Observer, pyjson},
};

use super::{
    pairs::{Pair, Pairs},
    place::Place,
    standing::{self, Standing},
};

/// More bytes than this are written at once.
const ENOUGH: usize = 64 * 1024;

/// Writes a line for each pair: when everything that its request asked for is signed, or else at the end, since a later
/// reply may still sign it.
pub(super) struct Ndjson<'a> {
    pairs: Rc<Pairs<'a>>,
    place: Rc<Place>,
    /// Lines that are not written yet.
    lines: RefCell<Vec<u8>>,
    /// For each request whether its lines are made.
    is_done: RefCell<Vec<bool>>,
    has_failed: Cell<bool>,
}

impl<'a> Ndjson<'a> {
    pub(super) fn new(pairs: Rc<Pairs<'a>>, place: Rc<Place>, run: &Run) -> Self {
        let is_done = RefCell::new(vec![false; run.entries().len()]);
        Self { pairs, place, lines: RefCell::default(), is_done, has_failed: Cell::new(false) }
    }

    /// Writes what is signed before the run.
    pub(super) fn begin(&self, run: &Run) -> Result<(), Error> {
        for pair in self.pairs.existing().keys() {
            existing_line(&mut self.lines.borrow_mut(), self.pairs.get(*pair));
        }
        let signed = |(_, entry): &(_, &Entry)| standing::is_signed(entry);
        let signed = run.entries().iter().enumerate().filter(signed);
        self.add_all(signed, None)
    }

    /// Writes the rest.
    pub(super) fn end(&self, run: &Run, result: &Result<(), Error>) -> Result<(), Error> {
        // Its error has ended the run.
        if self.has_failed.get() {
            return Ok(());
        }
        let ended = result.as_ref().err().map(|error| printable(&error.with_sources()));
        self.add_all(run.entries().iter().enumerate(), ended.as_deref())?;
        self.write()
    }

    fn add_all<'e>(
        &self,
        entries: impl Iterator<Item = (usize, &'e Entry)>,
        ended: Option<&str>,
    ) -> Result<(), Error> {
        for (number, entry) in entries {
            self.add(number, entry, ended);
            if self.lines.borrow().len() > ENOUGH {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Makes the lines of a request, once.
    fn add(&self, number: usize, entry: &Entry, ended: Option<&str>) {
        if std::mem::replace(&mut self.is_done.borrow_mut()[number], true) {
            return;
        }
        let values = entry.signed_values();
        let mut lines = self.lines.borrow_mut();
        for (pair, value) in self.pairs.of_request(number) {
            let pair = self.pairs.get(pair);
            let value = Some(values[value].as_str()).filter(|value| !value.is_empty());
            line(&mut lines, pair, entry, value, ended);
        }
    }

    fn write(&self) -> Result<(), Error> {
        let mut lines = self.lines.borrow_mut();
        let written = self.place.write(|out| out.write_all(&lines));
        self.has_failed.set(written.is_err());
        lines.clear();
        written
    }
}

impl Observer for Ndjson<'_> {
    fn notice(&self, notice: Notice<'_>) {
        if let Notice::Reply(noted, _) = notice
            && standing::is_signed(noted.entry)
        {
            self.add(noted.index, noted.entry, None);
        }
    }

    fn secure(&self) -> Result<(), Error> {
        let secured = self.write().and_then(|()| self.place.secure());
        self.has_failed.set(secured.is_err());
        secured
    }

    fn secures(&self) -> bool {
        true
    }

    fn drops_replies(&self) -> bool {
        true
    }
}

/// The attributes have this order: scripts may cut the line.
fn line(
    out: &mut Vec<u8>,
    pair: Pair<'_>,
    entry: &Entry,
    signature: Option<&str>,
    ended: Option<&str>,
) {
    let standing = Standing::of(entry, signature.is_some());
    let errors = match standing {
        Standing::Signed => Vec::new(),
        _ => standing::errors(entry, pair.item, ended),
    };
    let id = pyjson::quoted(entry.request().id.text(&mut [0; 36]));
    let properties = entry.reply().map_or("null", |reply| reply.properties());
    rest(out, pair, &id, standing, &errors, signature, properties);
}

/// The line of a signature that was not asked for.
fn existing_line(out: &mut Vec<u8>, pair: Pair<'_>) {
    rest(out, pair, "null", Standing::Exists, &[], None, "null");
}

fn rest(
    out: &mut Vec<u8>,
    pair: Pair<'_>,
    id: &str,
    standing: Standing,
    errors: &[String],
    signature: Option<&str>,
    properties: &str,
) {
    pair.write_head(out);
    let mut attribute = |name: &str, json: &str| {
        for part in [", \"", name, "\": ", json] {
            out.extend_from_slice(part.as_bytes());
        }
    };
    attribute("request_id", id);
    attribute("status", &pyjson::quoted(standing.word()));
    attribute("errors", &pyjson::to_string(&errors.into()));
    attribute("signature", &signature.map_or("null".into(), pyjson::quoted));
    attribute("properties", properties);
    // A line break between its parts is as good as a blank.
    attribute("input", &pair.input.unwrap_or("null").replace(['\n', '\r'], " "));
    out.extend(b"}\n");
}
