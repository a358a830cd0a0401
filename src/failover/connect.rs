//! What failover needs from outside: the time, and connections.

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use crate::{
    config::BrokerUrl,
    connection::{Connected, Failure, Opened},
    deadline::Deadline,
    error::Error,
    session::Beginning,
};

/// Opens connections to brokers: real ones, simulated ones or scripted ones.
pub(crate) trait Connect {
    type Connection: Connected;

    /// What is remembered of a broker between its connections.
    type Memory: Default;

    /// The current time, on a clock that never goes back.
    fn now(&self) -> Instant;

    /// Waits until `until`.
    ///
    /// # Errors
    /// [`Error::Interrupted`] or [`Error::Deadline`], which end the run.
    fn sleep(&self, until: Instant) -> Result<(), Error>;

    /// Looks up the addresses of a broker, at least one. Waits until `deadline` in all.
    ///
    /// # Errors
    /// Why there is none.
    fn addresses(&self, url: &BrokerUrl, deadline: &Deadline) -> Result<Vec<SocketAddr>, Error>;

    /// Opens a connection to one address of a broker, and waits until its links are answered, until `deadline` in all.
    /// `first_reply` is the number of its first reply; `memory` is what earlier connections to this broker left.
    ///
    /// # Errors
    /// Why there is none, and whether another broker may do better.
    fn open(
        &self,
        url: &BrokerUrl,
        address: SocketAddr,
        beginning: Beginning,
        first_reply: u64,
        memory: &Self::Memory,
        deadline: &Deadline,
    ) -> Result<Opened<Self::Connection>, Failure>;
}

/// What a broker is called once one of its addresses is in use: `amqps://host:5671 (127.0.0.2:5671)`.
pub(crate) fn label(url: &BrokerUrl, address: SocketAddr) -> String {
    // An address, which may name its interface (RFC 4007), needs no second one.
    let host = url.host.split('%').next().unwrap_or_default();
    if host.parse::<IpAddr>().is_ok() { url.to_string() } else { format!("{url} ({address})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_with_the_address_in_use() {
        for (url, address, expected) in [
            ("amqps://b", "127.0.0.2:5671", "amqps://b:5671 (127.0.0.2:5671)"),
            ("amqp://b.:9", "[::1]:9", "amqp://b.:9 ([::1]:9)"),
            ("amqps://127.0.0.2", "127.0.0.2:5671", "amqps://127.0.0.2:5671"),
            ("amqps://[::1]", "[::1]:5671", "amqps://[::1]:5671"),
            ("amqps://[fe80::1%lo]", "[fe80::1%1]:5671", "amqps://[fe80::1%lo]:5671"),
        ] {
            assert_eq!(label(&url.parse().unwrap(), address.parse().unwrap()), expected);
        }
    }
}
