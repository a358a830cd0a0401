//! Addresses of brokers as other clients write them, and what to write instead.

use super::{broker_url::BrokerUrl, host};

/// What to write instead.
pub(super) enum Instead {
    One(BrokerUrl),
    Many(Vec<BrokerUrl>),
}

/// What a scheme stands for.
#[derive(Clone, Copy)]
enum Scheme {
    /// AMQP, in the words of another client.
    Amqp { tls: bool },
    /// Another protocol, on another port.
    Other { protocol: &'static str, tls: bool },
}

use Scheme::{Amqp, Other};

/// Schemes of ActiveMQ and Artemis, Qpid's clients, Celery, Azure, STOMP, MQTT and the web.
#[rustfmt::skip]
const SCHEMES: [(&str, Scheme); 38] = [
    ("amqps", Amqp { tls: true }),
    ("amqp+ssl", Amqp { tls: true }),
    ("amqp+tls", Amqp { tls: true }),
    ("amqp+nio+ssl", Amqp { tls: true }),
    ("amqps+nio", Amqp { tls: true }),
    ("ssl", Amqp { tls: true }),
    ("tls", Amqp { tls: true }),
    ("nio+ssl", Amqp { tls: true }),
    ("auto+ssl", Amqp { tls: true }),
    ("auto+nio+ssl", Amqp { tls: true }),
    ("sb", Amqp { tls: true }),
    ("amqp", Amqp { tls: false }),
    ("amqp+tcp", Amqp { tls: false }),
    ("amqp+nio", Amqp { tls: false }),
    ("pyamqp", Amqp { tls: false }),
    ("tcp", Amqp { tls: false }),
    ("nio", Amqp { tls: false }),
    ("auto", Amqp { tls: false }),
    ("auto+nio", Amqp { tls: false }),
    ("amqpwss", Other { protocol: "AMQP over WebSockets", tls: true }),
    ("amqpws", Other { protocol: "AMQP over WebSockets", tls: false }),
    ("amqp+wss", Other { protocol: "AMQP over WebSockets", tls: true }),
    ("amqp+ws", Other { protocol: "AMQP over WebSockets", tls: false }),
    ("wss", Other { protocol: "WebSockets", tls: true }),
    ("ws", Other { protocol: "WebSockets", tls: false }),
    ("stomp+ssl", Other { protocol: "STOMP", tls: true }),
    ("stomp+nio+ssl", Other { protocol: "STOMP", tls: true }),
    ("stomps", Other { protocol: "STOMP", tls: true }),
    ("stomp", Other { protocol: "STOMP", tls: false }),
    ("mqtts", Other { protocol: "MQTT", tls: true }),
    ("mqtt+ssl", Other { protocol: "MQTT", tls: true }),
    ("mqtt+nio+ssl", Other { protocol: "MQTT", tls: true }),
    ("mqtt", Other { protocol: "MQTT", tls: false }),
    ("https", Other { protocol: "HTTP", tls: true }),
    ("http", Other { protocol: "HTTP", tls: false }),
    ("openwire+ssl", Other { protocol: "OpenWire", tls: true }),
    ("openwire", Other { protocol: "OpenWire", tls: false }),
    ("vm", Other { protocol: "a broker in the same process", tls: false }),
];

/// What clients write before several URLs.
const COMPOSITES: [&str; 6] =
    ["failover", "static", "discovery", "fanout", "masterslave", "random"];

/// More brokers than these are not written down in an error.
const LISTED: usize = 10;

/// The problem with a scheme; it follows the URL in an error.
pub(super) fn problem(scheme: &str) -> String {
    match SCHEMES.iter().find(|(known, _)| *known == scheme) {
        Some((_, Amqp { .. })) => "has the scheme of another client".into(),
        Some((_, Other { protocol, .. })) => {
            format!("is for {protocol}, not for AMQP 1.0, which has another port")
        }
        None if scheme.contains([':', '(', '"', '=', '<']) => {
            "is written for another client".into()
        }
        None => "is neither amqps:// nor amqp://".into(),
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
                return read(piece).filter(|_| piece.contains([':', '.']));
            }
            // A second port is no broker.
            let is_host = !piece.bytes().all(|b| b.is_ascii_digit());
            read(&format!("{shared}://{piece}")).filter(|_| is_host)
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
fn read(text: &str) -> Option<BrokerUrl> {
    let (scheme, rest) = split_scheme(text);
    let authority = rest.split(['/', '?', '#', '\\', ')']).next()?;
    let (host, port) = match host::read(authority) {
        Ok(read) => read,
        Err(_) => without_fault(authority)?,
    };
    Some(match scheme {
        Some(Amqp { tls }) => BrokerUrl::new(tls, host, port),
        Some(Other { tls, .. }) => BrokerUrl::new(tls, host, None),
        None => BrokerUrl::new(port != Some(5672), host, port),
    })
}

/// An IPv6 address without brackets, or a host with something in the port's place that is none.
fn without_fault(authority: &str) -> Option<(String, Option<u16>)> {
    if !host::is_ipv6(authority) {
        let (host, _) = authority.split_once(':')?;
        return host::read(host).ok();
    }
    // The last group may be meant as the port.
    if let Some((address, port @ ("5671" | "5672"))) = authority.rsplit_once(':')
        && host::is_ipv6(address)
    {
        return Some((address.to_owned(), port.parse().ok()));
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
