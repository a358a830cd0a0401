//! A message to the signing server, and what its reply must contain.

use super::claim::{self, Identity};
use crate::error::printable;

/// One message to the signing server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Its id, which the reply repeats.
    pub id: String,
    /// Its body, JSON text.
    pub body: String,
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
    /// One value under this name.
    Value(&'static str),
    /// One value for each claim and key.
    Claims {
        /// The claims' texts, as sent.
        claims: Vec<String>,
        /// The keys' names; one empty name if any key will do.
        key_names: Vec<String>,
    },
}

impl Expected {
    /// The number of values asked for.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Value(_) => 1,
            Self::Claims { claims, key_names } => claims.len() * key_names.len(),
        }
    }

    /// A readable name of the value at a position.
    pub(super) fn name(&self, position: usize) -> String {
        match self {
            Self::Value(name) => (*name).to_owned(),
            Self::Claims { claims, key_names } => {
                let claim = match claim::identity(&claims[position / key_names.len()]) {
                    Some(Identity { digest, reference }) => format!("{reference} {digest}"),
                    None => format!("claim {}", position / key_names.len() + 1),
                };
                match key_names[position % key_names.len()].as_str() {
                    "" => printable(&claim),
                    key_name => printable(&format!("{claim} ({key_name})")),
                }
            }
        }
    }
}
