//! An image of a list.

use crate::signing::{Image, Key};

/// An image of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) image: Image,
    /// The keys for this image only; none if it has no keys of its own.
    pub(crate) keys: Vec<Key>,
    /// The object as it was written, on one line, if it has other attributes.
    pub(crate) input: Option<Box<str>>,
}
