//! A message to the signing server, and what its reply must contain.

use std::sync::Arc;

use super::operation::{Image, Key};
use crate::error::printable;

/// One message to the signing server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Its id, which the reply repeats.
    pub id: String,
    /// Its body, JSON text.
    pub body: Arc<String>,
    /// Its application properties, in order.
    pub properties: Vec<(String, String)>,
    /// A readable description of what it asks for.
    pub subject: String,
    /// What the reply must contain.
    pub(crate) expected: Expected,
}

impl Request {
    /// Returns the number of signed values asked for: one, or in a batch one for each claim and key.
    pub fn value_count(&self) -> usize {
        self.expected.count()
    }
}

/// What the reply to a request must contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One value.
    Value {
        /// The name of the value.
        name: &'static str,
        /// The image that is signed.
        image: Option<Arc<Image>>,
        /// The repository that the request names.
        repository: Option<Box<str>>,
        key: Arc<Key>,
        /// The place of the value in the order of the input: for each item, each key.
        place: usize,
    },
    /// One value for each claim and key.
    Claims {
        claims: Vec<Claim>,
        keys: Arc<[Key]>,
        /// The positions of the claims in the order of their texts: replies name them by these.
        sorted: Vec<usize>,
    },
}

/// A claim of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Its text, as sent.
    pub(crate) text: String,
    pub(crate) image: Image,
    /// Which images of the operation it is for: several if they are equal.
    pub(crate) items: Vec<usize>,
}

impl Expected {
    /// Claims of a batch, no two with the same text, and its keys.
    pub(super) fn claims(claims: Vec<Claim>, keys: Arc<[Key]>) -> Self {
        let mut sorted: Vec<_> = (0..claims.len()).collect();
        sorted.sort_unstable_by(|&a, &b| claims[a].text.cmp(&claims[b].text));
        Self::Claims { claims, keys, sorted }
    }

    /// The number of values asked for.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Value { .. } => 1,
            Self::Claims { claims, keys, .. } => claims.len() * keys.len(),
        }
    }

    /// The image and the key of the value at a position.
    pub(super) fn at(&self, position: usize) -> (Option<&Image>, &Key) {
        match self {
            Self::Value { image, key, .. } => (image.as_deref(), key),
            Self::Claims { claims, keys, .. } => {
                (Some(&claims[position / keys.len()].image), &keys[position % keys.len()])
            }
        }
    }

    /// The places that the value at a position has in the order of the input: for each item, each key.
    pub(super) fn places(&self, position: usize) -> Vec<usize> {
        match self {
            Self::Value { place, .. } => vec![*place],
            Self::Claims { claims, keys, .. } => {
                let items = claims[position / keys.len()].items.iter();
                items.map(|item| item * keys.len() + position % keys.len()).collect()
            }
        }
    }

    /// A readable name of the value at a position of a batch.
    pub(super) fn name(&self, position: usize) -> String {
        let Self::Claims { claims, keys, .. } = self else { return String::new() };
        let image = &claims[position / keys.len()].image;
        match keys[position % keys.len()].name().unwrap_or_default() {
            "" => printable(&image.to_string()),
            key_name => printable(&format!("{image} ({key_name})")),
        }
    }
}
