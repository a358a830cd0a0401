//! The configuration file, read once into checked values.
//!
//! The file is the one pubtools-sign reads: YAML with a section for each signer, `${NAME}` in
//! strings replaced by environment variables. Only the requested section is judged. What leaves
//! this module is right in itself; nothing later checks it again, except that certificate and secret
//! files are opened where they are used.

mod address;
mod builder;
mod consistency;
mod expand;
pub(crate) mod keys;
pub(crate) mod nearest;
mod reading;
mod section;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod url;
mod values;
mod words;
mod yaml;

pub use builder::SettingsBuilder;
pub use settings::Settings;
pub use template::Template;
pub use url::BrokerUrl;
pub use words::{Sasl, SenderTarget, TlsVerify};

use std::path::PathBuf;

use log::LevelFilter;

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

/// Lists where the configuration file is read from if none is named, in this order.
///
/// The first is below the home directory, and is there only if `HOME` is set.
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
