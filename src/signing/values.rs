//! Signed values, and what each of them signs.

use std::{borrow::Cow, fmt};

use super::{
    operation::{Image, Key},
    reply::Reply,
    request::Request,
};

/// A signed value, and what it signs.
///
/// It is base64 on one line, whatever line breaks the signing server put into it; empty if it is missing, refused or
/// unusable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedValue<'a> {
    text: Cow<'a, str>,
    image: Option<&'a Image>,
    key: &'a Key,
}

impl SignedValue<'_> {
    /// Returns the base64.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the digest of the image that it is for; `None` if it is not for an image.
    pub fn digest(&self) -> Option<&str> {
        self.image.map(|image| image.digest().as_str())
    }

    /// Returns the reference of the image that it is for; `None` if it is not for an image.
    pub fn reference(&self) -> Option<&str> {
        self.image.map(|image| image.reference().as_str())
    }

    /// Returns the key that it is by, as it was given.
    pub fn key(&self) -> &Key {
        self.key
    }
}

impl fmt::Display for SignedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The values of one request.
pub(super) fn of<'a>(request: &'a Request, reply: Option<&'a Reply>) -> Vec<SignedValue<'a>> {
    let value = |position| {
        let (image, key) = request.expected.at(position);
        let text = reply.map(|reply| reply.value(position)).unwrap_or_default();
        SignedValue { text, image, key }
    };
    (0..request.value_count()).map(value).collect()
}
