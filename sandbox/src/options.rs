//! How a sandbox is set up.

use std::{path::PathBuf, str::FromStr, time::Duration};

use crate::{
    faults::Rule,
    mqtt::Mqtt,
    openpgp::KeyKind,
    pki::{Authority, Identity},
};

/// How a sandbox is set up; [`Options::new`] gives one that behaves well.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where certificates, keys and the client's configuration are written; made if missing.
    pub dir: PathBuf,
    /// Whether to listen with mutual TLS.
    pub amqps: bool,
    /// Whether to listen without TLS.
    pub amqp: bool,
    /// Listeners with TLS beyond the first, of each protocol, on free ports: to a client they are other brokers, which share the queues.
    pub more_brokers: usize,
    /// Port of the listener with TLS; 0 takes a free one.
    pub amqps_port: u16,
    /// Port of the listener without TLS; 0 takes a free one.
    pub amqp_port: u16,
    /// Whether to listen with mutual TLS for MQTT.
    pub mqtts: bool,
    /// Whether to listen without TLS for MQTT.
    pub mqtt: bool,
    /// Port of MQTT's listener with TLS; 0 takes a free one.
    pub mqtts_port: u16,
    /// Port of MQTT's listener without TLS; 0 takes a free one.
    pub mqtt_port: u16,
    /// What the broker is like over MQTT.
    pub mqtt_broker: Mqtt,
    /// Departures from good behaviour.
    pub behaviours: Vec<Rule>,
    /// The signing server's request addresses, each with the address its replies go to.
    pub signing: Vec<(String, String)>,
    /// The names of the signing server's keys, at least one; each name has a key of its own.
    pub keys: Vec<String>,
    /// Further keys by their names, of any kind.
    pub more_keys: Vec<(String, KeyKind)>,
    /// The authority that certifies the client, and the server unless it has another certificate; `None` makes one.
    /// With the authority and the ports of a stopped sandbox, a new one can replace it.
    pub authority: Option<Authority>,
    /// The server's certificate; `None` makes one for `localhost`, `127.0.0.1` and `::1`.
    pub server_certificate: Option<Identity>,
    /// What is too weak in the server's TLS.
    pub weakness: Option<Weakness>,
    /// Whether a TLS client without a certificate is refused.
    pub require_client_certificate: bool,
    /// SASL, on both listeners.
    pub sasl: Sasl,
    /// Whether the broker accepts a null target, and offers `ANONYMOUS-RELAY`.
    pub anonymous_relay: bool,
    /// The credit of every sender link of a client, which is topped up.
    pub credit: u32,
    /// `max-message-size` of every link, in bytes.
    pub max_message_size: Option<u64>,
    /// The broker's own idle timeout, announced in its Open.
    pub idle_timeout: Option<Duration>,
    /// Threads of the broker.
    pub workers: usize,
}

impl Options {
    /// All listeners, no faults, and the signing server on
    /// `topic://VirtualTopic.sandbox.sign` (replies to `topic://VirtualTopic.sandbox.reply`)
    /// and on `queue://requests` (replies to `queue://replies`).
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            amqps: true,
            amqp: true,
            more_brokers: 0,
            amqps_port: 0,
            amqp_port: 0,
            mqtts: true,
            mqtt: true,
            mqtts_port: 0,
            mqtt_port: 0,
            mqtt_broker: Mqtt::default(),
            behaviours: Vec::new(),
            signing: [(REQUESTS, REPLIES), ("queue://requests", "queue://replies")]
                .map(|(request, reply)| (request.to_owned(), reply.to_owned()))
                .to_vec(),
            keys: ["sandbox", "release"].map(str::to_owned).to_vec(),
            more_keys: Vec::new(),
            authority: None,
            server_certificate: None,
            weakness: None,
            require_client_certificate: true,
            sasl: Sasl::default(),
            anonymous_relay: true,
            credit: 100,
            max_message_size: None,
            idle_timeout: None,
            workers: 2,
        }
    }
}

pub(crate) const REQUESTS: &str = "topic://VirtualTopic.sandbox.sign";
pub(crate) const REPLIES: &str = "topic://VirtualTopic.sandbox.reply";

/// What is too weak in the server's TLS for a client with OpenSSL's usual security level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// An RSA key of that many bits.
    Key(u32),
    /// A certificate that is signed with SHA-1.
    Sha1,
    /// Diffie-Hellman parameters of about that many bits, of 512, 1024 and 2048, in TLS 1.2.
    Dh(u32),
}

impl FromStr for Weakness {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bits =
            |bits: &str| bits.parse().map_err(|_| format!("\"{bits}\" is no number of bits"));
        match text.split_once('=') {
            Some(("key", number)) => bits(number).map(Self::Key),
            Some(("dh", number)) => bits(number).map(Self::Dh),
            None if text == "sha1" => Ok(Self::Sha1),
            _ => Err(format!("expected key=BITS, dh=BITS or sha1, found \"{text}\"")),
        }
    }
}

/// What the broker expects of SASL.
#[derive(Clone, Debug)]
pub struct Sasl {
    /// Whether AMQP's protocol header without SASL is answered with SASL's and a hang-up.
    pub required: bool,
    /// Mechanisms offered. Of these `EXTERNAL`, `ANONYMOUS` and `PLAIN` work; any other can only be offered.
    pub mechanisms: Vec<String>,
    /// User and password for `PLAIN`; `None` accepts any.
    pub user: Option<(String, String)>,
}

impl Default for Sasl {
    /// With or without SASL, as the client begins; all three mechanisms.
    fn default() -> Self {
        Self {
            required: false,
            mechanisms: ["EXTERNAL", "ANONYMOUS", "PLAIN"].map(str::to_owned).into(),
            user: None,
        }
    }
}
