//! Which settings go together.

use std::time::Duration;

use super::{
    Capability, Protocol, Sasl, SenderTarget, Settings, TlsVerify, Verify, mqtt, section::Section,
};
use crate::error::{Error, printable};

/// Checks what cannot be checked key by key.
///
/// # Errors
/// [`Error::Config`] for the first key that contradicts another.
pub(super) fn check(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    check_protocol(settings, section)?;
    mqtt::check(settings, section)?;
    check_identity(settings, section)?;
    if settings.sender_capability != Capability::None
        && settings.sender_target == SenderTarget::Anonymous
    {
        let problem = "it belongs to a target address, which sender_target: anonymous leaves out; remove one of them";
        return Err(section.fail("sender_capability", problem));
    }
    if settings.verify == Verify::Require && settings.verify_keys.is_empty() {
        return Err(
            section.fail("verify", "verify_keys is missing; add it, or set verify: if-known")
        );
    }
    check_time_to_live(settings, section)
}

impl Settings {
    /// What is allowed and probably not meant, in words.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let named = [("service", &self.service), ("environment", &self.environment)];
        let doubt = |(key, value): &(&str, &String)| {
            let key = self.sources.name(key);
            if value.trim().is_empty() {
                return Some(format!(
                    "{key} is empty, and is sent like that; is a variable unset, or empty?"
                ));
            }
            let is_fine = value.trim() == *value && !value.contains(char::is_control);
            let shown = printable(value);
            (!is_fine).then(|| format!("{key} is sent with its blanks: \"{shown}\""))
        };
        let mut doubts: Vec<_> = named.iter().filter_map(doubt).collect();
        if self.username.is_some()
            && let Some(broker) = self.brokers.iter().find(|broker| !broker.tls)
        {
            let (key, scheme) = (self.sources.name("username"), broker.secure_scheme());
            doubts.push(format!(
                "{key} goes to {broker} unencrypted; if it is a token, which replaces a password, use {scheme}://"
            ));
        }
        doubts
    }
}

/// Checks that all brokers have one protocol, which is built in.
fn check_protocol(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let fail = |problem| Err(section.fail("messaging_brokers", problem));
    let first = &settings.brokers[0];
    let other = settings.brokers.iter().find(|broker| broker.protocol != first.protocol);
    if let Some(other) = other {
        return fail(format!(
            "{first} is for {}, and {other} for {}; list only brokers of one protocol",
            first.protocol, other.protocol
        ));
    }
    if first.protocol == Protocol::Mqtt && cfg!(not(feature = "mqtt")) {
        return fail(format!(
            "{first} is for MQTT, which this program is built without; build it with the feature mqtt"
        ));
    }
    Ok(())
}

/// Checks that certificate, CA, user name and SASL mechanism go together with the brokers.
fn check_identity(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let tls_broker = settings.brokers.iter().find(|broker| broker.tls);
    let plain_broker = settings.brokers.iter().find(|broker| !broker.tls);
    let fail = |key, problem: String| Err(section.fail(key, problem));
    let is_mqtt = settings.protocol() == Protocol::Mqtt;
    match (&settings.username, &settings.password_file) {
        // A name by itself goes with a certificate there, or is all that the broker asks for.
        (Some(_), None) if !is_mqtt => {
            return fail("username", "password_file is missing; add it, or remove username".into());
        }
        (None, Some(_)) => {
            return fail(
                "password_file",
                "username is missing; add it, or remove password_file".into(),
            );
        }
        _ => {}
    }
    if settings.username.is_some() {
        if let Some(broker) = plain_broker
            && settings.password_file.is_some()
        {
            return fail(
                "username",
                format!(
                    "{broker} would carry the password unencrypted; use {}://",
                    broker.secure_scheme()
                ),
            );
        }
        if !matches!(settings.sasl, Sasl::Auto | Sasl::Plain) {
            return fail(
                "sasl",
                "username is set, which only plain and auto use; change one of them".into(),
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
    if let Some(broker) = tls_broker {
        let scheme = broker.scheme();
        let login = if is_mqtt { "username" } else { "username and password_file" };
        if settings.ca.is_none() && settings.tls_verify != TlsVerify::None {
            return fail(
                "messaging_ca_cert",
                format!("an {scheme}:// broker cannot be verified without it; add it"),
            );
        }
        if settings.certificate.is_none() && settings.username.is_none() {
            return fail(
                "messaging_cert_key",
                format!("an {scheme}:// broker needs it; add it, or {login}"),
            );
        }
    }
    if tls_broker.is_none() && !settings.tls_alpn.is_empty() {
        let scheme = settings.brokers[0].secure_scheme();
        let problem = format!(
            "it belongs to TLS, which no broker is reached by; use {scheme}://, or remove it"
        );
        return fail("tls_alpn", problem);
    }
    if settings.key.is_some() && settings.certificate.is_none() {
        return fail(
            "messaging_key",
            "messaging_cert_key is missing; add it with the key's certificate, or remove messaging_key".into(),
        );
    }
    if settings.passphrase_file.is_some() && settings.certificate.is_none() {
        return fail(
            "messaging_key_passphrase_file",
            "there is no private key to decrypt; add messaging_cert_key".into(),
        );
    }
    Ok(())
}

/// Checks the time that the protocol limits: 32 bits of milliseconds, or of seconds.
fn check_time_to_live(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let protocol = settings.protocol();
    let unit = match protocol {
        Protocol::Amqp => Duration::from_millis(1),
        Protocol::Mqtt => Duration::from_secs(1),
    };
    let longest = unit * u32::MAX;
    if settings.time_to_live() > longest {
        let longest = longest.as_secs();
        let problem = format!(
            "timeout × retries is a request's time to live, at most {longest} s in {protocol}; lower one of them"
        );
        return Err(section.fail("timeout", problem));
    }
    Ok(())
}
