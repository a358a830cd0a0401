//! Explains why a connection could not be opened, or ended.

use std::io;

use super::alert::{self, AlertMeaning};
use crate::{
    deadline::Deadline,
    error::{Condition, Error, Phase, Subject, TlsCause},
    transport::Fault,
};

/// What an explanation depends on: which broker, when, and how.
pub(super) struct Situation<'a> {
    pub(super) broker: &'a str,
    /// The deadline of what was waited for, named after its phase.
    pub(super) deadline: &'a Deadline,
    /// The broker has not let the client in yet.
    pub(super) is_opening: bool,
    pub(super) tls: bool,
    /// Why the broker may not accept the client's certificate, if that is known.
    pub(super) remark: Option<&'a str>,
    /// What the broker may mean by hanging up, if the protocol says that.
    pub(super) presumed: Option<&'a str>,
}

/// The error of a byte stream that failed.
pub(super) fn fault(fault: Fault, situation: &Situation<'_>) -> Error {
    let (broker, phase) = (situation.broker.to_owned(), situation.deadline.phase());
    match fault {
        Fault::Stopped(error) => error,
        Fault::Timeout => situation.deadline.error(&broker),
        Fault::Untrusted(cause, problem) => Error::Tls { broker, cause, problem },
        Fault::Alert(number, words) => alert(number, &words, situation),
        Fault::NotTls => Error::Protocol {
            broker,
            phase,
            problem: format!(
                "the port does not speak TLS; use {}:// for a plain port",
                scheme(situation.broker, false)
            ),
        },
        Fault::Io(source) if situation.is_opening && situation.tls && is_hang_up(&source) => {
            let reason = situation.remark.map_or(String::new(), |remark| format!("; {remark}"));
            let presumed = situation.presumed.map_or(String::new(), |it| format!("; or {it}"));
            // To a broker of MQTT a ClientHello is a malformed packet; one of AMQP answers it in AMQP.
            let is_plain_perhaps = phase == Phase::Tls && situation.broker.starts_with("mqtt");
            let plain = if is_plain_perhaps {
                "; or the port does not speak TLS; use mqtt:// if so"
            } else {
                ""
            };
            let problem = format!(
                "the broker hung up; it may not accept the client's certificate, or no more connections{reason}{presumed}{plain}"
            );
            Error::Network { broker, phase, source: io::Error::new(source.kind(), problem) }
        }
        // OpenSSL hangs up like this after bytes that are not a TLS record, without an alert.
        Fault::Io(source) if situation.is_opening && is_hang_up(&source) => {
            let presumed = situation.presumed.map_or(String::new(), |it| format!("; or {it}"));
            let scheme = scheme(situation.broker, true);
            let problem =
                format!("the broker hung up; if the port speaks TLS, use {scheme}://{presumed}");
            Error::Network { broker, phase, source: io::Error::new(source.kind(), problem) }
        }
        Fault::Io(source) if is_hang_up(&source) && situation.presumed.is_some() => {
            let problem = format!("the broker hung up; {}", situation.presumed.unwrap_or_default());
            Error::Network { broker, phase, source: io::Error::new(source.kind(), problem) }
        }
        Fault::Io(source) => Error::Network { broker, phase, source },
    }
}

/// In TLS 1.3 the broker checks the client's certificate after the handshake: until the Open, alerts are refusals.
fn alert(number: u8, words: &str, situation: &Situation<'_>) -> Error {
    let (broker, phase) = (situation.broker.to_owned(), situation.deadline.phase());
    let cause = match alert::meaning(number) {
        AlertMeaning::Certificate if situation.is_opening => TlsCause::ClientCertificate,
        AlertMeaning::Handshake if situation.is_opening => TlsCause::Handshake,
        _ => {
            let condition = Condition::new("", &format!("TLS alert: {words}"));
            return Error::Closed { broker, phase, what: Subject::Connection, condition };
        }
    };
    let what = if cause == TlsCause::ClientCertificate { "certificate" } else { "handshake" };
    Error::Tls {
        broker,
        cause,
        problem: format!("the broker refused the client's {what}: {words}"),
    }
}

/// The scheme of the broker's URL, or the one with which its protocol is over TLS, or is not.
fn scheme(broker: &str, tls: bool) -> String {
    let scheme = broker.split("://").next().unwrap_or_default();
    format!("{}{}", scheme.trim_end_matches('s'), if tls { "s" } else { "" })
}

fn is_hang_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// The fault of a broker that ended the stream without a reason.
pub(super) fn hang_up() -> Fault {
    Fault::Io(io::Error::new(io::ErrorKind::UnexpectedEof, "the broker hung up"))
}

/// The error of a byte stream that could not be opened. `deadline` is named after the phase that it failed in.
pub(crate) fn unconnected(fault: Fault, broker: &str, tls: bool, deadline: &Deadline) -> Error {
    self::fault(
        fault,
        &Situation { broker, deadline, is_opening: true, tls, remark: None, presumed: None },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error after an alert or a hang-up, while a connection is opened or later.
    fn explained(reason: Fault, opening: bool) -> Error {
        let (now, second) = (std::time::Instant::now(), std::time::Duration::from_secs(1));
        let (broker, deadline) = ("amqps://b:5671", &Deadline::after(now, second, Phase::Reply));
        let (remark, presumed) = (None, None);
        let is_opening = opening;
        fault(reason, &Situation { broker, deadline, is_opening, tls: true, remark, presumed })
    }

    /// After the Open an alert concerns only the connection, whatever it says: the client's certificate was accepted.
    #[test]
    fn an_alert_refuses_only_while_the_connection_is_opened() {
        for number in [42, 48, 116, 40, 71] {
            let alert = || Fault::Alert(number, "words".into());
            assert!(explained(alert(), true).is_refusal(), "{number}");
            let later = explained(alert(), false);
            assert!(later.is_transient() && !later.is_refusal(), "{number}");
            assert!(later.to_string().contains("TLS alert: words"), "{later}");
        }
        assert!(!explained(Fault::Alert(80, "words".into()), true).is_refusal());
    }

    #[test]
    fn a_hang_up_is_blamed_on_the_certificate_only_while_the_connection_is_opened() {
        let hang_up = || Fault::Io(io::ErrorKind::ConnectionReset.into());
        let blamed = |opening| {
            explained(hang_up(), opening)
                .with_sources()
                .contains("may not accept the client's certificate")
        };
        assert_eq!((blamed(true), blamed(false)), (true, false));
    }

    #[test]
    fn a_hang_up_in_the_handshake_may_be_that_of_a_port_for_plain_mqtt() {
        let now = std::time::Instant::now();
        for (broker, phase, is_plain) in [
            ("mqtts://b:1", Phase::Tls, true),
            ("mqtts://b:1", Phase::Open, false),
            ("amqps://b:1", Phase::Tls, false),
        ] {
            let deadline = Deadline::after(now, std::time::Duration::MAX, phase);
            let said = unconnected(hang_up(), broker, true, &deadline).with_sources();
            assert_eq!(said.contains("does not speak TLS; use mqtt://"), is_plain, "{said}");
        }
    }

    #[test]
    fn a_hang_up_is_explained_by_what_the_protocol_presumes() {
        let deadline =
            &Deadline::after(std::time::Instant::now(), std::time::Duration::MAX, Phase::Open);
        for (broker, tls, is_opening, expected) in [
            (
                "mqtt://b:1",
                false,
                true,
                "the broker hung up; if the port speaks TLS, use mqtts://; or it may be old",
            ),
            ("mqtts://b:1", true, true, "or no more connections; or it may be old"),
            ("mqtts://b:1", true, false, "the broker hung up; it may be old"),
        ] {
            let presumed = Some("it may be old");
            let situation = Situation { broker, deadline, is_opening, tls, remark: None, presumed };
            let said = fault(hang_up(), &situation).with_sources();
            assert!(said.ends_with(expected), "{said}");
        }
        let situation = Situation {
            broker: "mqtts://b:1",
            deadline,
            is_opening: true,
            tls: true,
            remark: None,
            presumed: None,
        };
        assert!(
            fault(Fault::NotTls, &situation).to_string().ends_with("use mqtt:// for a plain port")
        );
    }
}
