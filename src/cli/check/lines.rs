//! What was found, for people: one line a step.

use crate::{
    config::TlsVerify,
    error::{printable, printable_path},
    preflight::{Broker, Certificate, Learned, Link, Mqtt, Peer, Sasl, Step, Tls},
};

/// How many names of a list are shown.
const SHOWN: usize = 8;

pub(super) fn of_broker(broker: &Broker) -> String {
    format!("{}\n{}", broker.url, of_steps(&broker.steps))
}

pub(super) fn of_steps(steps: &[Step]) -> String {
    steps.iter().map(of_step).collect()
}

/// State, step, time, and what was found.
fn of_step(step: &Step) -> String {
    let learned = step.learned.as_ref().map(words);
    let address = step.address.map(|address| address.to_string());
    let found = match (&step.problem, learned.or(address)) {
        (None, found) => found.unwrap_or_default(),
        (Some(problem), Some(found)) if step.learned.is_some() => format!("{problem} ({found})"),
        (Some(problem), _) => problem.clone(),
    };
    let (state, kind, took) = (step.state, step.kind, step.took.as_secs_f64());
    format!("{state:7}  {kind:13} {took:7.3} s  {found}\n")
}

fn words(learned: &Learned) -> String {
    match learned {
        Learned::Configuration { path, .. } if path.as_os_str().is_empty() => "no file".into(),
        Learned::Configuration { path, section } => {
            format!("{}, section {section}", printable_path(path))
        }
        Learned::Identity { creator, certificate: None } => {
            format!("none; requests carry \"{}\"", printable(creator))
        }
        Learned::Identity { creator, certificate: Some(certificate) } => {
            let (issuer, name) = (&certificate.issuer, named(certificate));
            let creator = printable(creator);
            format!(
                "{name}, issued by {issuer}; the key belongs to it; requests carry \"{creator}\""
            )
        }
        Learned::Authorities(certificates) => authorities(certificates),
        Learned::Verification { key, certificates } => {
            let of = key.as_ref().map_or("signatures".into(), |key| {
                format!("signatures by the key \"{}\"", printable(key))
            });
            format!("{of} are verified by {}", listed(certificates.clone()))
        }
        Learned::Addresses(addresses) => {
            listed(addresses.iter().map(ToString::to_string).collect())
        }
        Learned::Tls(tls) => of_tls(tls),
        Learned::Sasl(None) => "not needed: the broker accepts a connection without".into(),
        Learned::Sasl(Some(Sasl { offered, chosen, .. })) => {
            let chosen = chosen.as_deref().unwrap_or("none");
            format!("{chosen}; offered: {}", listed(offered.clone()))
        }
        Learned::Peer(peer) => of_peer(peer),
        Learned::Mqtt(mqtt) => of_mqtt(mqtt),
        Learned::Subscription(topic) => {
            format!("{topic}; whether the client may send is known only with the first request")
        }
        Learned::Receiver(link) => {
            format!("{}; no credit is granted, so that no reply is taken", of_link(link))
        }
        Learned::Sender(link) => format!("{}; credit {}", of_link(link), link.credit),
    }
}

/// Subject, and end.
fn named(certificate: &Certificate) -> String {
    let Certificate { subject, until, .. } = certificate;
    if certificate.has_expired() {
        return format!("{subject}, expired on {until}");
    }
    format!("{subject}, until {until}, {} days left", certificate.days_left())
}

fn authorities(certificates: &[Certificate]) -> String {
    let first = certificates.iter().min_by_key(|certificate| certificate.seconds_left);
    let first = first.map(named).unwrap_or_default();
    match certificates.len() {
        1 => first,
        count => format!("{count} certificates; the first to end: {first}"),
    }
}

fn of_tls(tls: &Tls) -> String {
    let mut words = tls.version.clone();
    words.extend(tls.cipher.iter().map(|cipher| format!(", {cipher}")));
    words.extend(tls.alpn.iter().map(|name| format!(", protocol {name}")));
    if let Some(broker) = &tls.broker {
        words += &format!("; {}, for {}", named(broker), listed(broker.hosts.clone()));
    }
    match (&tls.verified_by, tls.verify) {
        (Some(authority), TlsVerify::Full) => words += &format!("; verified by {authority}"),
        (Some(authority), _) => {
            words += &format!("; verified by {authority}, but not for this host (tls_verify: ca)");
        }
        (None, TlsVerify::None) => words += "; not verified (tls_verify: none)",
        (None, _) => {}
    }
    words
}

fn of_peer(peer: &Peer) -> String {
    let product = peer.product.as_deref().unwrap_or("a broker that does not name itself");
    let mut words = product.to_owned();
    words.extend(peer.version.iter().map(|version| format!(" {version}")));
    words += &format!("; container \"{}\"", peer.container);
    words += &match peer.idle_timeout {
        Some(timeout) => format!("; idle timeout {} s", timeout.as_secs_f64()),
        None => "; no idle timeout".into(),
    };
    if let Some(size) = peer.max_frame_size {
        words += &format!("; frames up to {size} bytes");
    }
    if !peer.capabilities.is_empty() {
        words += &format!("; offers {}", listed(peer.capabilities.clone()));
    }
    words
}

fn of_mqtt(mqtt: &Mqtt) -> String {
    let mut words = format!("MQTT {}; client id \"{}\"", mqtt.version, mqtt.client_id);
    words.extend(mqtt.receive_maximum.map(|count| format!("; receive maximum {count}")));
    words.extend(mqtt.keep_alive.map(|time| format!("; keep alive {} s", time.as_secs())));
    let expiry = mqtt.session_expiry;
    words.extend(expiry.map(|time| format!("; session expiry {} s", time.as_secs())));
    words.extend(mqtt.max_packet_size.map(|size| format!("; packets up to {size} bytes")));
    words
}

fn of_link(link: &Link) -> String {
    let address = match &link.address {
        Some(address) => address.clone(),
        None => {
            "the anonymous terminus (the address is seen only with the first request)".to_owned()
        }
    };
    match link.max_message_size {
        Some(size) => format!("{address}; messages up to {size} bytes"),
        None => format!("{address}; messages of any size"),
    }
}

/// Some of the names.
fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match more {
        0 if names.is_empty() => "none".into(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
