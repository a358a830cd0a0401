//! A loopback broker for AMQP 1.0 and MQTT with a signing server behind it.
//!
//! It stands in for a message bus and a signing service in demonstrations and tests: it speaks AMQP and MQTT
//! over TLS, signs with OpenPGP, records what it sees, and misbehaves on request. It uses `fe2o3-amqp` and
//! `mqtt-proto`, implementations of the protocols that share nothing with the client's: a mistake in one does not
//! hide a mistake in the other.
//!
//! ```
//! use amqp_sandbox::{Options, Sandbox};
//!
//! let dir = std::env::temp_dir().join("amqp-sandbox-example");
//! let sandbox = Sandbox::start(Options::new(&dir))?;
//! println!("{} {}", sandbox.amqps_url(), sandbox.config_file().display());
//! println!("{} {}", sandbox.mqtts_url(), sandbox.mqtt_config_file().display());
//! # drop(sandbox);
//! # std::fs::remove_dir_all(dir)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The broker
//!
//! | address | node |
//! |---|---|
//! | `queue://NAME`, `NAME` | a queue: keeps messages, its receivers share them |
//! | `topic://NAME` | a topic: a copy for each receiver there is |
//! | `queue://Consumer.X.VirtualTopic.Y` | a queue that gets copies of `topic://VirtualTopic.Y`, from its first receiver on |
//!
//! Nodes are created when they are first named. A message that a receiver did not settle, or released, goes
//! back to its place in the queue. A null target accepts messages for the addresses in their `to`.
//!
//! # Over MQTT
//!
//! It speaks 5 and 3.1.1, with QoS 1 or 0. The topic `NAME` is the node `topic://NAME`, whatever characters it has; wildcards
//! and shared subscriptions are refused. A PUBLISH is a message of AMQP with the same properties, and the other way round:
//! user properties are application properties, the response topic is `reply-to`, and a payload that says that it is text is a
//! string. So rules, the record and the signing server are the same; [`Record::packets`] has the packets both ways, in their
//! order, and what only MQTT has is in the fields `mqtt`. [`Options::mqtt_broker`] says what the broker announces and how
//! much it keeps: a session is kept as long as the client asks, also without a connection, until it expires or
//! [`Sandbox::forget_sessions`] ends it.
//!
//! Rules mean over MQTT what is nearest to their meaning over AMQP: see [`faults::help`].
//!
//! # The signing server
//!
//! It reads requests by their `mtype` and answers with base64 of:
//!
//! | `mtype` | signed | answer |
//! |---|---|---|
//! | `container_signature` | `claim_file` | `signed_claim`: a binary signed message |
//! | `clearsign_signature` | `data` | `signed_data`: a cleartext signed document |
//! | `gpg_signature` | `artifact` | `signed_payload`: an armoured detached signature |
//! | `batch` | each `claim_file` | `claims[].signed_claims`: for each key name a binary signed message |
//!
//! [`Options::keys`] are the names of its keys: `sandbox` and `release`, unless they are set; [`Options::more_keys`] can be
//! of other kinds. The key that signs is the one with the id that the request names, or else with the name, or else the first.
//! Rules make values odd or wrong: [`Twist`]. `signing-key.asc` has the public keys,
//! and `config.yaml` their ids as `key_aliases`. Replies come in the order of the requests.
//!
//! [`remote::RemoteSigner`] is the same signing server as a client of any other broker.

mod body;
mod broker;
mod config;
pub mod faults;
mod mqtt;
mod openpgp;
mod options;
pub mod pki;
pub mod record;
pub mod remote;
mod sandbox;
mod signing;
pub mod values;

pub use body::{AmqpMessage, Body};
pub use faults::{
    Act, Answer, Carrier, ConnectionAct, Content, Layer, Limit, LinkAct, Phase, Refusal, ReplyAct,
    RequestAct, Rule, When,
};
pub use fe2o3_amqp::types;
pub use mqtt::Mqtt;
pub use openpgp::{Form, KeyKind, Parts, Twist};
pub use options::{Options, Sasl, Weakness};
pub use record::Record;
pub use sandbox::Sandbox;
pub use signing::Verifier;
