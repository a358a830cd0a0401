//! Transport, host and port.

use std::fmt;

/// A broker's address: the transport, the host and the port.
///
/// Displays as `amqps://host:port`, an IPv6 address in brackets. Never holds credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BrokerUrl {
    /// Whether the connection is TLS from its first byte (`amqps`).
    pub tls: bool,
    /// The host name or IP address; an IPv6 address has no brackets here. A name is in ASCII: `xn--…` for others.
    pub host: String,
    /// The TCP port, never 0.
    pub port: u16,
}

impl BrokerUrl {
    pub(super) fn new(tls: bool, host: String, port: Option<u16>) -> Self {
        Self { tls, host, port: port.unwrap_or(if tls { 5671 } else { 5672 }) }
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "amqps" } else { "amqp" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}
