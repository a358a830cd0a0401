//! A signer's settings: what each means, its default, and which go together.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use log::LevelFilter;

use super::{
    BrokerUrl, SignerType, Template, consistency, expand::Env, keys, parse_level, section::Section,
    values, yaml::Node,
};
use crate::error::Error;

/// How the client authenticates (AMQP 1.0 part 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sasl {
    /// Whatever the broker asks for; if there is a user name, only PLAIN.
    Auto,
    /// No SASL: the bare AMQP header.
    None,
    /// ANONYMOUS.
    Anonymous,
    /// EXTERNAL: the client certificate.
    External,
    /// PLAIN: user name and password.
    Plain,
}

/// What the sender attaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SenderTarget {
    /// The anonymous terminus if the broker offers it, else the address.
    Auto,
    /// The address.
    Address,
    /// The anonymous terminus (no target address; each message carries its own).
    Anonymous,
}

/// What is checked of the broker's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVerify {
    /// Its chain and its host name.
    Full,
    /// Only its chain.
    Ca,
    /// Nothing.
    None,
}

/// A signer's section of the configuration file, checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// The section: `msg_signer` or `msg_batch_signer`.
    pub section: &'static str,
    /// The brokers in the order in which they are tried; never empty (`messaging_brokers`).
    pub brokers: Vec<BrokerUrl>,
    /// The client certificate and its key, PEM (`messaging_cert_key`).
    pub certificate: Option<PathBuf>,
    /// The certificates that sign the brokers' certificates, PEM (`messaging_ca_cert`).
    pub ca: Option<PathBuf>,
    /// The file that holds the key's passphrase (`messaging_key_passphrase_file`).
    pub passphrase_file: Option<PathBuf>,
    /// Where requests go (`topic_send_to`).
    pub send_to: Template,
    /// Where replies come from (`topic_listen_to`).
    pub listen_to: Template,
    /// The environment that requests name.
    pub environment: String,
    /// The service that requests name.
    pub service: String,
    /// How long a window waits without a reply; whole seconds.
    pub timeout: Duration,
    /// The number of windows in a cycle, at least 1.
    pub retries: u32,
    /// The number of cycles, at least 1.
    pub send_retries: u32,
    /// The key of a reply that holds the request id.
    pub message_id_key: String,
    /// The key of a request that holds the task id; `pub_task_id` unless set.
    pub task_id_attribute: String,
    /// The log level, if one is set.
    pub log_level: Option<LevelFilter>,
    /// The log level as the file writes it, for `{log_level}` in an address.
    pub log_level_text: Option<String>,
    /// Other names of signing keys.
    pub key_aliases: BTreeMap<String, String>,
    /// The number of items in a request, 200 unless set; only in the batch section.
    pub chunk_size: Option<NonZeroUsize>,
    /// How long a broker may take from TCP to attached links; 10 s unless set.
    pub connect_timeout: Duration,
    /// How long an orderly close may take; 2 s unless set.
    pub close_timeout: Duration,
    /// After which silence of the broker the connection counts as lost; 30 s unless set, `None` for never.
    pub idle_timeout: Option<Duration>,
    /// How the client authenticates.
    pub sasl: Sasl,
    /// The user name for PLAIN.
    pub username: Option<String>,
    /// The file that holds the password for PLAIN.
    pub password_file: Option<PathBuf>,
    /// What the sender attaches to.
    pub sender_target: SenderTarget,
    /// The host name in the Open (AMQP 1.0 part 2.7.1), if it is not the URL's.
    pub open_hostname: Option<String>,
    /// What is checked of the broker's certificate.
    pub tls_verify: TlsVerify,
    /// Whether requests survive a restart of the broker; true unless set.
    pub durable: bool,
    /// The largest reply in bytes, at least 1; 64 MiB unless set.
    pub max_message_size: u64,
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
}

impl Settings {
    /// Reads a signer's section of a file, with the process's environment.
    ///
    /// # Errors
    /// [`Error::Config`] when the file cannot be read, or for the first thing wrong in it.
    pub fn load(path: &Path, signer: SignerType) -> Result<Self, Error> {
        let fail =
            |problem: String| Error::Config { path: path.into(), key: String::new(), problem };
        let bytes = std::fs::read(path)
            .map_err(|error| fail(format!("cannot read the configuration: {error}")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| fail("the file is not UTF-8 text".into()))?;
        Self::parse(&text, path, signer, &|name| std::env::var(name).ok())
    }

    /// Reads a signer's section of a file's text; `path` is named in errors, `env` looks up variables.
    ///
    /// ```
    /// use amqp_messenger::{Settings, SignerType};
    ///
    /// let text = "msg_signer: {messaging_brokers: ['amqps://${HOST}'], environment: prod, service: builds, \
    ///     messaging_cert_key: c.pem, messaging_ca_cert: ca.pem, topic_send_to: 'topic://sign', \
    ///     topic_listen_to: 'queue://{creator}.{task_id}', timeout: 60, retries: 3, send_retries: 2, \
    ///     message_id_key: request_id, log_level: info}";
    /// let env = |name: &str| (name == "HOST").then(|| "broker.example.com".to_owned());
    /// let settings = Settings::parse(text, "conf.yaml".as_ref(), SignerType::Single, &env)?;
    /// assert_eq!(settings.brokers[0].to_string(), "amqps://broker.example.com:5671");
    /// assert_eq!(settings.longest_silence().as_secs(), 60 * 3 * 2);
    /// # Ok::<(), amqp_messenger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] for the first thing wrong in the text.
    pub fn parse(
        text: &str,
        path: &Path,
        signer: SignerType,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let env: Env<'_> = env;
        let section = Section::find(text, path.into(), signer.section(), keys::of(signer), env)?;
        let settings = read(&section, signer)?;
        consistency::check(&settings, &section)?;
        Ok(settings)
    }

    /// Returns how long a run without a single reply waits: `timeout × retries × send_retries`.
    pub fn longest_silence(&self) -> Duration {
        self.time_to_live().saturating_mul(self.send_retries)
    }

    /// Returns how long a request is worth delivering, `timeout × retries`; fits AMQP's 32 bits of milliseconds.
    pub fn time_to_live(&self) -> Duration {
        self.timeout.saturating_mul(self.retries)
    }
}

/// Reads every key by itself.
fn read(section: &Section<'_>, signer: SignerType) -> Result<Settings, Error> {
    let template = |key| {
        section.required(key, |node, expected| Template::parse(&values::text(node, expected)?))
    };
    let text = |key| section.required(key, values::text);
    let count = |key| section.required(key, values::count);
    let seconds = |key| section.defaulted(key, values::seconds);
    let level = section.optional("log_level", |node, expected| {
        let name = values::text(node, expected)?;
        let level =
            parse_level(&name).ok_or_else(|| format!("expected {expected}, found {node}"))?;
        Ok((level, name))
    })?;
    let (log_level, log_level_text) = level.unzip();
    let chunk_size = match signer {
        SignerType::Single => None,
        SignerType::Batch => {
            NonZeroUsize::new(section.defaulted("chunk_size", values::count)? as usize)
        }
    };
    Ok(Settings {
        path: section.path().clone(),
        section: signer.section(),
        brokers: section.required("messaging_brokers", brokers)?,
        certificate: section.file("messaging_cert_key")?,
        ca: section.file("messaging_ca_cert")?,
        passphrase_file: section.file("messaging_key_passphrase_file")?,
        send_to: template("topic_send_to")?,
        listen_to: template("topic_listen_to")?,
        environment: text("environment")?,
        service: text("service")?,
        timeout: Duration::from_secs(count("timeout")?.into()),
        retries: count("retries")?,
        send_retries: count("send_retries")?,
        message_id_key: section.required("message_id_key", values::not_empty)?,
        task_id_attribute: section.defaulted("task_id_attribute", task_id_attribute)?,
        log_level,
        log_level_text,
        key_aliases: section.optional("key_aliases", values::string_map)?.unwrap_or_default(),
        chunk_size,
        connect_timeout: seconds("connect_timeout")?,
        close_timeout: seconds("close_timeout")?,
        idle_timeout: Some(section.defaulted("idle_timeout", idle_timeout)?)
            .filter(|time| !time.is_zero()),
        sasl: section
            .word("sasl", [Sasl::Auto, Sasl::None, Sasl::Anonymous, Sasl::External, Sasl::Plain])?,
        username: section.optional("username", values::not_empty)?,
        password_file: section.file("password_file")?,
        sender_target: section.word(
            "sender_target",
            [SenderTarget::Auto, SenderTarget::Address, SenderTarget::Anonymous],
        )?,
        open_hostname: section.optional("open_hostname", values::not_empty)?,
        tls_verify: section
            .word("tls_verify", [TlsVerify::Full, TlsVerify::Ca, TlsVerify::None])?,
        durable: section.defaulted("durable", values::boolean)?,
        max_message_size: section.defaulted("max_message_size", values::size)?,
        deadline: section.optional("deadline", values::seconds)?,
    })
}

fn brokers(node: &Node, expected: &str) -> Result<Vec<BrokerUrl>, String> {
    let urls = values::strings(node, expected)?;
    if urls.is_empty() {
        return Err(format!("expected {expected}, found no broker in it; list at least one"));
    }
    urls.iter().map(|url| url.parse()).collect()
}

fn task_id_attribute(node: &Node, expected: &str) -> Result<String, String> {
    match values::not_empty(node, expected)? {
        name if name == "request_id" => {
            Err("request_id identifies the request; give the task id another name".into())
        }
        name => Ok(name),
    }
}

fn idle_timeout(node: &Node, expected: &str) -> Result<Duration, String> {
    match values::seconds_or_zero(node, expected)? {
        // Half of it is advertised, and brokers refuse less than a second.
        time if !time.is_zero() && time < Duration::from_secs(2) => {
            Err(format!("expected {expected}, found {node}"))
        }
        time => Ok(time),
    }
}
