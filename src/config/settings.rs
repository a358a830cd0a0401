//! A signer's settings: what each means, its default, and which go together.

use super::{
    BrokerUrl, SignerType, Template,
    expand::Env,
    known_keys, parse_level,
    section::{Section, not_empty, string_map, strings},
    values,
};
use crate::error::Error;
use log::LevelFilter;
use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

/// How the client says who it is (AMQP 1.0 part 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sasl {
    /// Whatever the broker asks for; PLAIN, and nothing else, where there is a user name.
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
    /// The anonymous terminus where the broker offers it, else the address.
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
    /// Its chain alone.
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
    /// The log level, where one is set.
    pub log_level: Option<LevelFilter>,
    /// The log level as the file writes it, for `{log_level}` in an address.
    pub log_level_text: Option<String>,
    /// Other names of signing keys.
    pub key_aliases: BTreeMap<String, String>,
    /// The number of items in a request, 200 unless set; in the batch section alone.
    pub chunk_size: Option<NonZeroUsize>,
    /// How long a broker may take from TCP to attached links; 10 s unless set.
    pub connect_timeout: Duration,
    /// How long an orderly close may take; 2 s unless set.
    pub close_timeout: Duration,
    /// After which silence of the broker the connection counts as lost; 30 s unless set, `None` for never.
    pub idle_timeout: Option<Duration>,
    /// How the client says who it is.
    pub sasl: Sasl,
    /// The user name for PLAIN.
    pub username: Option<String>,
    /// The file that holds the password for PLAIN.
    pub password_file: Option<PathBuf>,
    /// What the sender attaches to.
    pub sender_target: SenderTarget,
    /// The host name in the Open (AMQP 1.0 part 2.7.1), where it is not the URL's.
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
        let section = Section::find(text, path.into(), signer.section(), known_keys(signer), env)?;
        let settings = read(&section, signer)?;
        check_identity(&settings, &section)?;
        check_times(&settings, &section)?;
        Ok(settings)
    }

    /// Tells how long a run without a single reply waits: `timeout × retries × send_retries`.
    pub fn longest_silence(&self) -> Duration {
        self.time_to_live().saturating_mul(self.send_retries)
    }

    /// Tells how long a request is worth delivering, `timeout × retries`; fits AMQP's 32 bits of milliseconds.
    pub fn time_to_live(&self) -> Duration {
        self.timeout.saturating_mul(self.retries)
    }
}

/// Reads every key by itself.
fn read(section: &Section<'_>, signer: SignerType) -> Result<Settings, Error> {
    let template = |key| section.required(key, |node| Template::parse(&values::text(node)?));
    let text = |key| section.required(key, values::text);
    let count = |key| section.required(key, |node| values::whole(node, 1));
    let time = |key, default| {
        let set = section.optional(key, |node| values::seconds(node, false))?;
        Ok::<_, Error>(set.unwrap_or(Duration::from_secs(default)))
    };
    let level = section.optional("log_level", |node| {
        let name = values::text(node)?;
        let level = parse_level(&name).ok_or_else(|| {
            format!(
                "one of DEBUG, INFO, WARNING, ERROR, CRITICAL, TRACE, OFF is wanted, not \"{name}\""
            )
        })?;
        Ok((level, name))
    })?;
    let (log_level, log_level_text) = level.unzip();
    let chunk_size = section.optional("chunk_size", |node| values::whole(node, 1))?.unwrap_or(200);
    let idle_timeout = section.optional("idle_timeout", |node| values::seconds(node, true))?;
    Ok(Settings {
        path: section.path().clone(),
        section: signer.section(),
        brokers: section.required("messaging_brokers", |node| brokers(&strings(node)?))?,
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
        message_id_key: section.required("message_id_key", not_empty)?,
        task_id_attribute: section
            .optional("task_id_attribute", |node| match not_empty(node)? {
                name if name == "request_id" => Err(
                    "request_id is what replies are told apart by; give the task id another name"
                        .into(),
                ),
                name => Ok(name),
            })?
            .unwrap_or_else(|| "pub_task_id".into()),
        log_level,
        log_level_text,
        key_aliases: section.optional("key_aliases", string_map)?.unwrap_or_default(),
        chunk_size: (signer == SignerType::Batch)
            .then(|| NonZeroUsize::new(chunk_size as usize))
            .flatten(),
        connect_timeout: time("connect_timeout", 10)?,
        close_timeout: time("close_timeout", 2)?,
        idle_timeout: Some(idle_timeout.unwrap_or(Duration::from_secs(30)))
            .filter(|time| !time.is_zero()),
        sasl: section
            .optional("sasl", |node| {
                use Sasl::{Anonymous, Auto, External, None, Plain};
                let words = [
                    ("auto", Auto),
                    ("none", None),
                    ("anonymous", Anonymous),
                    ("external", External),
                    ("plain", Plain),
                ];
                values::choice(node, &words)
            })?
            .unwrap_or(Sasl::Auto),
        username: section.optional("username", not_empty)?,
        password_file: section.file("password_file")?,
        sender_target: section
            .optional("sender_target", |node| {
                use SenderTarget::{Address, Anonymous, Auto};
                values::choice(
                    node,
                    &[("auto", Auto), ("address", Address), ("anonymous", Anonymous)],
                )
            })?
            .unwrap_or(SenderTarget::Auto),
        open_hostname: section.optional("open_hostname", not_empty)?,
        tls_verify: section
            .optional("tls_verify", |node| {
                values::choice(
                    node,
                    &[("full", TlsVerify::Full), ("ca", TlsVerify::Ca), ("none", TlsVerify::None)],
                )
            })?
            .unwrap_or(TlsVerify::Full),
        durable: section.optional("durable", values::boolean)?.unwrap_or(true),
        max_message_size: section.optional("max_message_size", values::size)?.unwrap_or(64 << 20),
        deadline: section.optional("deadline", |node| values::seconds(node, false))?,
    })
}

fn brokers(urls: &[String]) -> Result<Vec<BrokerUrl>, String> {
    if urls.is_empty() {
        return Err("no broker; list at least one, [\"amqps://host:5671\"]".into());
    }
    urls.iter().map(|url| url.parse()).collect()
}

/// Checks that certificate, CA, user name and SASL mechanism go together with the brokers.
fn check_identity(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let any_tls = settings.brokers.iter().any(|broker| broker.tls);
    let plain_broker = settings.brokers.iter().find(|broker| !broker.tls);
    let fail = |key, problem: String| Err(section.fail(key, problem));

    match (&settings.username, &settings.password_file) {
        (Some(_), None) => {
            return fail(
                "username",
                "this needs password_file; add it, or take username out".into(),
            );
        }
        (None, Some(_)) => {
            return fail(
                "password_file",
                "this needs username; add it, or take password_file out".into(),
            );
        }
        _ => {}
    }
    if settings.username.is_some() {
        if let Some(broker) = plain_broker {
            return fail(
                "username",
                format!("{broker} would carry the password unencrypted; use amqps://"),
            );
        }
        if !matches!(settings.sasl, Sasl::Auto | Sasl::Plain) {
            return fail(
                "sasl",
                "username is set, and only plain (or auto) uses it; change one of them".into(),
            );
        }
    } else if settings.sasl == Sasl::Plain {
        return fail("sasl", "plain needs username and password_file; add them".into());
    }
    if settings.sasl == Sasl::External {
        if settings.certificate.is_none() {
            return fail("sasl", "external needs a certificate; add messaging_cert_key".into());
        }
        if let Some(broker) = plain_broker {
            return fail(
                "sasl",
                format!(
                    "external shows the certificate by TLS, which {broker} lacks; use amqps://"
                ),
            );
        }
    }
    if any_tls && settings.ca.is_none() && settings.tls_verify != TlsVerify::None {
        return fail(
            "messaging_ca_cert",
            "an amqps:// broker cannot be verified without; add it".into(),
        );
    }
    if any_tls && settings.certificate.is_none() && settings.username.is_none() {
        return fail(
            "messaging_cert_key",
            "an amqps:// broker needs it; add it, or username and password_file".into(),
        );
    }
    if settings.passphrase_file.is_some() && settings.certificate.is_none() {
        return fail(
            "messaging_key_passphrase_file",
            "there is no key to open; add messaging_cert_key".into(),
        );
    }
    Ok(())
}

/// Checks the times that the protocol bounds.
fn check_times(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    if settings.time_to_live().as_millis() > u32::MAX.into() {
        let problem = "timeout × retries is a request's time to live, which AMQP bounds at 4294967 s; lower one of them";
        return Err(section.fail("timeout", problem));
    }
    // Half of it is advertised, and brokers refuse less than a second.
    if settings.idle_timeout.is_some_and(|time| time < Duration::from_secs(2)) {
        return Err(section.fail("idle_timeout", "at least 2 (seconds) is wanted, or 0 for none"));
    }
    Ok(())
}
