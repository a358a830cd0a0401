//! A value in a JSON text that was read.

use std::{borrow::Cow, ops::Range};

use super::{Json, Node};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    List,
    Object,
}

/// A value in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    json: &'a Json,
    at: usize,
}

impl<'a> Value<'a> {
    pub(super) fn new(json: &'a Json, at: usize) -> Self {
        Self { json, at }
    }

    fn node(self) -> &'a Node {
        &self.json.nodes[self.at]
    }

    pub(crate) fn kind(self) -> Kind {
        self.node().kind
    }

    /// The value as Python prints it.
    pub(crate) fn json(self) -> &'a str {
        &self.json.list[self.node().start..self.node().end]
    }

    /// The text of a string; `None` if it is something else.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        if self.kind() != Kind::String {
            return None;
        }
        let inner = &self.json.list[self.inner()];
        Some(if self.node().is_plain { Cow::Borrowed(inner) } else { Cow::Owned(unescaped(inner)) })
    }

    /// Where the text of a string is in the text of all, between its quotation marks.
    pub(crate) fn inner(self) -> Range<usize> {
        self.node().start + 1..self.node().end - 1
    }

    /// The value of this name; `None` if there is none, or if this is no object.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.entries().find(|(key, _)| key.is(name)).map(|(_, value)| value)
    }

    /// The names and values of an object; none of anything else.
    pub(crate) fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let end = if self.kind() == Kind::Object { self.node().next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let (name, value) = (Self { at, ..self }, Self { at: at + 1, ..self });
            (at < end).then(|| {
                at = value.node().next;
                (name, value)
            })
        })
    }

    /// The values of a list; none of anything else.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> {
        let end = if self.kind() == Kind::List { self.node().next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let item = Self { at, ..self };
            (at < end).then(|| {
                at = item.node().next;
                item
            })
        })
    }

    /// Whether it is a string of this text.
    pub(crate) fn is(self, name: &str) -> bool {
        let node = self.node();
        // Few names are as long.
        (!node.is_plain || node.end - node.start == name.len() + 2)
            && self.text().is_some_and(|text| text == name)
    }
}

/// The text that is printed so by Python.
pub(crate) fn unescaped(printed: &str) -> String {
    let mut text = String::with_capacity(printed.len());
    let mut rest = printed;
    // The first half of a surrogate pair.
    let mut high = None;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (length, c) = match escape.as_bytes().first() {
            Some(b'u') => {
                let unit = escape.get(1..5).and_then(|hex| u16::from_str_radix(hex, 16).ok());
                let units = high.take().into_iter().chain(unit);
                let c = char::decode_utf16(units).next().and_then(Result::ok);
                high = unit.filter(|_| c.is_none());
                (5, c)
            }
            Some(b'n') => (1, Some('\n')),
            Some(b'r') => (1, Some('\r')),
            Some(b't') => (1, Some('\t')),
            Some(b'b') => (1, Some('\u{8}')),
            Some(b'f') => (1, Some('\u{c}')),
            other => (1, other.map(|&byte| char::from(byte))),
        };
        text.extend(c);
        rest = escape.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}
