//! The configuration file, read once into checked values.
//!
//! The file is the one pubtools-sign reads: YAML with a section for each signer, `${NAME}` in
//! strings replaced by environment variables. Only the requested section is checked. The settings that
//! leave this module are valid, and are not checked again; only certificate and secret files are opened
//! later, where they are used.

mod address;
mod alpn;
mod builder;
mod consistency;
mod expand;
mod files;
#[cfg(feature = "cli")]
mod given;
pub(crate) mod keys;
mod level;
mod mqtt;
pub(crate) mod nearest;
mod overrides;
mod reading;
mod section;
mod settings;
mod shown;
mod sources;
mod template;
#[cfg(test)]
mod tests;
mod times;
mod url;
mod values;
mod words;
mod yaml;

pub use builder::SettingsBuilder;
pub use level::parse_level;
pub use settings::Settings;
pub use template::Template;
pub use url::{BrokerUrl, Protocol};
pub use words::{
    Capability, ForeignReplies, MqttVersion, Sasl, SenderTarget, SignerType, TlsVerify, Verify,
};
#[cfg(feature = "cli")]
pub(crate) use {given::Given, overrides::Overrides};

use std::{
    io,
    path::{Path, PathBuf},
};

/// Lists where the configuration file is read from if none is named, in this order.
///
/// The first is below the home directory, and is in the list only if `HOME` is set.
pub fn default_paths() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let own = home.map(|home| PathBuf::from(home).join(".config/pubtools-sign/conf.yaml"));
    own.into_iter().chain([PathBuf::from("/etc/pubtools-sign/conf.yaml")]).collect()
}

/// Returns the first of [`default_paths`] that is there, whether it can be read or not.
pub fn default_path() -> Option<PathBuf> {
    default_paths().into_iter().find(|path| is_there(path))
}

/// Whether a file is there, even if it cannot be read, or may be there in a folder that cannot be searched.
///
/// A run with the next one instead would use a configuration that its user did not mean.
pub(crate) fn is_there(path: &Path) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    let absent = |error: io::Error| matches!(error.kind(), NotFound | NotADirectory);
    !path.symlink_metadata().is_err_and(absent)
}
