//! Reads settings from a file, or from a section's keys.

use std::{fs::File, io::Read, num::NonZeroUsize, path::Path, time::Duration};

use super::{
    BrokerUrl, Capability, ForeignReplies, Sasl, SenderTarget, Settings, SignerType, Template,
    TlsVerify, Verify, alpn, consistency, expand::Env, mqtt, overrides::Overrides, parse_level,
    section::Section, url, values, yaml::Node,
};
use crate::error::{Error, Secret, secret_in};

/// The longest file that is read, in bytes.
const LIMIT: u64 = 16 << 20;

impl Settings {
    /// Reads a signer's section of a file, with the process's environment.
    ///
    /// # Errors
    /// [`Error::Config`] if the file cannot be read, or for the first error in it.
    pub fn load(path: &Path, signer: SignerType) -> Result<Self, Error> {
        Self::load_with(Some(path), signer, Overrides::default())
    }

    /// The same with keys that take precedence over the file's, or only with these.
    pub(crate) fn load_with(
        path: Option<&Path>,
        signer: SignerType,
        overrides: Overrides,
    ) -> Result<Self, Error> {
        let env: Env<'_> = &|name| std::env::var(name).ok();
        let section = match path {
            Some(path) => Section::find(&text(path)?, path.into(), signer, overrides, env)?,
            None => Section::of_options(signer.section(), overrides, env),
        };
        settings(&section, signer)
    }

    /// Reads a signer's section of a file's text; errors name `path`, and `env` looks up variables.
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
    /// assert_eq!(settings.brokers()[0].to_string(), "amqps://broker.example.com:5671");
    /// assert_eq!(settings.longest_silence().as_secs(), 60 * 3 * 2);
    /// # Ok::<(), amqp_messenger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] for the first error in the text.
    pub fn parse(
        text: &str,
        path: &Path,
        signer: SignerType,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let env: Env<'_> = env;
        settings(&Section::find(text, path.into(), signer, Overrides::default(), env)?, signer)
    }
}

/// The text of a file.
fn text(path: &Path) -> Result<String, Error> {
    let fail = |problem: String| Error::Config { path: path.into(), key: String::new(), problem };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| fail(format!("cannot read the configuration: {error}")))?;
    if bytes.len() as u64 > LIMIT {
        return Err(fail("is larger than 16 MiB; expected a YAML file".into()));
    }
    String::from_utf8(bytes)
        .map_err(|_| fail("the file is not UTF-8 text; save it as UTF-8".into()))
}

/// Reads the settings of a section: checks every key by itself, then all of them together.
///
/// # Errors
/// [`Error::Config`] for the first error.
pub(super) fn settings(section: &Section<'_>, signer: SignerType) -> Result<Settings, Error> {
    let settings = each(section, signer)?;
    consistency::check(&settings, section)?;
    Ok(settings)
}

/// Checks every key by itself.
///
/// # Errors
/// [`Error::Config`] for the first key whose value has no meaning.
pub(super) fn each(section: &Section<'_>, signer: SignerType) -> Result<Settings, Error> {
    let template = |key| section.required(key, template);
    let text = |key| section.required(key, values::text);
    let count = |key| section.required(key, values::count);
    let seconds = |key| section.defaulted(key, values::seconds);
    let level = section.optional("log_level", |node, expected| {
        let Node::Text(name) = node else { return Err(no_level(node, expected)) };
        let level = parse_level(name.trim()).ok_or_else(|| no_level(node, expected))?;
        Ok((level, name.trim().to_owned()))
    })?;
    let (log_level, log_level_text) = level.unzip();
    let chunk_size = match signer {
        SignerType::Single => None,
        SignerType::Batch => {
            NonZeroUsize::new(section.defaulted("chunk_size", values::count)? as usize)
        }
    };
    Ok(Settings {
        sources: section.sources().clone(),
        brokers: section.required("messaging_brokers", brokers)?,
        certificate: section.file("messaging_cert_key")?,
        key: section.file("messaging_key")?,
        ca: section.file("messaging_ca_cert")?,
        passphrase_file: section.file("messaging_key_passphrase_file")?,
        send_to: template("topic_send_to")?,
        listen_to: template("topic_listen_to")?,
        environment: text("environment")?,
        service: text("service")?,
        timeout: Duration::from_secs(count("timeout")?.into()),
        retries: count("retries")?,
        send_retries: count("send_retries")?,
        message_id_key: section.required("message_id_key", values::name)?,
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
        username: section.optional("username", values::name)?,
        password_file: section.file("password_file")?,
        sender_capability: section.word("sender_capability", CAPABILITIES)?,
        receiver_capability: section.word("receiver_capability", CAPABILITIES)?,
        sender_target: section.word(
            "sender_target",
            [SenderTarget::Auto, SenderTarget::Address, SenderTarget::Anonymous],
        )?,
        open_hostname: section.optional("open_hostname", values::name)?,
        mqtt_version: section.defaulted("mqtt_version", mqtt::version)?,
        mqtt_client_id: section.optional("mqtt_client_id", self::template)?,
        mqtt_max_open: section.defaulted("mqtt_max_open", values::count)?,
        tls_alpn: section.optional("tls_alpn", alpn::names)?.unwrap_or_default(),
        tls_verify: section
            .word("tls_verify", [TlsVerify::Full, TlsVerify::Ca, TlsVerify::None])?,
        durable: section.defaulted("durable", values::boolean)?,
        foreign_replies: section
            .word("foreign_replies", [ForeignReplies::Accept, ForeignReplies::Release])?,
        max_message_size: section.defaulted("max_message_size", values::size)?,
        deadline: section.optional("deadline", values::seconds)?,
        verify_keys: section.files("verify_keys")?,
        verify: section.word("verify", [Verify::Require, Verify::IfKnown, Verify::Off])?,
    })
}

/// A text with fields.
fn template(node: &Node, expected: &str) -> Result<Template, String> {
    let text = values::text(node, expected)?;
    match secret_in(&text).filter(|secret| *secret == Secret::ConnectionString) {
        Some(secret) => Err(format!("holds {secret}; expected {expected}")),
        None => Template::parse(&text),
    }
}

/// The problem with a level; in Python levels also have numbers.
fn no_level(node: &Node, expected: &str) -> String {
    let number = match node {
        Node::Text(text) => text.trim().parse().ok(),
        _ => node.integer(),
    };
    let meant = match number {
        Some(10) => "; write DEBUG",
        Some(20) => "; write INFO",
        Some(30) => "; write WARNING",
        Some(40) => "; write ERROR",
        Some(50) => "; write CRITICAL",
        _ => "",
    };
    format!("expected {expected}, found {node}{meant}")
}

const CAPABILITIES: [Capability; 3] = [Capability::None, Capability::Queue, Capability::Topic];

fn brokers(node: &Node, expected: &str) -> Result<Vec<BrokerUrl>, String> {
    if let Node::Text(text) = node {
        // The error does not repeat the value: a URL may contain a password.
        let list = url::as_list(text).map_or_else(String::new, |list| format!("; write {list}"));
        return Err(match secret_in(text) {
            Some(secret) => format!("holds {secret}; expected {expected}"),
            None => format!("expected {expected}, found a string{list}"),
        });
    }
    let urls = values::strings(node, expected)?;
    if urls.is_empty() {
        return Err(format!("expected {expected}, found no broker in it; list at least one"));
    }
    let read = |(index, url): (usize, &String)| {
        let url = match secret_in(url) {
            // The URL itself says more of these, without its secret.
            None | Some(Secret::Userinfo | Secret::Token) => url.parse(),
            Some(secret) => Err(format!("holds {secret}; expected amqps://host:5671")),
        };
        url.map_err(|problem| format!("item {}: {problem}", index + 1))
    };
    urls.iter().enumerate().map(read).collect()
}

fn task_id_attribute(node: &Node, expected: &str) -> Result<String, String> {
    match values::name(node, expected)? {
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
