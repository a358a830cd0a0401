//! The configuration file of a signing server that is a client of another broker.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// Which brokers to serve, and how to log in to them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `amqps://host:port` or `amqp://host:port`, tried in this order.
    pub brokers: Vec<String>,
    /// PEM with the client certificate and its key.
    pub certificate: Option<PathBuf>,
    /// PEM that verifies the brokers; `amqps://` needs it.
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
}

/// Where requests come from, and where their replies go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Address of requests.
    pub requests: String,
    /// Address of replies.
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
