//! The configuration file, read once into checked values.
//!
//! The file is the one pubtools-sign reads: YAML with a section for each signer, `${NAME}` in
//! strings replaced by environment variables. Only the section that is asked for is judged. What
//! leaves this module is right in itself; nothing later checks it again, except that certificate
//! and secret files are opened by those who use them.

mod address;
mod expand;
pub(crate) mod nearest;
mod section;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod url;
mod values;
mod yaml;

pub use settings::{Sasl, SenderTarget, Settings, TlsVerify};
pub use template::Template;
pub use url::BrokerUrl;

use log::LevelFilter;
use std::path::PathBuf;

/// Which signer a run uses, and so which section of the file it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerType {
    /// One request for each item and key; section `msg_signer`.
    Single,
    /// Many items in a request; section `msg_batch_signer`.
    Batch,
}

impl SignerType {
    /// Names the section of the file.
    pub fn section(self) -> &'static str {
        match self {
            Self::Single => "msg_signer",
            Self::Batch => "msg_batch_signer",
        }
    }
}

/// The keys of both sections; `chunk_size`, the batch section's own, is the last.
const KEYS: [&str; 28] = [
    "messaging_brokers",
    "messaging_cert_key",
    "messaging_ca_cert",
    "messaging_key_passphrase_file",
    "topic_send_to",
    "topic_listen_to",
    "environment",
    "service",
    "timeout",
    "retries",
    "send_retries",
    "message_id_key",
    "task_id_attribute",
    "log_level",
    "key_aliases",
    "connect_timeout",
    "close_timeout",
    "idle_timeout",
    "sasl",
    "username",
    "password_file",
    "sender_target",
    "open_hostname",
    "tls_verify",
    "durable",
    "max_message_size",
    "deadline",
    "chunk_size",
];

/// Lists the keys that a signer's section may hold.
pub fn known_keys(signer: SignerType) -> &'static [&'static str] {
    match signer {
        SignerType::Single => &KEYS[..KEYS.len() - 1],
        SignerType::Batch => &KEYS,
    }
}

/// Lists where the configuration file is looked for when none is named, in this order.
///
/// The first is below the home directory and is there only where `HOME` is set.
pub fn default_paths() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let own = home.map(|home| PathBuf::from(home).join(".config/pubtools-sign/conf.yaml"));
    own.into_iter().chain([PathBuf::from("/etc/pubtools-sign/conf.yaml")]).collect()
}

/// Reads the name of a log level, in any case.
///
/// Takes the names of Python's logging and of the `log` crate: DEBUG, INFO, WARNING, WARN, ERROR,
/// CRITICAL (which is as quiet as ERROR), TRACE and OFF.
pub fn parse_level(name: &str) -> Option<LevelFilter> {
    Some(match name.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::Trace,
        "DEBUG" => LevelFilter::Debug,
        "INFO" => LevelFilter::Info,
        "WARNING" | "WARN" => LevelFilter::Warn,
        "ERROR" | "CRITICAL" => LevelFilter::Error,
        "OFF" => LevelFilter::Off,
        _ => return None,
    })
}
