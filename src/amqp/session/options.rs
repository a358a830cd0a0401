//! The addresses and settings of a session.

use std::time::{Duration, Instant};

use crate::{
    amqp::{offer::Means, proton::Mechanisms},
    session::{Purpose, Target},
};

/// The addresses and settings of a session.
pub(crate) struct Options<'a> {
    /// Different for each connection.
    pub(crate) container_id: &'a str,
    /// Different for each connection, like the sender's; otherwise a broker might mistake one client's link for
    /// another's (AMQP 1.0 part 2.6.1).
    pub(crate) receiver_name: &'a str,
    pub(crate) sender_name: &'a str,
    /// `None`: no SASL layer.
    pub(crate) mechanisms: Option<Mechanisms<'a>>,
    pub(crate) means: Means,
    /// Open's hostname, by which brokers with virtual hosts choose one.
    pub(crate) hostname: &'a str,
    pub(crate) idle_timeout: Option<Duration>,
    /// The most bytes of a reply.
    pub(crate) max_message_size: u64,
    pub(crate) purpose: Purpose,
    /// Neither this nor the other address is used without links.
    pub(crate) listen_to: &'a str,
    pub(crate) send_to: &'a str,
    /// What the addresses have to be at the broker.
    pub(crate) source_capability: Option<&'static str>,
    pub(crate) target_capability: Option<&'static str>,
    pub(crate) target: Target,
    pub(crate) durable: bool,
    /// The time to live that each request carries.
    pub(crate) ttl: Duration,
    /// The number of the first reply; numbers must not repeat over connections.
    pub(crate) first_reply: u64,
    /// The time; the engine counts its milliseconds from here.
    pub(crate) now: Instant,
}
