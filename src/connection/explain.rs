//! Puts into words why a connection could not be opened, or ended.

use std::{io, time::Duration};

use super::pump::Ended;
use crate::{
    deadline::Deadline,
    error::{
        Condition, Error, Phase, Subject, TlsCause,
        conditions::{self, AlertMeaning},
    },
    transport::Fault,
};

/// Whom, when and how: what an explanation needs to know.
pub(super) struct Scene<'a> {
    pub(super) broker: &'a str,
    pub(super) deadline: &'a Deadline,
    /// The broker has not sent its Open yet.
    pub(super) opening: bool,
    pub(super) tls: bool,
}

/// The error of a byte stream that failed.
pub(super) fn fault(fault: Fault, scene: &Scene<'_>) -> Error {
    let (broker, phase) = (scene.broker.to_owned(), scene.deadline.phase());
    match fault {
        Fault::Stopped(error) => error,
        Fault::Timeout => scene.deadline.error(scene.broker),
        Fault::Untrusted(cause, problem) => Error::Tls { broker, cause, problem },
        Fault::Alert(number, words) => alert(number, &words, scene),
        Fault::NotTls => Error::Protocol {
            broker,
            phase,
            problem: "the port does not speak TLS; amqp:// is for a plain port".into(),
        },
        Fault::Io(source) if scene.opening && scene.tls && is_hang_up(&source) => Error::Network {
            broker,
            phase,
            source: io::Error::new(
                source.kind(),
                "the broker hung up; it may not accept our certificate",
            ),
        },
        // So OpenSSL answers what is no TLS record, without an alert that could be told by its bytes.
        Fault::Io(source) if scene.opening && is_hang_up(&source) => Error::Network {
            broker,
            phase,
            source: io::Error::new(
                source.kind(),
                "the broker hung up; the port may speak TLS, which amqps:// is for",
            ),
        },
        Fault::Io(source) => Error::Network { broker, phase, source },
    }
}

/// In TLS 1.3 the client's certificate is judged after the handshake, so that until the Open alerts refuse.
fn alert(number: u8, words: &str, scene: &Scene<'_>) -> Error {
    let (broker, phase) = (scene.broker.to_owned(), scene.deadline.phase());
    let cause = match conditions::alert(number) {
        AlertMeaning::Certificate if scene.opening => TlsCause::OurCertificate,
        AlertMeaning::Handshake if scene.opening => TlsCause::Handshake,
        _ => {
            let condition = Condition::new("", &format!("TLS alert: {words}"));
            return Error::Closed { broker, phase, what: Subject::Connection, condition };
        }
    };
    let what = if cause == TlsCause::OurCertificate { "certificate" } else { "handshake" };
    Error::Tls { broker, cause, problem: format!("the broker refused our {what}: {words}") }
}

fn is_hang_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// The error of a pump that stopped.
pub(super) fn ended(ended: Ended, first_bytes: &[u8], scene: &Scene<'_>) -> Error {
    match ended {
        Ended::Fault(reason) => fault(reason, scene),
        Ended::ByPeer if scene.opening && !first_bytes.is_empty() => {
            stranger(first_bytes, None, scene)
        }
        Ended::ByPeer => {
            let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the broker hung up");
            fault(Fault::Io(source), scene)
        }
        Ended::Garbage if scene.opening => stranger(first_bytes, None, scene),
        Ended::Garbage => Error::Protocol {
            broker: scene.broker.into(),
            phase: scene.deadline.phase(),
            problem: "the broker sent something that is no AMQP frame".into(),
        },
    }
}

/// The error of a connection that the engine gave up, in the engine's words unless they are its jargon.
pub(super) fn failed(
    condition: Condition,
    idle_timeout: Option<Duration>,
    scene: &Scene<'_>,
) -> Error {
    let problem = match idle_timeout {
        Some(timeout) if condition.description.contains("idle-timeout expired") => {
            format!(
                "nothing was heard of the broker for {} s (idle_timeout)",
                timeout.as_secs_f64()
            )
        }
        _ => condition.to_string(),
    };
    Error::Protocol { broker: scene.broker.into(), phase: scene.deadline.phase(), problem }
}

/// The error of a peer that does not open an AMQP 1.0 connection, told by its first bytes: the
/// protocol header (AMQP 1.0 part 2.2) or what it has in its place.
pub(super) fn stranger(
    first_bytes: &[u8],
    condition: Option<&Condition>,
    scene: &Scene<'_>,
) -> Error {
    let (broker, phase) = (scene.broker.to_owned(), scene.deadline.phase());
    let problem = match *first_bytes {
        [b'A', b'M', b'Q', b'P', 3, 1, 0, 0, ..] if phase == Phase::Open => {
            let condition = Condition::new("", "the broker demands SASL");
            return Error::Refused { broker, what: Subject::WithoutSasl, condition };
        }
        [b'A', b'M', b'Q', b'P', 0, 1, 0, 0, ..] if phase == Phase::Sasl => {
            "the broker takes no SASL".into()
        }
        [b'A', b'M', b'Q', b'P', 0, 0, 9, ..] => "the port speaks AMQP 0-9-1, not AMQP 1.0".into(),
        [0x15 | 0x16, 3, ..] => "the port speaks TLS; amqps:// is for that".into(),
        [] | [b'A', b'M', b'Q', b'P', ..] => match condition {
            Some(condition) => condition.to_string(),
            None => "the broker hung up before its Open".into(),
        },
        _ => format!("the port does not speak AMQP: it sent “{}”", first_bytes.escape_ascii()),
    };
    Error::Protocol { broker, phase, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an alert with this number, and the hang-up of a broker, come to while a connection is opened or later.
    fn explained(reason: Fault, opening: bool) -> Error {
        let deadline = Deadline::after(std::time::Instant::now(), Duration::ZERO, Phase::Reply);
        fault(reason, &Scene { broker: "amqps://b:5671", deadline: &deadline, opening, tls: true })
    }

    /// After the Open an alert is trouble of the connection, whatever it says: our certificate was taken.
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
    fn a_hang_up_is_blamed_on_our_certificate_only_while_the_connection_is_opened() {
        let hang_up = || Fault::Io(io::ErrorKind::ConnectionReset.into());
        let blamed = |opening| {
            explained(hang_up(), opening).with_sources().contains("may not accept our certificate")
        };
        assert_eq!((blamed(true), blamed(false)), (true, false));
    }

    #[test]
    fn silence_is_told_as_such_and_anything_else_in_the_engine_s_words() {
        let deadline = Deadline::after(std::time::Instant::now(), Duration::ZERO, Phase::Reply);
        let scene =
            Scene { broker: "amqps://b:5671", deadline: &deadline, opening: false, tls: true };
        let failed = |description: &str, timeout| {
            failed(Condition::new("amqp:x", description), timeout, &scene).to_string()
        };
        let timeout = Some(Duration::from_millis(2500));
        let silent = failed("local-idle-timeout expired", timeout);
        assert_eq!(
            silent,
            "amqps://b:5671: reply: nothing was heard of the broker for 2.5 s (idle_timeout)"
        );
        assert_eq!(
            failed("malformed frame", timeout),
            "amqps://b:5671: reply: amqp:x: malformed frame"
        );
        assert_eq!(
            failed("idle-timeout expired", None),
            "amqps://b:5671: reply: amqp:x: idle-timeout expired"
        );
    }
}
