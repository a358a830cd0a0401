//! The text of a reply that is kept.

use std::borrow::Cow;

use super::{RawReply, ReplyBody};
use crate::signing::{
    base64,
    pyread::{self, Json},
};

/// A reply by itself: the JSON text of a list of it and its application properties or null.
#[derive(Debug)]
pub(crate) struct Part {
    text: String,
    /// Where the application properties are.
    properties: usize,
}

/// The text of a [`Part`], or of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) properties: usize,
}

impl Part {
    pub(super) fn new(json: Json, properties: Option<&str>) -> Self {
        let properties = properties.unwrap_or("null");
        let text = json.into_list(properties);
        let properties = text.len() - properties.len() - "]".len();
        Self { text, properties }
    }

    pub(super) fn into_text(self) -> (String, usize) {
        (self.text, self.properties)
    }

    pub(crate) fn document(&self) -> Document<'_> {
        Document { text: &self.text, properties: self.properties }
    }
}

impl<'a> Document<'a> {
    /// One whose reply has this many bytes.
    #[cfg(test)]
    pub(crate) fn of(text: &'a str, reply: usize) -> Self {
        Self { text, properties: reply + "[, ".len() }
    }

    /// The JSON text of the reply, as Python prints it.
    pub(crate) fn body(self) -> &'a str {
        let end = self.properties.saturating_sub(", ".len());
        self.text.get("[".len()..end).unwrap_or_default()
    }

    /// The JSON text of its application properties, or `null`.
    pub(crate) fn properties(self) -> &'a str {
        let end = self.text.len().saturating_sub("]".len());
        let properties = self.text.get(self.properties..end).unwrap_or_default();
        if properties.is_empty() { "null" } else { properties }
    }
}

/// A signed value, as it is printed, on one line.
pub(super) fn value(printed: &str) -> Cow<'_, str> {
    // Line breaks are escaped.
    if !printed.contains('\\') {
        return Cow::Borrowed(printed.trim_ascii());
    }
    Cow::Owned(base64::joined(&pyread::unescaped(printed)).into_owned())
}

impl From<Document<'_>> for RawReply {
    /// The message that brought it.
    fn from(document: Document<'_>) -> Self {
        let properties = Some(document.properties()).filter(|properties| *properties != "null");
        Self {
            body: ReplyBody::Bytes(document.body().into()),
            properties: properties.map(str::to_owned),
        }
    }
}
