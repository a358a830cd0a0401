//! A request to the signing server: what it asks for, and what its reply must contain.

use std::sync::Arc;

use super::{
    context::{Common, ServerKey},
    id::RequestId,
    judge::Signed,
    operation::{Blob, Image, Key, Text},
};
use crate::error::printable;

/// One request to the signing server. Its message is made when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Its id, which the reply repeats.
    pub id: RequestId,
    /// What the reply must contain.
    pub(crate) expected: Expected,
    /// What it has in common with the other requests of the operation.
    pub(super) common: Arc<Common>,
}

/// Where a value of the operation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The number of the request that asks for it.
    pub(crate) request: u32,
    /// Its number among the values of that request.
    pub(crate) value: u32,
}

/// The message of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Its body, JSON text.
    pub body: String,
    /// Its application properties, in order.
    pub properties: Vec<(String, String)>,
}

impl Request {
    /// Whether it asks for the claims of a batch.
    #[cfg(feature = "cli")]
    pub(crate) fn is_batch(&self) -> bool {
        matches!(self.expected, Expected::Claims(_))
    }

    /// The image and the repository that a single request names; the task id may be in place of the latter.
    pub(super) fn named(&self) -> (Option<&Image>, Option<&str>) {
        let Expected::Value { item, .. } = &self.expected else { return (None, None) };
        let repository = match item {
            _ if self.common.task_id_attribute == "repo" => None,
            Item::Image(image) => Some(image.reference().repository()),
            Item::Text(..) => self.common.repo.as_deref(),
            Item::Blob(..) => None,
        };
        (item.image(), repository.filter(|repository| !repository.is_empty()))
    }

    /// Returns the number of signed values asked for: one, or in a batch one for each claim and key.
    pub fn value_count(&self) -> usize {
        self.expected.count()
    }
}

/// What the reply to a request must contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One value.
    Value { item: Item, key: Arc<ServerKey> },
    /// One value for each claim and key.
    Claims(Box<Claims>),
}

/// The images of a batch, no two of which are the same, and their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) images: Vec<Image>,
    pub(crate) keys: Arc<[ServerKey]>,
}

/// What is signed once with each key. Texts and blobs have a number, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Image(Image),
    Text(Text, u32),
    Blob(Blob, u32),
}

impl Claims {
    /// The image and the key of the value at a position.
    fn at(&self, position: usize) -> (&Image, &ServerKey) {
        let keys = &self.keys;
        (&self.images[position / keys.len()], &keys[position % keys.len()])
    }
}

impl Item {
    /// The name of the value in the reply.
    pub(crate) fn value(&self) -> &'static str {
        match self {
            Self::Image(_) => "signed_claim",
            Self::Text(..) => "signed_data",
            Self::Blob(..) => "signed_payload",
        }
    }

    fn signed(&self) -> Signed<'_> {
        match self {
            Self::Image(image) => Signed::Image(image),
            Self::Text(text, _) => Signed::Text(text),
            Self::Blob(blob, _) => Signed::Blob(blob),
        }
    }

    pub(crate) fn image(&self) -> Option<&Image> {
        if let Self::Image(image) = self { Some(image) } else { None }
    }
}

impl Expected {
    /// The number of values asked for.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Value { .. } => 1,
            Self::Claims(batch) => batch.images.len() * batch.keys.len(),
        }
    }

    /// The image and the key of the value at a position.
    pub(super) fn at(&self, position: usize) -> (Option<&Image>, &Key) {
        match self {
            Self::Value { item, key, .. } => (item.image(), &key.given),
            Self::Claims(batch) => {
                let (image, key) = batch.at(position);
                (Some(image), &key.given)
            }
        }
    }

    /// What the value at a position must sign, and by which key.
    pub(super) fn signed(&self, position: usize) -> (Signed<'_>, &Key) {
        match self {
            Self::Value { item, key, .. } => (item.signed(), &key.given),
            Self::Claims(batch) => {
                let (image, key) = batch.at(position);
                (Signed::Image(image), &key.given)
            }
        }
    }

    /// A readable name of the value at a position of a batch.
    pub(super) fn name(&self, position: usize) -> String {
        let Self::Claims(batch) = self else { return String::new() };
        let (image, key) = batch.at(position);
        match key.name() {
            "" => printable(&image.to_string()),
            key_name => printable(&format!("{image} ({key_name})")),
        }
    }
}
