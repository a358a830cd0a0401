//! A signer's settings.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use log::LevelFilter;

use crate::error::Error;

use super::{
    BrokerUrl, Capability, ForeignReplies, MqttVersion, Protocol, Sasl, SenderTarget, Template,
    TlsVerify, Verify, sources::Sources,
};

/// A signer's settings, from a section of the configuration file or from [`Settings::builder`]; they are checked once
/// and cannot be changed afterwards.
#[derive(Clone)]
pub struct Settings {
    pub(crate) sources: Sources,
    pub(crate) brokers: Vec<BrokerUrl>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) passphrase_file: Option<PathBuf>,
    pub(crate) send_to: Template,
    pub(crate) listen_to: Template,
    pub(crate) environment: String,
    pub(crate) service: String,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) send_retries: u32,
    pub(crate) message_id_key: String,
    pub(crate) task_id_attribute: String,
    pub(crate) log_level: Option<LevelFilter>,
    /// The level as it was written, for `{log_level}` in an address.
    pub(crate) log_level_text: Option<String>,
    pub(crate) key_aliases: BTreeMap<String, String>,
    pub(crate) chunk_size: Option<NonZeroUsize>,
    pub(crate) connect_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) sasl: Sasl,
    pub(crate) username: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) sender_target: SenderTarget,
    pub(crate) sender_capability: Capability,
    pub(crate) receiver_capability: Capability,
    pub(crate) open_hostname: Option<String>,
    pub(crate) mqtt_version: MqttVersion,
    pub(crate) mqtt_client_id: Option<Template>,
    pub(crate) mqtt_max_open: u32,
    pub(crate) tls_verify: TlsVerify,
    pub(crate) tls_alpn: Vec<String>,
    pub(crate) durable: bool,
    pub(crate) foreign_replies: ForeignReplies,
    pub(crate) max_message_size: u64,
    pub(crate) deadline: Option<Duration>,
    pub(crate) verify_keys: Vec<PathBuf>,
    pub(crate) verify: Verify,
}

impl Settings {
    /// The same error with the file and the section, if it concerns a key and has neither.
    pub(crate) fn located(&self, error: Error) -> Error {
        match error {
            Error::Config { path, key, problem } if path.as_os_str().is_empty() => {
                self.sources.fail(&key, problem)
            }
            other => other,
        }
    }

    /// Returns the path of the file; empty without one.
    pub fn path(&self) -> &Path {
        &self.sources.path
    }

    /// Returns the section: `msg_signer` or `msg_batch_signer`; `settings` without a file.
    pub fn section(&self) -> &'static str {
        self.sources.section
    }

    /// Returns the brokers in the order in which they are tried; at least one (`messaging_brokers`).
    pub fn brokers(&self) -> &[BrokerUrl] {
        &self.brokers
    }

    /// Returns the protocol of the brokers, which is the same for all.
    pub fn protocol(&self) -> Protocol {
        self.brokers[0].protocol
    }

    /// Whether messages have properties, which MQTT 3.1.1 lacks.
    pub(crate) fn has_properties(&self) -> bool {
        self.protocol() == Protocol::Amqp || self.mqtt_version == MqttVersion::V5
    }

    /// Returns the file with the client certificate and, unless [`Settings::key`] names another, its key, PEM
    /// (`messaging_cert_key`).
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// Returns the file with the certificate's private key, PEM, if it has one of its own (`messaging_key`).
    pub fn key(&self) -> Option<&Path> {
        self.key.as_deref()
    }

    /// Returns the file with the authorities that sign the brokers' certificates, PEM, or the folder of such files
    /// (`messaging_ca_cert`).
    pub fn ca(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    /// Returns the file with the key's passphrase (`messaging_key_passphrase_file`).
    pub fn passphrase_file(&self) -> Option<&Path> {
        self.passphrase_file.as_deref()
    }

    /// Returns the address of requests (`topic_send_to`).
    pub fn send_to(&self) -> &Template {
        &self.send_to
    }

    /// Returns the address of replies (`topic_listen_to`).
    pub fn listen_to(&self) -> &Template {
        &self.listen_to
    }

    /// Returns the environment in the requests.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Returns the service in the requests.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns how long a window waits without a reply; whole seconds.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the number of windows in a cycle, at least 1.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// Returns the number of cycles, at least 1.
    pub fn send_retries(&self) -> u32 {
        self.send_retries
    }

    /// Returns the attribute of a reply that holds the id of its request.
    pub fn message_id_key(&self) -> &str {
        &self.message_id_key
    }

    /// Returns the attribute of a request that holds the task id; `pub_task_id` unless set.
    pub fn task_id_attribute(&self) -> &str {
        &self.task_id_attribute
    }

    /// Returns the log level, if one is set.
    pub fn log_level(&self) -> Option<LevelFilter> {
        self.log_level
    }

    /// Returns other names of signing keys: key ids by alias.
    pub fn key_aliases(&self) -> &BTreeMap<String, String> {
        &self.key_aliases
    }

    /// Returns the number of images in a request, 200 unless set; only for [`SignerType::Batch`](super::SignerType::Batch).
    pub fn chunk_size(&self) -> Option<NonZeroUsize> {
        self.chunk_size
    }

    /// Returns how long a broker may take from the look-up of its name to attached links; 10 s unless set.
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Returns how long an orderly close may take; 2 s unless set.
    pub fn close_timeout(&self) -> Duration {
        self.close_timeout
    }

    /// Returns the silence of the broker after which the connection counts as lost; 30 s unless set, `None` for never.
    pub fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    /// Returns how the client authenticates over AMQP.
    pub fn sasl(&self) -> Sasl {
        self.sasl
    }

    /// Returns the user name for SASL PLAIN or MQTT.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Returns the file with the password for SASL PLAIN or MQTT.
    pub fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }

    /// Returns the kind of target that the sender attaches to over AMQP.
    pub fn sender_target(&self) -> SenderTarget {
        self.sender_target
    }

    /// Returns what the sender's target has to be at the broker; nothing unless set.
    pub fn sender_capability(&self) -> Capability {
        self.sender_capability
    }

    /// Returns what the receiver's source has to be at the broker; nothing unless set.
    pub fn receiver_capability(&self) -> Capability {
        self.receiver_capability
    }

    /// Returns the host name in the Open (AMQP 1.0 part 2.7.1), if it differs from the URL's.
    pub fn open_hostname(&self) -> Option<&str> {
        self.open_hostname.as_deref()
    }

    /// Returns the version of MQTT; 5 unless set.
    pub fn mqtt_version(&self) -> MqttVersion {
        self.mqtt_version
    }

    /// Returns the client id over MQTT, with fields as in an address; a random one unless set.
    pub fn mqtt_client_id(&self) -> Option<&Template> {
        self.mqtt_client_id.as_ref()
    }

    /// Returns how many requests without a reply there may be over MQTT, at least 1; 500 unless set.
    pub fn mqtt_max_open(&self) -> u32 {
        self.mqtt_max_open
    }

    /// Returns what the client checks in the broker's certificate.
    pub fn tls_verify(&self) -> TlsVerify {
        self.tls_verify
    }

    /// Returns the protocol names that the client offers in the TLS handshake (ALPN); none unless set.
    pub fn tls_alpn(&self) -> &[String] {
        &self.tls_alpn
    }

    /// Returns whether requests survive a restart of the broker; true unless set.
    pub fn durable(&self) -> bool {
        self.durable
    }

    /// Returns what the client does with replies to other clients' requests.
    pub fn foreign_replies(&self) -> ForeignReplies {
        self.foreign_replies
    }

    /// Returns the largest reply in bytes, at least 1; 64 MiB unless set.
    pub fn max_message_size(&self) -> u64 {
        self.max_message_size
    }

    /// Returns how long the whole run may take.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Returns the files and folders with the OpenPGP certificates by which signed values are verified; without any, none
    /// is.
    pub fn verify_keys(&self) -> &[PathBuf] {
        &self.verify_keys
    }

    /// Returns which signed values are verified, if there are certificates.
    pub fn verify(&self) -> Verify {
        self.verify
    }
}
