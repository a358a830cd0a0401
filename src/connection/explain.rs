//! Explains why a connection could not be opened, or ended.

use std::io;

use super::alert::{self, AlertMeaning};
use crate::{
    deadline::Deadline,
    error::{Condition, Error, Subject, TlsCause},
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
            problem: "the port does not speak TLS; use amqp:// for a plain port".into(),
        },
        Fault::Io(source) if situation.is_opening && situation.tls && is_hang_up(&source) => {
            let reason = situation.remark.map_or(String::new(), |remark| format!("; {remark}"));
            let problem = format!(
                "the broker hung up; it may not accept the client's certificate, or no more connections{reason}"
            );
            Error::Network { broker, phase, source: io::Error::new(source.kind(), problem) }
        }
        // OpenSSL hangs up like this after bytes that are not a TLS record, without an alert.
        Fault::Io(source) if situation.is_opening && is_hang_up(&source) => Error::Network {
            broker,
            phase,
            source: io::Error::new(
                source.kind(),
                "the broker hung up; if the port speaks TLS, use amqps://",
            ),
        },
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
    self::fault(fault, &Situation { broker, deadline, is_opening: true, tls, remark: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Phase;

    /// The error after an alert or a hang-up, while a connection is opened or later.
    fn explained(reason: Fault, opening: bool) -> Error {
        let (now, second) = (std::time::Instant::now(), std::time::Duration::from_secs(1));
        let (broker, deadline) = ("amqps://b:5671", &Deadline::after(now, second, Phase::Reply));
        fault(reason, &Situation { broker, deadline, is_opening: opening, tls: true, remark: None })
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
}
