//! Protocol, transport, host and port.

use std::fmt;

/// A broker's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// AMQP 1.0.
    Amqp,
    /// MQTT, in the version that the settings say.
    Mqtt,
}

/// A broker's address: the protocol, the transport, the host and the port.
///
/// Displays as `amqps://host:port`, an IPv6 address in brackets. Never holds credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BrokerUrl {
    /// The protocol: AMQP (`amqps`, `amqp`) or MQTT (`mqtts`, `mqtt`).
    pub protocol: Protocol,
    /// Whether the connection is TLS from its first byte (`amqps`, `mqtts`).
    pub tls: bool,
    /// The host name or IP address; an IPv6 address has no brackets here. A name is in ASCII: `xn--…` for others.
    pub host: String,
    /// The TCP port, never 0.
    pub port: u16,
}

/// The schemes, each with what it stands for and its port.
const SCHEMES: [(&str, Protocol, bool, u16); 4] = [
    ("amqps", Protocol::Amqp, true, 5671),
    ("amqp", Protocol::Amqp, false, 5672),
    ("mqtts", Protocol::Mqtt, true, 8883),
    ("mqtt", Protocol::Mqtt, false, 1883),
];

impl BrokerUrl {
    pub(super) fn new(protocol: Protocol, tls: bool, host: String, port: Option<u16>) -> Self {
        let port = port.unwrap_or_else(|| row(protocol, tls).3);
        Self { protocol, tls, host, port }
    }

    /// What a scheme stands for: the protocol, and whether it is over TLS.
    pub(super) fn of_scheme(name: &str) -> Option<(Protocol, bool)> {
        let row = SCHEMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        row.map(|(_, protocol, tls, _)| (*protocol, *tls))
    }

    /// What a port stands for, if it is that of a scheme.
    pub(super) fn of_port(port: u16) -> Option<(Protocol, bool)> {
        let row = SCHEMES.iter().find(|(.., known)| *known == port);
        row.map(|(_, protocol, tls, _)| (*protocol, *tls))
    }

    /// The scheme of the URL.
    pub(crate) fn scheme(&self) -> &'static str {
        row(self.protocol, self.tls).0
    }

    /// The scheme of the same protocol over TLS.
    pub(crate) fn secure_scheme(&self) -> &'static str {
        row(self.protocol, true).0
    }
}

fn row(protocol: Protocol, tls: bool) -> &'static (&'static str, Protocol, bool, u16) {
    let mut rows = SCHEMES.iter();
    rows.find(|(_, of, over, _)| (*of, *over) == (protocol, tls)).expect("a row of the table")
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme();
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amqp => "AMQP",
            Self::Mqtt => "MQTT",
        })
    }
}
