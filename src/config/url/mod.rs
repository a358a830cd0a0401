//! The address of a broker.

mod broker_url;
mod elsewhere;
mod host;
mod punycode;

use std::str::FromStr;

use crate::error::{Secret, printable, secret_in};
pub use broker_url::{BrokerUrl, Protocol};
use elsewhere::{Instead, Meant};

impl FromStr for BrokerUrl {
    type Err = String;

    /// Reads `amqps://host:port`, or `amqp`, `mqtts` or `mqtt` in its place; the port may be missing (5671, 5672, 8883,
    /// 1883), blanks around it are ignored.
    ///
    /// # Errors
    /// The problem with the URL, and what to write instead. What may be a secret in it is not repeated.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty; write amqps://host:5671".into());
        }
        if text.contains('@') {
            // What follows the sign may still be a part of the password.
            return Err(
                "holds a user name or password; remove it and use username and password_file"
                    .into(),
            );
        }
        if !text.contains([':', '.']) {
            return Err(
                "is no URL (not shown, in case it is a secret); write amqps://host:5671".into()
            );
        }
        exact(text).map_err(|problem| {
            let shown = shown(text);
            match instead(text) {
                Some(Instead::One(Meant { url, or: None })) => {
                    format!("\"{shown}\" {problem}; write {url}")
                }
                Some(Instead::One(Meant { url, or: Some(other) })) => {
                    format!("\"{shown}\" {problem}; write {url}, or {other} for MQTT")
                }
                Some(Instead::Many(urls)) => {
                    let (count, list) = (urls.len(), elsewhere::list(&urls));
                    format!("\"{shown}\" holds {count} brokers; list them as {count} items: {list}")
                }
                None => format!("\"{shown}\" {problem}; write amqps://host:5671"),
            }
        })
    }
}

/// Reads a URL as it should be; the problem follows the URL in an error.
fn exact(text: &str) -> Result<BrokerUrl, String> {
    let (scheme, rest) = text.split_once("://").ok_or("has no scheme")?;
    let (protocol, tls) = BrokerUrl::of_scheme(scheme)
        .ok_or_else(|| elsewhere::problem(&scheme.to_ascii_lowercase()))?;
    if rest.contains(['?', '#']) {
        return Err("has a query or fragment, which means nothing here".into());
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('/') {
        let host =
            if protocol == Protocol::Amqp { ", a virtual host into open_hostname" } else { "" };
        return Err(format!(
            "has a path (addresses go into topic_send_to and topic_listen_to{host})"
        ));
    }
    let (host, port) = host::read(authority)?;
    Ok(BrokerUrl::new(protocol, tls, host, port))
}

/// The text for an error, up to what is in a port's place without being one: it may be a password.
fn shown(text: &str) -> String {
    let is_wrong = |(at, _): &(usize, &str)| {
        let after = &text[at + 1..];
        let is_fine = |c: char| c.is_ascii_digit() || "/(:,".contains(c);
        !(after.is_empty() || after.starts_with(is_fine))
    };
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let end = match host::is_ipv6(authority.trim_matches(['[', ']', '/']))
        || authority.starts_with('[')
    {
        true => text.len(),
        false => text.match_indices(':').find(is_wrong).map_or(text.len(), |(at, _)| at + 1),
    };
    printable(&text[..end]) + if end < text.len() { "…" } else { "" }
}

/// What to write instead, if that can be seen and holds nothing that may be a secret.
fn instead(text: &str) -> Option<Instead> {
    // What follows a host as `password=…` is not repeated.
    let is_safe = matches!(secret_in(text), None | Some(Secret::Password));
    elsewhere::instead(text).filter(|_| is_safe && !text.contains('@'))
}

/// What to write in place of a text that is no list.
pub(super) fn as_list(text: &str) -> Option<String> {
    let text = text.trim();
    let urls = match instead(text).filter(|_| text.contains([':', '.']))? {
        Instead::One(meant) => vec![meant.url],
        Instead::Many(urls) => urls,
    };
    Some(elsewhere::list(&urls))
}

#[cfg(test)]
mod tests;
