//! The address of a broker.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use crate::error::printable;

/// A broker's address: the transport, the host and the port.
///
/// Displays as `amqps://host:port`, an IPv6 address in brackets. Never holds credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BrokerUrl {
    /// Whether the connection is TLS from its first byte (`amqps`).
    pub tls: bool,
    /// The host name or IP address; an IPv6 address has no brackets here.
    pub host: String,
    /// The TCP port, never 0.
    pub port: u16,
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "amqps" } else { "amqp" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for BrokerUrl {
    type Err = String;

    /// Reads `amqps://host:port`; the port may be missing (5671, and 5672 for `amqp`).
    ///
    /// # Errors
    /// The problem with the URL, and what is expected. What may be a secret in it is not repeated.
    fn from_str(text: &str) -> Result<Self, String> {
        let shown = printable(text);
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(if text.trim_start().starts_with("failover:") {
                "failover URLs are not supported; list each broker as its own amqps://host:port"
                    .into()
            } else {
                format!("\"{shown}\" has no scheme; write amqps://host:port")
            });
        };
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "amqps" => true,
            "amqp" => false,
            _ => return Err(format!("\"{shown}\" is neither amqps:// nor amqp://")),
        };
        if rest.contains('@') {
            // What follows the sign may still be a part of the password.
            return Err(
                "holds a user name or password; remove it and use username and password_file"
                    .into(),
            );
        }
        if rest.contains(['?', '#']) {
            return Err(format!(
                "\"{shown}\" has a query or fragment, which means nothing to AMQP; remove it"
            ));
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('/') {
            return Err(format!(
                "\"{shown}\" has a path; remove it (addresses go into topic_send_to and topic_listen_to, \
                 a virtual host into open_hostname)"
            ));
        }
        let (host, port) =
            split_port(authority).map_err(|problem| format!("\"{shown}\": {problem}"))?;
        let port = match port {
            None if tls => 5671,
            None => 5672,
            Some(digits) => parse_port(digits).ok_or_else(|| {
                let shown = printable(host);
                format!(
                    "\"{shown}\": the port is not a number from 1 to 65535; write amqps://host:5671"
                )
            })?,
        };
        Ok(Self { tls, host: host.into(), port })
    }
}

/// Splits an authority into a checked host and the text of the port.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) =
            rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        // The system checks a zone (fe80::1%eth0).
        let address = host.split_once('%').map_or(host, |(address, _)| address);
        if address.parse::<Ipv6Addr>().is_err() {
            return Err("the brackets hold no IPv6 address".into());
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err("only a colon and the port may follow the IPv6 address".into()),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if port.is_some_and(|port| port.contains(':')) {
        return Err("an IPv6 address needs brackets, amqps://[::1]:5671".into());
    }
    if host.is_empty() {
        return Err("no host; write amqps://host:port".into());
    }
    match host.chars().find(|c| !(c.is_ascii_alphanumeric() || "-._".contains(*c))) {
        Some(c) => Err(format!("the host name may not hold {c:?}")),
        None => Ok((host, port)),
    }
}

/// Reads a port; a sign, which `u16::from_str` would accept, is refused.
fn parse_port(digits: &str) -> Option<u16> {
    let digits_alone = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|port| digits_alone && *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_urls() {
        for (text, expected) in [
            ("amqps://broker.example.com:5671", "amqps://broker.example.com:5671"),
            ("amqps://broker", "amqps://broker:5671"),
            ("amqp://broker", "amqp://broker:5672"),
            ("AMQPS://Broker:61617/", "amqps://Broker:61617"),
            ("amqps://[::1]", "amqps://[::1]:5671"),
            ("amqps://[2001:db8::7]:9", "amqps://[2001:db8::7]:9"),
            ("amqp://[fe80::1%eth0]:5672", "amqp://[fe80::1%eth0]:5672"),
            ("amqp://127.0.0.1:65535", "amqp://127.0.0.1:65535"),
            ("amqp://under_score.:1", "amqp://under_score.:1"),
        ] {
            assert_eq!(text.parse::<BrokerUrl>().unwrap().to_string(), expected);
        }
        assert_eq!("amqps://[::1]".parse::<BrokerUrl>().unwrap().host, "::1");
    }

    #[test]
    fn refuses_urls_with_a_reason() {
        for (text, expected) in [
            ("", "no scheme"),
            ("broker:5671", "no scheme"),
            ("failover:(amqps://a,amqps://b)", "failover"),
            ("https://broker", "neither"),
            ("amqps://", "no host"),
            ("amqps://:5671", "no host"),
            ("amqps:///", "no host"),
            ("amqps://broker:", "port"),
            ("amqps://broker:0", "port"),
            ("amqps://broker:65536", "port"),
            ("amqps://broker:+1", "port"),
            ("amqps://broker:x", "port"),
            ("amqps://broker:5671/queue", "path"),
            ("amqps://broker//", "path"),
            ("amqps://broker?a=b", "query"),
            ("amqps://broker#f", "query"),
            ("amqps://::1", "brackets"),
            ("amqps://[::1", "not closed"),
            ("amqps://[broker]", "no IPv6"),
            ("amqps://[::1]x", "colon"),
            ("amqps://bro ker", "' '"),
            ("amqps://brök", "'ö'"),
            (" amqps://broker", "neither"),
        ] {
            let problem = text.parse::<BrokerUrl>().unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }

    #[test]
    fn never_repeats_a_password() {
        for text in [
            "amqps://me:secret@broker",
            "amqps://me:se@secret@broker",
            "amqps:/me:secret@broker",
            "me:secret@broker:5671",
            "secret://x:secret@broker",
            "amqps://me:secret/x@broker:1/?",
        ] {
            let problem = text.parse::<BrokerUrl>().unwrap_err();
            let named_as_scheme = text.starts_with("secret://");
            assert!(named_as_scheme || !problem.contains("secret"), "{problem}");
        }
    }
}
