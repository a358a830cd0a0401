//! Replies and verdicts.

mod answer;
mod claims;
mod document;
mod join;
mod judging;
mod naming;
mod parse;
mod raw;
mod reading;
mod status;
mod subject;
mod value;
mod verdict;

use std::{borrow::Cow, ops::Range};

use answer::Answer;
pub(crate) use document::{Document, Part};
pub(crate) use join::join;
pub(crate) use judging::Faults;
pub(crate) use parse::{Parsed, parse};
pub(crate) use raw::{RawReply, ReplyBody};
pub(crate) use reading::Reading;
pub use verdict::Verdict;

use super::{pyread, request::Request};

/// The reply to a request, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The JSON text of a list: the whole reply, then its application properties or null.
    pub document: String,
    /// The verdict on it.
    pub verdict: Verdict,
    places: Option<Box<Places>>,
}

/// Where the parts of a document are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Places {
    /// The application properties.
    properties: usize,
    /// The signed values in request order; empty for each that is missing, refused or unusable.
    values: Box<[Range<usize>]>,
}

impl Request {
    /// Reads a reply to this request.
    pub(crate) fn read(&self, parsed: &Parsed) -> Reading {
        Answer::read(self, parsed.message()).into_reading()
    }
}

impl Reply {
    fn new(part: Part, reading: Reading, request: &Request) -> Self {
        let (verdict, values) = reading.judge(request);
        let (document, properties) = part.into_text();
        Self { document, verdict, places: Some(Box::new(Places { properties, values })) }
    }

    /// Reads the text of a reply to a request; `None` if it is none.
    fn read(text: String, properties: &str, request: &Request) -> Option<Self> {
        let json = pyread::read(text.into_bytes()).ok()?;
        let reading = Answer::read(request, json.value().get("msg")).into_reading();
        Some(Self::new(Part::new(json, Some(properties)), reading, request))
    }

    /// One in place of those whose values do not count: nothing of these is kept.
    pub(super) fn unverified(problems: Vec<String>) -> Self {
        // Beyond its end: there are no properties.
        let places = Places { properties: usize::MAX, values: Box::default() };
        Self {
            document: "\"\"".to_owned(),
            verdict: Verdict::Unverified { problems },
            places: Some(Box::new(places)),
        }
    }

    /// Returns the signed values in request order: one, or for a batch one for each claim and key.
    ///
    /// Each is base64 on one line. A value that is missing, refused or unusable is an empty string.
    pub fn signed_values(&self, request: &Request) -> Vec<String> {
        let positions = 0..request.value_count();
        positions.map(|position| self.value(position).into_owned()).collect()
    }

    /// The signed value at a position.
    pub(super) fn value(&self, position: usize) -> Cow<'_, str> {
        let place = self.places.as_ref().and_then(|places| places.values.get(position));
        let place = place.cloned().unwrap_or_default();
        document::value(self.document.get(place).unwrap_or_default())
    }

    /// Its text, as a whole.
    pub(crate) fn whole(&self) -> Document<'_> {
        let properties = self.places.as_ref().map_or(0, |places| places.properties);
        Document { text: &self.document, properties }
    }

    /// The JSON text of its application properties, or `null`.
    #[cfg(feature = "cli")]
    pub(crate) fn properties(&self) -> &str {
        self.whole().properties()
    }

    /// What is kept of a reply that has everything: the verdict.
    pub(super) fn forgotten() -> Self {
        Self { document: String::new(), verdict: Verdict::Signed, places: None }
    }
}

#[cfg(feature = "cli")]
impl Document<'_> {
    /// The signed values that it has by itself, as [`Reply::signed_values`].
    pub(crate) fn values(self, request: &Request) -> Vec<String> {
        let reply = Reply::read(self.body().to_owned(), self.properties(), request);
        reply.map(|reply| reply.signed_values(request)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
