//! Addresses of brokers as other clients write them, and what to write instead.

use super::{BrokerUrl, Protocol, host};

/// What to write instead.
pub(super) enum Instead {
    One(Meant),
    Many(Vec<BrokerUrl>),
}

/// A URL that may be meant, and the one of the other protocol if nothing says which.
pub(super) struct Meant {
    pub(super) url: BrokerUrl,
    pub(super) or: Option<BrokerUrl>,
}

/// What a scheme stands for.
#[derive(Clone, Copy)]
enum Scheme {
    /// A protocol, in the words of another client.
    Of(Protocol, bool),
    /// A transport, over TLS or not: only the port may tell the protocol.
    Any(bool),
    /// Another protocol, on another port; what to use in its place.
    Other(&'static str, Protocol, bool),
    /// The same if either may be used.
    Neither(&'static str, bool),
}

use Protocol::{Amqp, Mqtt};
use Scheme::{Any, Neither, Of, Other};

/// Schemes of ActiveMQ and Artemis, Qpid's clients, Celery, Azure, STOMP, Paho and other clients of MQTT, and the web.
#[rustfmt::skip]
const SCHEMES: [(&str, Scheme); 42] = [
    ("amqps", Of(Amqp, true)),
    ("amqp+ssl", Of(Amqp, true)),
    ("amqp+tls", Of(Amqp, true)),
    ("amqp+nio+ssl", Of(Amqp, true)),
    ("amqps+nio", Of(Amqp, true)),
    ("sb", Of(Amqp, true)),
    ("amqp", Of(Amqp, false)),
    ("amqp+tcp", Of(Amqp, false)),
    ("amqp+nio", Of(Amqp, false)),
    ("pyamqp", Of(Amqp, false)),
    ("mqtts", Of(Mqtt, true)),
    ("mqtt+ssl", Of(Mqtt, true)),
    ("mqtt+nio+ssl", Of(Mqtt, true)),
    ("mqtt", Of(Mqtt, false)),
    ("mqtt+tcp", Of(Mqtt, false)),
    ("mqtt+nio", Of(Mqtt, false)),
    ("ssl", Any(true)),
    ("tls", Any(true)),
    ("nio+ssl", Any(true)),
    ("auto+ssl", Any(true)),
    ("auto+nio+ssl", Any(true)),
    ("tcp", Any(false)),
    ("nio", Any(false)),
    ("auto", Any(false)),
    ("auto+nio", Any(false)),
    ("amqpwss", Other("AMQP over WebSockets", Amqp, true)),
    ("amqpws", Other("AMQP over WebSockets", Amqp, false)),
    ("amqp+wss", Other("AMQP over WebSockets", Amqp, true)),
    ("amqp+ws", Other("AMQP over WebSockets", Amqp, false)),
    ("wss", Neither("WebSockets", true)),
    ("ws", Neither("WebSockets", false)),
    ("stomp+ssl", Other("STOMP", Amqp, true)),
    ("stomp+nio+ssl", Other("STOMP", Amqp, true)),
    ("stomps", Other("STOMP", Amqp, true)),
    ("stomp", Other("STOMP", Amqp, false)),
    ("mqtt+wss", Other("MQTT over WebSockets", Mqtt, true)),
    ("mqtt+ws", Other("MQTT over WebSockets", Mqtt, false)),
    ("https", Other("HTTP", Amqp, true)),
    ("http", Other("HTTP", Amqp, false)),
    ("openwire+ssl", Other("OpenWire", Amqp, true)),
    ("openwire", Other("OpenWire", Amqp, false)),
    ("vm", Other("a broker in the same process", Amqp, false)),
];

/// What clients write before several URLs.
const COMPOSITES: [&str; 6] =
    ["failover", "static", "discovery", "fanout", "masterslave", "random"];

/// More brokers than these are not written down in an error.
const LISTED: usize = 10;

/// The problem with a scheme; it follows the URL in an error.
pub(super) fn problem(scheme: &str) -> String {
    match SCHEMES.iter().find(|(known, _)| *known == scheme) {
        Some((_, Of(..) | Any(_))) => "has the scheme of another client".into(),
        Some((_, Other(what, ..) | Neither(what, _))) => {
            format!("is for {what}, not for AMQP 1.0 or MQTT, which have other ports")
        }
        None if scheme.contains([':', '(', '"', '=', '<']) => {
            "is written for another client".into()
        }
        None => "is none of amqps://, amqp://, mqtts:// and mqtt://".into(),
    }
}

/// What to write instead of a text, if that can be seen.
pub(super) fn instead(text: &str) -> Option<Instead> {
    let inner = without_composite(text);
    let separators = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    let pieces: Vec<&str> =
        inner.split(separators).map(unquoted).filter(|piece| !piece.is_empty()).collect();
    let schemes = pieces.iter().filter(|piece| piece.contains("://")).count();
    // A blank in a host does not make two brokers of it.
    let shared = match pieces.first().and_then(|first| first.split_once("://")) {
        Some((scheme, _)) if schemes == 1 && !inner.contains(char::is_whitespace) => scheme,
        _ => "",
    };
    if pieces.len() > 1 && (schemes == 0 || schemes == pieces.len() || !shared.is_empty()) {
        let one = |piece: &&str| {
            if shared.is_empty() || piece.contains("://") {
                return read(piece).filter(|_| piece.contains([':', '.'])).map(|meant| meant.url);
            }
            // A second port is no broker.
            let is_host = !piece.bytes().all(|b| b.is_ascii_digit());
            read(&format!("{shared}://{piece}")).filter(|_| is_host).map(|meant| meant.url)
        };
        let urls: Option<Vec<_>> = pieces.iter().map(one).collect();
        return urls.map(Instead::Many).or_else(|| read(unquoted(inner)).map(Instead::One));
    }
    read(if pieces.len() == 1 { pieces[0] } else { unquoted(inner) }).map(Instead::One)
}

/// The URLs as the list that they should be.
pub(super) fn list(urls: &[BrokerUrl]) -> String {
    let listed: Vec<_> = urls.iter().take(LISTED).map(|url| format!("\"{url}\"")).collect();
    let more = if urls.len() > LISTED { ", …" } else { "" };
    format!("[{}{more}]", listed.join(", "))
}

/// The URLs in `failover:(a,b)?option` and the like.
fn without_composite(text: &str) -> &str {
    if let Some((_, inner)) = text.split_once('(') {
        return inner.rsplit_once(')').map_or(inner, |(inner, _)| inner);
    }
    let (name, rest) = text.split_once(':').unwrap_or(("", text));
    if COMPOSITES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return rest.strip_prefix("//").unwrap_or(rest);
    }
    // A list in JSON, in one string.
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| !host::is_ipv6(inner)).unwrap_or(text)
}

fn unquoted(piece: &str) -> &str {
    piece.trim_matches(['"', '\'', '`', '<', '>'])
}

/// Reads one URL leniently.
fn read(text: &str) -> Option<Meant> {
    let (scheme, rest) = split_scheme(text);
    let authority = rest.split(['/', '?', '#', '\\', ')']).next()?;
    let (host, port) = match host::read(authority) {
        Ok(read) => read,
        Err(_) => without_fault(authority)?,
    };
    let of_port = port.and_then(BrokerUrl::of_port);
    let one = |protocol, tls| (BrokerUrl::new(protocol, tls, host.clone(), port), None);
    let (url, or) = match (scheme, of_port) {
        (Some(Of(protocol, tls)), _) | (None, Some((protocol, tls))) => one(protocol, tls),
        (Some(Any(tls)), Some((protocol, _))) => one(protocol, tls),
        (Some(Any(tls)), None) => (one(Amqp, tls).0, Some(one(Mqtt, tls).0)),
        (Some(Other(_, protocol, tls)), _) => (BrokerUrl::new(protocol, tls, host, None), None),
        (Some(Neither(_, tls)), _) => (
            BrokerUrl::new(Amqp, tls, host.clone(), None),
            Some(BrokerUrl::new(Mqtt, tls, host, None)),
        ),
        (None, None) => one(Amqp, true),
    };
    Some(Meant { url, or })
}

/// An IPv6 address without brackets, or a host with something in the port's place that is none.
fn without_fault(authority: &str) -> Option<(String, Option<u16>)> {
    if !host::is_ipv6(authority) {
        let (host, _) = authority.split_once(':')?;
        return host::read(host).ok();
    }
    // The last group may be meant as the port.
    if let Some((address, digits)) = authority.rsplit_once(':')
        && host::is_ipv6(address)
        && let Ok(port) = digits.parse()
        && BrokerUrl::of_port(port).is_some()
    {
        return Some((address.to_owned(), Some(port)));
    }
    Some((authority.to_owned(), None))
}

/// The scheme, if it is known, and the rest; the separator may be misspelt, the scheme repeated.
fn split_scheme(text: &str) -> (Option<Scheme>, &str) {
    let known = |name: &str| {
        let known = SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, scheme)| *scheme)
    };
    if let Some((before, rest)) = text.rsplit_once("://") {
        let name = before.rsplit(['/', ':', '=']).next().unwrap_or_default();
        return (known(name), rest);
    }
    let end = text.find([':', '/', ';', '\\']).unwrap_or(text.len());
    match known(&text[..end]) {
        Some(scheme) if end < text.len() => {
            let rest = text[end..].trim_start_matches([':', '/', ';', '\\']);
            // Qpid's `amqp:ssl:host:port`.
            let inner = rest.split_once(':').and_then(|(name, rest)| Some((known(name)?, rest)));
            match inner.filter(|(_, host)| !host.bytes().all(|b| b.is_ascii_digit())) {
                Some((scheme, host)) => (Some(scheme), host),
                None => (Some(scheme), rest),
            }
        }
        _ => (None, text.trim_start_matches('/')),
    }
}
