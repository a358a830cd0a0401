//! What was found, for machines: one JSON document. Its names do not change between versions.

use serde_json::{Value, json};

use crate::{
    cli::operation,
    config::TlsVerify,
    error::{printable, printable_path},
    preflight::{Broker, Certificate, Learned, Link, Report, Step},
};

/// The document: the exit status, what to do first, and the steps.
pub(super) fn of(report: &Report, status: u8, advice: &str) -> Value {
    json!({
        "status": status,
        "error": report.result.as_ref().err().map(operation::words),
        "advice": advice,
        "local": report.local.iter().map(of_step).collect::<Vec<_>>(),
        "brokers": report.brokers.iter().map(of_broker).collect::<Vec<_>>(),
    })
}

fn of_broker(broker: &Broker) -> Value {
    json!({
        "url": broker.url,
        "connects": broker.connects(),
        "steps": broker.steps.iter().map(of_step).collect::<Vec<_>>(),
    })
}

fn of_step(step: &Step) -> Value {
    json!({
        "step": step.kind.name(),
        "address": step.address.map(|address| address.to_string()),
        "state": step.state.name(),
        "seconds": step.took.as_micros() as f64 / 1e6,
        "problem": step.problem,
        "found": step.learned.as_ref().map(found),
    })
}

fn found(learned: &Learned) -> Value {
    match learned {
        Learned::Configuration { path, section } => {
            let file = (!path.as_os_str().is_empty()).then(|| printable_path(path));
            json!({"file": file, "section": section})
        }
        Learned::Identity { creator, certificate } => json!({
            "creator": printable(creator),
            "certificate": certificate.as_ref().map(of_certificate),
            "key_matches": certificate.as_ref().map(|_| true),
        }),
        Learned::Authorities(certificates) => {
            json!({"certificates": certificates.iter().map(of_certificate).collect::<Vec<_>>()})
        }
        Learned::Verification { key, certificates } => {
            json!({"key": key.as_deref().map(printable), "certificates": certificates})
        }
        Learned::Addresses(addresses) => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            json!({"addresses": addresses})
        }
        Learned::Tls(tls) => json!({
            "version": tls.version,
            "cipher": tls.cipher,
            "alpn": tls.alpn,
            "broker": tls.broker.as_ref().map(of_certificate),
            "verify": match tls.verify {
                TlsVerify::Full => "full",
                TlsVerify::Ca => "ca",
                TlsVerify::None => "none",
            },
            "verified_by": tls.verified_by,
        }),
        Learned::Sasl(login) => json!({
            "offered": login.as_ref().map(|login| &login.offered),
            "chosen": login.as_ref().and_then(|login| login.chosen.as_ref()),
        }),
        Learned::Peer(peer) => json!({
            "product": peer.product,
            "version": peer.version,
            "container": peer.container,
            "idle_timeout": peer.idle_timeout.map(|timeout| timeout.as_secs_f64()),
            "max_frame_size": peer.max_frame_size,
            "capabilities": peer.capabilities,
        }),
        Learned::Mqtt(mqtt) => json!({
            "version": mqtt.version,
            "client_id": mqtt.client_id,
            "session_expiry": mqtt.session_expiry.map(|time| time.as_secs()),
            "keep_alive": mqtt.keep_alive.map(|time| time.as_secs()),
            "receive_maximum": mqtt.receive_maximum,
            "max_packet_size": mqtt.max_packet_size,
        }),
        Learned::Subscription(topic) => {
            json!({"address": topic, "credit": null, "max_message_size": null})
        }
        Learned::Receiver(link) | Learned::Sender(link) => of_link(link),
    }
}

fn of_certificate(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "hosts": certificate.hosts,
        "until": certificate.until,
        "days_left": certificate.days_left(),
        "expired": certificate.has_expired(),
    })
}

fn of_link(link: &Link) -> Value {
    json!({
        "address": link.address,
        "credit": link.credit,
        "max_message_size": link.max_message_size,
    })
}
