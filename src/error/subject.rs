//! What a broker can refuse or end.

use std::fmt;

use super::printable;

/// What a broker refused or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The connection.
    Connection,
    /// A connection that begins with AMQP itself, while the broker requires SASL first (AMQP 1.0 part 5.3).
    WithoutSasl,
    /// The SASL login.
    Login,
    /// The session, and both links with it.
    Session,
    /// The link for requests, or a request, to this address or topic.
    Sending(Box<str>),
    /// The link for replies, or the subscription, from this address or topic.
    Listening(Box<str>),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection => f.write_str("connection"),
            Self::WithoutSasl => f.write_str("connection without SASL"),
            Self::Login => f.write_str("login"),
            Self::Session => f.write_str("session"),
            Self::Sending(address) => write!(f, "sending to \"{}\"", printable(address)),
            Self::Listening(address) => write!(f, "listening to \"{}\"", printable(address)),
        }
    }
}
