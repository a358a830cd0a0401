//! A broker's reason for a refusal or an end.

use std::fmt;

use super::printable;

/// An AMQP error condition with the peer's description (AMQP 1.0 part 2.8.14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The symbol, such as `amqp:unauthorized-access`; empty if the peer named none.
    pub name: String,
    /// The peer's description, made printable and cut to a bounded length; may be empty.
    pub description: String,
}

impl Condition {
    /// Makes a condition from a peer's texts: control characters are escaped, at most 1,000 characters are kept.
    pub(crate) fn new(name: &str, description: &str) -> Self {
        Self { name: printable(name), description: printable(description) }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), self.description.as_str()) {
            ("", "") => f.write_str("no condition given"),
            (name, "") => f.write_str(name),
            ("", description) => f.write_str(description),
            (name, description) => write!(f, "{name}: {description}"),
        }
    }
}
