//! Settings for developers, without what may be a secret.

use std::{fmt, path::Path};

use super::{Settings, SettingsBuilder, Template, files};
use crate::error::{printable, printable_path};

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |path: &Option<std::path::PathBuf>| path.as_deref().map(file);
        let text = |text: &Option<String>| text.as_deref().map(printable);
        let template = |template: &Option<Template>| {
            template.as_ref().map(|template| printable(&format!("{template:?}")))
        };
        f.debug_struct("Settings")
            .field("path", &printable_path(&self.sources.path))
            .field("section", &self.sources.section)
            .field("brokers", &self.brokers)
            .field("certificate", &file(&self.certificate))
            .field("key", &file(&self.key))
            .field("ca", &file(&self.ca))
            .field("passphrase_file", &file(&self.passphrase_file))
            .field("send_to", &printable(&format!("{:?}", self.send_to)))
            .field("listen_to", &printable(&format!("{:?}", self.listen_to)))
            .field("environment", &printable(&self.environment))
            .field("service", &printable(&self.service))
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .field("send_retries", &self.send_retries)
            .field("message_id_key", &printable(&self.message_id_key))
            .field("task_id_attribute", &printable(&self.task_id_attribute))
            .field("log_level", &self.log_level)
            .field("key_aliases", &printable(&format!("{:?}", self.key_aliases)))
            .field("chunk_size", &self.chunk_size)
            .field("connect_timeout", &self.connect_timeout)
            .field("close_timeout", &self.close_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("sasl", &self.sasl)
            .field("username", &text(&self.username))
            .field("password_file", &file(&self.password_file))
            .field("sender_target", &self.sender_target)
            .field("sender_capability", &self.sender_capability)
            .field("receiver_capability", &self.receiver_capability)
            .field("open_hostname", &text(&self.open_hostname))
            .field("mqtt_version", &self.mqtt_version)
            .field("mqtt_client_id", &template(&self.mqtt_client_id))
            .field("mqtt_max_open", &self.mqtt_max_open)
            .field("tls_verify", &self.tls_verify)
            .field("tls_alpn", &printable(&format!("{:?}", self.tls_alpn)))
            .field("durable", &self.durable)
            .field("foreign_replies", &self.foreign_replies)
            .field("max_message_size", &self.max_message_size)
            .field("deadline", &self.deadline)
            .field(
                "verify_keys",
                &self.verify_keys.iter().map(|it| self::file(it)).collect::<Vec<_>>(),
            )
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}

/// Values may be secrets before they are checked.
impl fmt::Debug for SettingsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.entries.keys().map(|key| printable(key)).collect();
        f.debug_struct("SettingsBuilder")
            .field("signer", &self.signer)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

fn file(path: &Path) -> String {
    if files::looks_like_path(path) { printable_path(path) } else { "…".into() }
}
