//! What to do about an error, if that is known.

mod reason_code;
mod silence;

use crate::{Condition, Error, Phase, Subject, TlsCause, signing::Return};
pub(super) use silence::remedy as of_silence;

/// One clause for the user; `None` if there is nothing to add to the error.
pub(super) fn of_error(error: &Error) -> Option<String> {
    if let Error::Refused { what, condition, .. } | Error::Closed { what, condition, .. } = error
        && let Some(remedy) = reason_code::remedy(what, condition)
    {
        return Some(remedy.into());
    }
    Some(match error {
        // The remedy is part of what the client says of the certificate that it does not have.
        Error::Tls { cause: TlsCause::ClientCertificate, problem, .. } if problem.contains("set messaging_cert_key") => {
            return None;
        }
        Error::Tls { cause: TlsCause::ClientCertificate, .. } => {
            "ask the broker's administrator whether the certificate in messaging_cert_key is known there, and signed by a trusted CA"
                .into()
        }
        Error::Tls { cause: TlsCause::OtherHost, .. } => {
            "use the name that the certificate is for in messaging_brokers".into()
        }
        Error::Tls { cause: TlsCause::UnknownAuthority, .. } => {
            "put the certificate of the CA that signed the broker's into messaging_ca_cert".into()
        }
        Error::Tls { cause: TlsCause::Handshake, problem, .. } if problem.contains("no application protocol") => {
            "the broker, or a proxy before it, knows none of the names in tls_alpn: correct them".into()
        }
        Error::Tls { cause: TlsCause::Handshake, .. } => {
            "ask the broker's administrator which TLS versions and host names it accepts, and whether it requires a certificate"
                .into()
        }
        Error::Refused { what: Subject::WithoutSasl, .. } => "set sasl: auto, or the mechanism that the broker requires".into(),
        // The remedy is part of what the client says of the broker's offer.
        Error::Refused { what: Subject::Login, condition, .. } if condition.description.contains("offers") => return None,
        Error::Refused { what: Subject::Login, .. } => "check sasl, username and password_file, or the certificate".into(),
        Error::Refused { what: Subject::Listening(_), condition, .. } => {
            address("topic_listen_to", "read from", condition)
        }
        Error::Refused { what: Subject::Sending(_), condition, .. } => address("topic_send_to", "write to", condition),
        // So RabbitMQ 3 refuses a sender without an address.
        Error::Refused { what: Subject::Session, condition, .. }
            if condition.description.contains("address_not_utf8_string") =>
        {
            "the broker requires an address of every sender: set sender_target: auto".into()
        }
        Error::Refused { what: Subject::Session, condition, .. }
            if matches!(condition.name.as_str(), "amqp:invalid-field" | "amqp:not-implemented") =>
        {
            "check topic_send_to and topic_listen_to: the broker does not understand one of these addresses".into()
        }
        // RabbitMQ ends the session for either address, and says which in its own words.
        Error::Refused { what: Subject::Session, condition, .. } if condition.name != "amqp:not-found" => {
            "check topic_send_to and topic_listen_to, and that the client's identity may use them".into()
        }
        Error::Refused { what: Subject::Connection, condition, .. }
            if matches!(condition.name.as_str(), "amqp:unauthorized-access" | "amqp:not-allowed") =>
        {
            "check that the client may connect: its certificate, or sasl, username and password_file".into()
        }
        Error::Refused { condition, .. } => return of_condition(condition),
        Error::Unreachable { brokers } => return brokers.iter().find_map(of_error),
        // With a limit that is lower than the number of its descriptors, poll(2) calls its arguments invalid.
        Error::System { source, .. } if is_of(source, &[libc::EINVAL]) => MORE_FILES.into(),
        Error::System { source, .. }
        | Error::Network { source, .. }
        | Error::LocalFile { source, .. }
        | Error::InputFile { source, .. }
            if is_of(source, &[libc::EMFILE, libc::ENFILE]) =>
        {
            MORE_FILES.into()
        }
        Error::LocalFile { source, .. } if is_of(source, &[libc::ENOENT]) => {
            "create the folder that it is to be in, or correct its path".into()
        }
        Error::LocalFile { source, .. } if is_of(source, &[libc::ENOTDIR]) => {
            "a file is in its path where a folder is expected; correct the path".into()
        }
        Error::Network { phase: Phase::Resolve, .. } => {
            "check the host names in messaging_brokers, and that /etc/hosts or a server in /etc/resolv.conf knows them".into()
        }
        Error::Closed { condition, .. } => return of_condition(condition),
        _ => return None,
    })
}

const SMALLER: &str = "sign fewer items in one request (chunk_size), or raise the broker's limit";

/// Whether running again helps with a request that the broker did not accept for this reason.
pub(super) fn of_running_again(condition: &Condition) -> &'static str {
    match condition.name.as_str() {
        "amqp:precondition-failed"
        | "amqp:link:message-size-exceeded"
        | "amqp:decode-error"
        | "amqp:frame-size-too-small"
        | "amqp:invalid-field"
        | "amqp:not-implemented" => "running again does not help",
        _ if reason_code::is_lasting(condition) => "running again does not help",
        _ => "running again may not help",
    }
}

/// One clause for a request that the broker returned with this AMQP outcome; `None` if there is nothing to add.
pub(super) fn of_return(outcome: Return) -> Option<String> {
    (outcome == Return::Released).then(|| {
        "a broker may return requests so if no queue belongs to the address, as RabbitMQ does: check topic_send_to"
            .into()
    })
}

/// One clause for a request that the broker does not accept now; `None` if there is nothing to add to the condition.
pub(super) fn of_delay(condition: &Condition) -> Option<String> {
    let unheard =
        "the topic has no subscriber: check topic_send_to, and whether the signing server runs";
    reason_code::is_unheard(condition).then(|| unheard.into())
}

const MORE_FILES: &str = "raise the limit of open files (ulimit -n)";

fn is_of(error: &std::io::Error, numbers: &[i32]) -> bool {
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

fn address(key: &str, access: &str, condition: &Condition) -> String {
    match condition.name.as_str() {
        "amqp:invalid-field" | "amqp:not-implemented" => {
            format!("check {key}: the broker does not understand such an address")
        }
        "amqp:not-found" | "failed" => {
            format!("check {key}: the broker has no such address, and does not create one")
        }
        _ => format!("check {key}, and that the client's identity may {access} it"),
    }
}

/// One clause for the user; `None` if there is nothing to add to the condition.
pub(super) fn of_condition(condition: &Condition) -> Option<String> {
    let durable = condition.description.to_ascii_lowercase().contains("durable");
    Some(match condition.name.as_str() {
        "amqp:precondition-failed" if durable => {
            "the broker keeps nothing on disk and accepts no durable messages: set durable: false"
                .into()
        }
        "amqp:link:message-size-exceeded" => SMALLER.into(),
        "amqp:precondition-failed" if condition.description.contains("size") => SMALLER.into(),
        "amqp:decode-error" => format!("the request may be too large for the broker: {SMALLER}"),
        "amqp:not-found" => {
            "check the address, and open_hostname if the broker has virtual hosts".into()
        }
        _ if reason_code::is_too_large(condition) => SMALLER.into(),
        _ => return None,
    })
}
