//! The configuration file of a signing server that is a client of another broker.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::mqtt::Version;

/// Which brokers to serve, and how to log in to them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `amqps://host:port`, `amqp://…`, `mqtts://…` or `mqtt://…`, tried in this order.
    pub brokers: Vec<String>,
    /// PEM with the client certificate and its key.
    pub certificate: Option<PathBuf>,
    /// PEM that verifies the brokers; TLS needs it.
    pub ca: Option<PathBuf>,
    /// How to log in.
    #[serde(default)]
    pub sasl: Mechanism,
    /// The user of `plain`.
    #[serde(default)]
    pub username: String,
    /// The file with the password of `plain`.
    pub password_file: Option<PathBuf>,
    /// Open's hostname; the URL's host if it is missing.
    pub hostname: Option<String>,
    /// Pairs of addresses to serve.
    pub services: Vec<Service>,
    /// Whether replies survive a restart of the broker.
    #[serde(default = "yes")]
    pub durable: bool,
    /// The folder of the signing key, which is made if missing.
    pub keys: PathBuf,
    /// What is particular to MQTT.
    #[serde(default)]
    pub mqtt: Mqtt,
}

/// How to be a client over MQTT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mqtt {
    /// The version of the protocol.
    pub version: MqttVersion,
    /// The client identifier; random if it is missing. Further services add their number.
    pub client_id: Option<String>,
    /// Whether the user name goes without a password.
    pub user_name: bool,
    /// How long the broker keeps the session without a connection, in seconds.
    pub session: u32,
    /// The user properties of replies.
    pub user_properties: Properties,
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            version: MqttVersion::V5,
            client_id: None,
            user_name: false,
            session: 3600,
            user_properties: Properties::Made,
        }
    }
}

/// A version of MQTT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum MqttVersion {
    /// 3.1.1: no properties, and no reason codes.
    #[serde(rename = "3.1.1")]
    V311,
    /// 5.
    #[serde(rename = "5")]
    V5,
}

impl From<MqttVersion> for Version {
    fn from(version: MqttVersion) -> Self {
        match version {
            MqttVersion::V311 => Self::V311,
            MqttVersion::V5 => Self::V5,
        }
    }
}

/// Where the user properties of a reply come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Properties {
    /// They are those that a reply has over AMQP.
    Made,
    /// They are the request's.
    Copied,
}

/// Where requests come from, and where their replies go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Address of requests; over MQTT a topic, with or without `topic://`.
    pub requests: String,
    /// Address of replies; the same.
    pub replies: String,
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mechanism {
    /// Without SASL.
    #[default]
    None,
    /// Without a name; some brokers use that of the certificate.
    Anonymous,
    /// With the identity of the certificate.
    External,
    /// With user and password.
    Plain,
}

impl Settings {
    /// Reads a YAML file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or parsed; the error names the file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let named = |problem: String| io::Error::other(format!("{}: {problem}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        serde_yaml::from_str(&text).map_err(|error| named(error.to_string()))
    }
}

fn yes() -> bool {
    true
}
