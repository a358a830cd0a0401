//! The copy of the operation in the printed document.

use std::io::{self, Write};

use super::{
    operation::{Items, Key, Operation, Text},
    pieces, pyjson,
};

impl Operation {
    /// Writes the operation as JSON: the arguments as given, in the order that scripts expect. Texts and blobs may be large,
    /// and are not kept in another form.
    ///
    /// Items without keys, which are not to be signed, are left out. `requester` is the name given, and `texts` are the
    /// texts as they were given; an empty one is read. A file that cannot be read any more, after it was signed, is empty
    /// here.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write_echo(
        &self,
        out: &mut dyn Write,
        requester: Option<&str>,
        texts: &[String],
    ) -> io::Result<()> {
        let names = self.keys().iter().filter_map(Key::name);
        out.write_all(b"{")?;
        match self.items() {
            Items::Images(images) => {
                let images = || self.with_keys(images);
                write_list(out, "digests", images(), |out, it| quote(out, it.digest().as_str()))?;
                write_list(out, ", references", images(), |out, it| {
                    quote(out, it.reference().as_str())
                })?;
                write_list(out, ", signing_key_names", names, quote)?;
            }
            Items::Texts { texts: given, .. } => {
                let both = self.with_keys(given).zip(self.with_keys(texts));
                write_list(out, "inputs", both, write_text)?;
            }
            Items::Blobs(blobs) => {
                write_list(out, "blobs", self.with_keys(blobs), |out, blob| {
                    out.write_all(b"\"")?;
                    for piece in pieces::pieces(&blob.read().unwrap_or_default()) {
                        out.write_all(piece.as_bytes())?;
                    }
                    out.write_all(b"\"")
                })?;
                write_list(out, ", signing_key_names", names, quote)?;
            }
        }
        write_list(out, ", signing_keys", self.key_ids().into_iter(), quote)?;
        out.write_all(b", \"task_id\": ")?;
        quote(out, self.task_id().as_str())?;
        if let Items::Texts { repo, .. } = self.items() {
            out.write_all(b", \"repo\": ")?;
            quote_or_null(out, repo.as_deref())?;
        }
        out.write_all(b", \"requester\": ")?;
        quote_or_null(out, requester)?;
        out.write_all(b"}")
    }

    /// Those of all items that have keys.
    fn with_keys<'a, T>(&self, items: &'a [T]) -> impl Iterator<Item = &'a T> {
        let items = items.iter().enumerate();
        items.filter(|(index, _)| !self.keys_of(*index).is_empty()).map(|(_, item)| item)
    }

    /// The ids of the keys as given.
    pub(crate) fn key_ids(&self) -> Vec<&str> {
        self.keys().iter().map(Key::id).collect()
    }
}

/// Writes an attribute that is a list; there may be a comma before its name.
fn write_list<T>(
    out: &mut dyn Write,
    name: &str,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut dyn Write, T) -> io::Result<()>,
) -> io::Result<()> {
    let (comma, name) = name.split_at(if name.starts_with(", ") { 2 } else { 0 });
    write!(out, "{comma}\"{name}\": [")?;
    for (place, item) in items.enumerate() {
        out.write_all(if place == 0 { b"" } else { b", " })?;
        write(out, item)?;
    }
    out.write_all(b"]")
}

/// Writes a text as it was given, or as it is read.
fn write_text(out: &mut dyn Write, (text, given): (&Text, &String)) -> io::Result<()> {
    if !given.is_empty() {
        return quote(out, given);
    }
    out.write_all(b"\"")?;
    for chunk in text.read().unwrap_or_default().utf8_chunks() {
        write_inner(out, chunk.valid())?;
        if !chunk.invalid().is_empty() {
            write_inner(out, "\u{fffd}")?;
        }
    }
    out.write_all(b"\"")
}

fn quote_or_null(out: &mut dyn Write, text: Option<&str>) -> io::Result<()> {
    match text {
        Some(text) => quote(out, text),
        None => out.write_all(b"null"),
    }
}

fn quote(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    write_inner(out, text)?;
    out.write_all(b"\"")
}

/// Writes a text without its quotation marks.
fn write_inner(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut rest = text;
    let mut escaped = Vec::new();
    loop {
        let (run, other) = rest.split_at(pyjson::plain(rest.as_bytes()));
        out.write_all(run.as_bytes())?;
        let mut others = other.chars();
        let Some(c) = others.next() else { return Ok(()) };
        escaped.clear();
        pyjson::escape(&mut escaped, c);
        out.write_all(&escaped)?;
        rest = others.as_str();
    }
}
