//! The steps of a check, and what each learns.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    facts::{Link, Mqtt, Peer, Sasl},
    transport::{Certificate, Tls},
};

/// A step of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What was checked.
    pub kind: Kind,
    /// The address of the broker that it was checked at; the look-up of a name has none.
    pub address: Option<SocketAddr>,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub state: State,
    /// What was learned, if anything was.
    pub learned: Option<Learned>,
    /// What is wrong or doubtful, in the words of a run.
    pub problem: Option<String>,
}

impl Step {
    /// One that nothing is wrong with, and that took no time.
    pub(crate) fn new(kind: Kind, address: Option<SocketAddr>, learned: Option<Learned>) -> Self {
        let (took, state) = (Duration::ZERO, State::Ok);
        Self { kind, address, took, state, learned, problem: None }
    }
}

/// What a step checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The configuration.
    Configuration,
    /// The client's certificate and key.
    Certificate,
    /// The certificates that may vouch for brokers.
    Authorities,
    /// The OpenPGP certificates by which signed values are verified.
    Verification,
    /// The look-up of the broker's name.
    Resolve,
    /// The TCP connection.
    Tcp,
    /// The TLS handshake, and the verification of the broker's certificate.
    Tls,
    /// The login; over MQTT it is a part of [`Kind::Open`].
    Sasl,
    /// The broker's Open, over MQTT its CONNACK: it lets the client in.
    Open,
    /// The link for replies, over MQTT the subscription.
    Receiver,
    /// The link for requests; over MQTT there is none.
    Sender,
}

impl Kind {
    /// Returns its name, which does not change between versions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Certificate => "certificate",
            Self::Authorities => "authorities",
            Self::Verification => "verification",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Sasl => "sasl",
            Self::Open => "open",
            Self::Receiver => "receiver",
            Self::Sender => "sender",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Nothing is wrong.
    Ok,
    /// A run would connect, but something needs attention.
    Warning,
    /// The broker refused this way, and the client tried another, as a run does.
    Retried,
    /// A run would not get further here.
    Failed,
}

impl State {
    /// Returns its name, which does not change between versions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a step learned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Learned {
    /// The configuration that is used.
    Configuration {
        /// The file; empty for settings without one.
        path: PathBuf,
        /// Its section.
        section: &'static str,
    },
    /// The client's identity; the key belongs to the certificate.
    Identity {
        /// The name that requests carry.
        creator: String,
        /// The client's certificate, if there is one.
        certificate: Option<Certificate>,
    },
    /// The certificates that may vouch for brokers.
    Authorities(Vec<Certificate>),
    /// OpenPGP certificates, each by its fingerprint and first user id.
    Verification {
        /// The key that they belong to; `None` for all that there are.
        key: Option<String>,
        /// The certificates.
        certificates: Vec<String>,
    },
    /// The addresses of the broker.
    Addresses(Vec<SocketAddr>),
    /// The TLS connection, as far as it came.
    Tls(Tls),
    /// The login; `None`: the broker lets the client in without one.
    Sasl(Option<Sasl>),
    /// What the broker says of itself.
    Peer(Peer),
    /// What an MQTT broker says of itself.
    Mqtt(Mqtt),
    /// The topic that the client is subscribed to.
    Subscription(String),
    /// The link for replies.
    Receiver(Link),
    /// The link for requests.
    Sender(Link),
}
