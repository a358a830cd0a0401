//! The parts of a run that have separate deadlines.

use std::fmt;

/// A part of a run that has a separate deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the broker's host name.
    Resolve,
    /// Opening the TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// The SASL negotiation (AMQP 1.0 part 5.3).
    Sasl,
    /// Waiting for the broker's Open (AMQP 1.0 part 2.4), or CONNACK (MQTT 5.0 section 3.2).
    Open,
    /// Waiting for the broker's answer to both links (AMQP 1.0 part 2.6.3), or its SUBACK (MQTT 5.0 section 3.9).
    Attach,
    /// Sending requests and gathering their outcomes.
    Send,
    /// Waiting for replies.
    Reply,
    /// Closing the connection in order.
    Close,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Sasl => "sasl",
            Self::Open => "open",
            Self::Attach => "attach",
            Self::Send => "send",
            Self::Reply => "reply",
            Self::Close => "close",
        })
    }
}
