//! Host and port of a URL.

use std::net::Ipv6Addr;

use super::punycode;

/// Splits an authority into a checked host and the port. The problem follows the URL in an error.
///
/// The host is a name or an IP address; an IPv6 address has no brackets any more, a name is in ASCII.
pub(super) fn read(authority: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => in_brackets(rest)?,
        None if is_ipv6(authority) => return Err("has an IPv6 address without brackets".into()),
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            (name(host)?, port)
        }
    };
    let wrong = "has a port that is not a number from 1 to 65535";
    Ok((host, port.map(|digits| self::port(digits).ok_or(wrong)).transpose()?))
}

/// Whether a text is an IPv6 address, possibly with a zone (`fe80::1%eth0`).
pub(super) fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "zone"));
    !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok()
}

fn in_brackets(rest: &str) -> Result<(String, Option<&str>), String> {
    let (host, after) =
        rest.split_once(']').ok_or("has an IPv6 address whose bracket is not closed")?;
    // In a URL the sign before a zone is itself encoded (RFC 6874). The system checks the zone.
    let host = host.replacen("%25", "%", 1);
    if !is_ipv6(&host) {
        return Err("has no IPv6 address in its brackets".into());
    }
    match after.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if after.is_empty() => Ok((host, None)),
        None => Err("has more than a colon and the port after the IPv6 address".into()),
    }
}

/// A host name in ASCII. A dot at its end stays: it says that the name is complete.
fn name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("has no host".into());
    }
    let decoded = decoded(text).ok_or("has a \"%\" in its host name that encodes no text")?;
    // Other full stops that keyboards for IDNs have (RFC 3490, section 3.1).
    let dotted = decoded.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
    let labels = dotted.strip_suffix('.').unwrap_or(&dotted).split('.');
    let labels = labels.map(label).collect::<Result<Vec<_>, _>>()?;
    let name = labels.join(".") + if dotted.ends_with('.') { "." } else { "" };
    if name.len() > 254 { Err("has a host name that is too long".into()) } else { Ok(name) }
}

fn label(text: &str) -> Result<String, String> {
    let is_fit = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || "-_".contains(c)
        } else {
            c.is_alphanumeric()
        }
    };
    if let Some(c) = text.chars().find(|c| !is_fit(*c)) {
        return Err(format!("has a host name that holds {c:?}"));
    }
    let label =
        if text.is_ascii() { text.to_owned() } else { punycode::label(&text.to_lowercase()) };
    match label.len() {
        0 => Err("has an empty part in its host name".into()),
        1..=63 => Ok(label),
        _ => Err("has a part of more than 63 characters in its host name".into()),
    }
}

/// A name with its percent-encoded characters decoded (RFC 3986, section 3.2.2).
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        bytes.push(u8::from_str_radix(digits?, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).ok()
}

/// Reads a port; a sign, which `u16::from_str` would accept, is refused.
fn port(digits: &str) -> Option<u16> {
    let digits_alone = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|port| digits_alone && *port != 0)
}
