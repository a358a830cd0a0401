//! Which settings go together.

use super::{
    Capability, Protocol, Sasl, SenderTarget, Settings, TlsVerify, Verify, section::Section,
};
use crate::error::{Error, printable};

/// Checks what cannot be checked key by key.
///
/// # Errors
/// [`Error::Config`] for the first key that contradicts another.
pub(super) fn check(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    check_protocol(settings, section)?;
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
        named.iter().filter_map(doubt).collect()
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
    match (&settings.username, &settings.password_file) {
        (Some(_), None) => {
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
        if let Some(broker) = plain_broker {
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
        if settings.ca.is_none() && settings.tls_verify != TlsVerify::None {
            return fail(
                "messaging_ca_cert",
                format!("an {scheme}:// broker cannot be verified without it; add it"),
            );
        }
        if settings.certificate.is_none() && settings.username.is_none() {
            return fail(
                "messaging_cert_key",
                format!("an {scheme}:// broker needs it; add it, or username and password_file"),
            );
        }
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

/// Checks the time that the protocol limits.
fn check_time_to_live(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    if settings.time_to_live().as_millis() > u32::MAX.into() {
        let problem = "timeout × retries is a request's time to live, at most 4294967 s in AMQP; lower one of them";
        return Err(section.fail("timeout", problem));
    }
    Ok(())
}
