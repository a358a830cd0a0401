//! The copy of the operation in the printed document.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde_json::{Value, json};

use super::{
    operation::{Items, Key, Operation, Text},
    pieces, pyjson,
};

impl Operation {
    /// Writes the operation as JSON: the arguments as given, in the order that scripts expect.
    ///
    /// Items without keys, which are not to be signed, are left out. `requester` is the name given, and `texts` are the texts as they were given; an empty one is read. A file that cannot
    /// be read any more, after it was signed, is empty here.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write_echo(
        &self,
        out: &mut dyn Write,
        requester: Option<&str>,
        texts: &[String],
    ) -> io::Result<()> {
        let text = pyjson::to_string(&self.echo(requester, texts));
        let Items::Blobs(blobs) = self.items() else { return out.write_all(text.as_bytes()) };
        // Blobs may be large, and nothing is like their list of no items before them.
        let list = "\"blobs\": [";
        let (before, after) = text.split_once(list).unwrap_or((&text, ""));
        write!(out, "{before}{list}")?;
        for (index, blob) in self.with_keys(blobs).enumerate() {
            out.write_all(if index == 0 { b"\"" } else { b", \"" })?;
            let bytes = blob.read().unwrap_or_default();
            for piece in pieces::pieces(&bytes) {
                out.write_all(piece.as_bytes())?;
            }
            out.write_all(b"\"")?;
        }
        out.write_all(after.as_bytes())
    }

    /// The operation without its blobs.
    fn echo(&self, requester: Option<&str>, texts: &[String]) -> Value {
        match self.items() {
            Items::Images(images) => json!({
                "digests": self.with_keys(images).map(|image| image.digest().as_str()).collect::<Vec<_>>(),
                "references": self.with_keys(images).map(|image| image.reference().as_str()).collect::<Vec<_>>(),
                "signing_key_names": self.key_names(),
                "signing_keys": self.key_ids(),
                "task_id": self.task_id().as_str(),
                "requester": requester,
            }),
            Items::Texts { texts: given, repo } => json!({
                "inputs": self.with_keys(given).zip(self.with_keys(texts)).map(shown).collect::<Vec<_>>(),
                "signing_keys": self.key_ids(),
                "task_id": self.task_id().as_str(),
                "repo": repo,
                "requester": requester,
            }),
            Items::Blobs(_) => json!({
                "blobs": [],
                "signing_key_names": self.key_names(),
                "signing_keys": self.key_ids(),
                "task_id": self.task_id().as_str(),
                "requester": requester,
            }),
        }
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

    fn key_names(&self) -> Vec<&str> {
        self.keys().iter().filter_map(Key::name).collect()
    }
}

fn shown<'a>((text, given): (&Text, &'a String)) -> Cow<'a, str> {
    if !given.is_empty() {
        return Cow::Borrowed(given);
    }
    let bytes = text.read().unwrap_or_default();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}
