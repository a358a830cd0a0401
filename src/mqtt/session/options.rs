//! The addresses and settings of a session.

use std::time::{Duration, Instant};

use crate::{
    mqtt::{memory::Memory, packets::Version},
    session::Purpose,
    signing::RawReply,
};

/// The addresses and settings of a session.
pub(crate) struct Options<'a> {
    pub(crate) version: Version,
    /// The client's id, unless the memory has one.
    pub(crate) client_id: &'a str,
    pub(crate) username: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    /// How long the broker may be silent; `None`: forever.
    pub(crate) idle_timeout: Option<Duration>,
    /// The most bytes of a reply.
    pub(crate) max_message_size: u64,
    pub(crate) purpose: Purpose,
    /// Neither this nor the other address is used if only the login is looked at.
    pub(crate) listen_to: &'a str,
    pub(crate) send_to: &'a str,
    /// The time to live that each request carries.
    pub(crate) ttl: Duration,
    /// How long the broker keeps the session without a connection.
    pub(crate) session_expiry: Duration,
    /// A process that is gone may have left a session of this client.
    pub(crate) goes_on: bool,
    /// The number of the first reply; numbers must not repeat over connections.
    pub(crate) first_reply: u64,
    /// What the last session with this broker left.
    pub(crate) memory: &'a Memory,
    /// Reads a reply that is a message of AMQP: so brokers of both protocols pass on what an AMQP client wrote as a text.
    pub(crate) decode: fn(Vec<u8>) -> RawReply,
    pub(crate) now: Instant,
}
