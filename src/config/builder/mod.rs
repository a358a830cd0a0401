//! Settings without a file.

mod protocol;

use std::{collections::BTreeMap, path::Path, time::Duration};

use log::LevelFilter;

use super::{
    Capability, ForeignReplies, MqttVersion, Sasl, SenderTarget, Settings, SignerType, TlsVerify,
    Verify,
    keys::{self, Takes},
    reading,
    section::Section,
    yaml::Node,
};
use crate::error::Error;

/// Builds [`Settings`] without a file.
///
/// Its methods are named after the file's keys, and a value means the same as in a file, except that `${NAME}` is not
/// replaced. The defaults are the same, too.
///
/// ```
/// use std::time::Duration;
///
/// use amqp_messenger::{Settings, SignerType};
///
/// let settings = Settings::builder(SignerType::Single)
///     .messaging_brokers(["amqps://broker.example.com"])
///     .messaging_cert_key("/etc/builds/client.pem")
///     .messaging_ca_cert("/etc/builds/ca.pem")
///     .topic_send_to("topic://VirtualTopic.example.sign")
///     .topic_listen_to("queue://Consumer.{creator}-{task_id}.VirtualTopic.example.signed")
///     .environment("prod")
///     .service("builds")
///     .timeout(Duration::from_secs(60))
///     .retries(3)
///     .send_retries(2)
///     .message_id_key("request_id")
///     .build()?;
/// assert_eq!(settings.brokers()[0].to_string(), "amqps://broker.example.com:5671");
/// assert_eq!(settings.longest_silence().as_secs(), 60 * 3 * 2);
/// # Ok::<(), amqp_messenger::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct SettingsBuilder {
    pub(super) signer: SignerType,
    pub(super) entries: BTreeMap<String, Node>,
}

impl Settings {
    /// Starts settings without a file.
    pub fn builder(signer: SignerType) -> SettingsBuilder {
        SettingsBuilder { signer, entries: BTreeMap::new() }
    }
}

impl SettingsBuilder {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Config`] for the first error; its path is empty, and its key is named after the method.
    pub fn build(self) -> Result<Settings, Error> {
        let env = |name: &str| std::env::var(name).ok();
        let section = Section::made("settings", self.entries, self.signer, &env)?;
        reading::settings(&section, self.signer)
    }

    fn node(mut self, key: &str, value: Node) -> Self {
        self.entries.insert(key.to_owned(), value);
        self
    }

    fn text(self, key: &str, value: impl Into<String>) -> Self {
        self.node(key, Node::Text(value.into()))
    }

    fn file(self, key: &str, path: &Path) -> Self {
        // A path that is not UTF-8 is changed here, and then reported as a file that does not exist.
        self.text(key, path.to_string_lossy())
    }

    fn seconds(self, key: &str, time: Duration) -> Self {
        self.node(key, Node::Float(time.as_secs_f64()))
    }

    /// Adds to the list of a key.
    fn list(mut self, key: &str, items: impl Iterator<Item = Node>) -> Self {
        match self.entries.get_mut(key) {
            Some(Node::List(all)) => all.extend(items),
            _ => return self.node(key, Node::List(items.collect())),
        }
        self
    }

    /// Sets a key to one of the words in its row of the table of keys.
    fn word(self, key: &str, index: usize) -> Self {
        match keys::row(key).takes {
            Takes::Word(words) => self.text(key, words[index]),
            Takes::Value(_) => self,
        }
    }

    /// Sets a key to a value as it is written in a file, such as `timeout` to `60`; `messaging_brokers` adds one URL,
    /// `verify_keys` one path, and `tls_alpn` one name.
    ///
    /// An unknown key or a wrong value is reported by [`SettingsBuilder::build`].
    pub fn set(self, key: &str, value: impl Into<String>) -> Self {
        match key {
            "messaging_brokers" => self.messaging_brokers([value]),
            "verify_keys" => self.verify_keys([value.into()]),
            "tls_alpn" => self.tls_alpn([value]),
            _ => self.text(key, value),
        }
    }

    /// Adds brokers' URLs, in the order in which they are tried: `amqps://host:port`, or `amqp`, `mqtts` or `mqtt` in its
    /// place, the same protocol for all.
    pub fn messaging_brokers(self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.list("messaging_brokers", urls.into_iter().map(|url| Node::Text(url.into())))
    }

    /// Sets the PEM file with the client certificate and, unless it has a file of its own, its private key.
    pub fn messaging_cert_key(self, path: impl AsRef<Path>) -> Self {
        self.file("messaging_cert_key", path.as_ref())
    }

    /// Sets the PEM file with the certificate's private key, if it is not in the file of the certificate.
    pub fn messaging_key(self, path: impl AsRef<Path>) -> Self {
        self.file("messaging_key", path.as_ref())
    }

    /// Sets the PEM file, or the folder of such files, with the authorities that sign the brokers' certificates.
    pub fn messaging_ca_cert(self, path: impl AsRef<Path>) -> Self {
        self.file("messaging_ca_cert", path.as_ref())
    }

    /// Sets the file with the passphrase of an encrypted private key.
    pub fn messaging_key_passphrase_file(self, path: impl AsRef<Path>) -> Self {
        self.file("messaging_key_passphrase_file", path.as_ref())
    }

    /// Sets the address of requests, over MQTT a topic, in which fields such as `{task_id}` are replaced.
    pub fn topic_send_to(self, template: impl Into<String>) -> Self {
        self.text("topic_send_to", template)
    }

    /// Sets the address of replies, over MQTT a topic, in which fields such as `{creator}` are replaced.
    pub fn topic_listen_to(self, template: impl Into<String>) -> Self {
        self.text("topic_listen_to", template)
    }

    /// Sets the environment in the requests.
    pub fn environment(self, name: impl Into<String>) -> Self {
        self.text("environment", name)
    }

    /// Sets the service in the requests.
    pub fn service(self, name: impl Into<String>) -> Self {
        self.text("service", name)
    }

    /// Sets how long a window waits without a reply, at least 1 s; a fraction of a second is cut off.
    pub fn timeout(self, time: Duration) -> Self {
        self.seconds("timeout", time)
    }

    /// Sets the number of windows in a cycle, at least 1.
    pub fn retries(self, count: u32) -> Self {
        self.node("retries", Node::Int(count.into()))
    }

    /// Sets the number of cycles, at least 1.
    pub fn send_retries(self, count: u32) -> Self {
        self.node("send_retries", Node::Int(count.into()))
    }

    /// Sets the attribute of a reply that holds the id of its request.
    pub fn message_id_key(self, name: impl Into<String>) -> Self {
        self.text("message_id_key", name)
    }

    /// Sets the attribute of a request that holds the task id.
    pub fn task_id_attribute(self, name: impl Into<String>) -> Self {
        self.text("task_id_attribute", name)
    }

    /// Sets the log level, for the field `{log_level}` of an address; the library itself does not use it.
    pub fn log_level(self, level: LevelFilter) -> Self {
        self.text("log_level", level.as_str())
    }

    /// Adds other names of signing keys: key ids by alias.
    pub fn key_aliases<A: Into<String>, I: Into<String>>(
        mut self,
        aliases: impl IntoIterator<Item = (A, I)>,
    ) -> Self {
        let pairs = aliases.into_iter();
        let pairs = pairs.map(|(alias, id)| (Node::Text(alias.into()), Node::Text(id.into())));
        match self.entries.get_mut("key_aliases") {
            Some(Node::Map(all)) => all.extend(pairs),
            _ => return self.node("key_aliases", Node::Map(pairs.collect())),
        }
        self
    }

    /// Sets the number of images in a request, at least 1; only for [`SignerType::Batch`].
    pub fn chunk_size(self, count: u32) -> Self {
        self.node("chunk_size", Node::Int(count.into()))
    }

    /// Sets how long a broker may take from the look-up of its name to attached links.
    pub fn connect_timeout(self, time: Duration) -> Self {
        self.seconds("connect_timeout", time)
    }

    /// Sets how long an orderly close may take.
    pub fn close_timeout(self, time: Duration) -> Self {
        self.seconds("close_timeout", time)
    }

    /// Sets the silence of the broker after which the connection counts as lost, at least 2 s; zero for never. Over MQTT it
    /// is the keep alive, at most 65,535 s.
    pub fn idle_timeout(self, time: Duration) -> Self {
        self.seconds("idle_timeout", time)
    }

    /// Sets the user name for SASL PLAIN or MQTT.
    pub fn username(self, name: impl Into<String>) -> Self {
        self.text("username", name)
    }

    /// Sets the file with the password for SASL PLAIN or MQTT.
    pub fn password_file(self, path: impl AsRef<Path>) -> Self {
        self.file("password_file", path.as_ref())
    }

    /// Adds files of OpenPGP certificates, or folders of such files, by which signed values are verified.
    pub fn verify_keys<P: AsRef<Path>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        let text = |path: P| Node::Text(path.as_ref().to_string_lossy().into());
        self.list("verify_keys", paths.into_iter().map(text))
    }

    /// Sets which signed values are verified, if there are certificates.
    pub fn verify(self, verify: Verify) -> Self {
        self.word("verify", verify as usize)
    }

    /// Sets what the client checks in the broker's certificate.
    pub fn tls_verify(self, verify: TlsVerify) -> Self {
        self.word("tls_verify", verify as usize)
    }

    /// Adds protocol names that the client offers in the TLS handshake (ALPN), each of 1 to 255 bytes.
    pub fn tls_alpn(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.list("tls_alpn", names.into_iter().map(|name| Node::Text(name.into())))
    }

    /// Sets what the client does with replies to other clients' requests.
    pub fn foreign_replies(self, handling: ForeignReplies) -> Self {
        self.word("foreign_replies", handling as usize)
    }

    /// Sets the largest reply in bytes, at least 1.
    pub fn max_message_size(self, bytes: u64) -> Self {
        self.node("max_message_size", Node::Int(bytes.into()))
    }

    /// Sets how long the whole run may take.
    pub fn deadline(self, time: Duration) -> Self {
        self.seconds("deadline", time)
    }
}

#[cfg(test)]
mod tests;
