//! What OpenSSL's failures mean, other than a failed verification.

use std::io;

use openssl::{error::ErrorStack, ssl::ErrorCode};

use crate::{
    error::TlsCause,
    transport::{network::Fault, strength},
};

/// OpenSSL's reasons for an alert of the peer are this plus the alert's number (ssl.h, `SSL_AD_REASON_OFFSET`).
const ALERTS: i32 = 1000;

/// Reasons that end a handshake on the client's side; the next attempt would fail with them, too.
#[rustfmt::skip]
const FINAL: [(&str, TlsCause, &str); 11] = [
    ("protocol version", TlsCause::Handshake, "the broker does not support TLS 1.2 or newer"),
    ("unsupported protocol", TlsCause::Handshake, "the broker does not support TLS 1.2 or newer"),
    ("dh key too small", TlsCause::Handshake, "the broker's Diffie-Hellman parameters are too short"),
    ("ee key too small", TlsCause::ClientCertificate, "OpenSSL does not send the client's certificate, whose key is too short"),
    ("ca key too small", TlsCause::ClientCertificate, "OpenSSL does not send the client's certificate, since an intermediate one has a key that is too short"),
    ("ca md too weak", TlsCause::ClientCertificate, "OpenSSL does not send the client's certificate, since an intermediate one is signed with a hash that is too weak"),
    ("wrong signature type", TlsCause::Handshake, "the broker signs the handshake in a way that is too weak"),
    ("legacy sigalg disallowed", TlsCause::Handshake, "the broker signs the handshake in a way that is too weak"),
    ("unsafe legacy renegotiation", TlsCause::Handshake, "the broker's TLS lacks secure renegotiation (RFC 5746)"),
    ("no suitable signature algorithm", TlsCause::Handshake, "the client's key cannot sign in a way that the broker accepts"),
    ("wrong cipher returned", TlsCause::Handshake, "the broker chose a cipher that was not offered"),
];

/// Interprets an OpenSSL failure other than a failed verification; `level` is the security level.
pub(super) fn of(error: openssl::ssl::Error, level: u32) -> Fault {
    let errors = error.ssl_error().map_or(&[][..], |stack| stack.errors());
    let Some(first) = errors.first() else {
        return match error.into_io_error() {
            Ok(error) => Fault::Io(error),
            Err(error) if error.code() == ErrorCode::SYSCALL => {
                Fault::Io(io::ErrorKind::UnexpectedEof.into())
            }
            Err(error) => Fault::Io(io::Error::other(error)),
        };
    };
    let alert = first.reason_code().checked_sub(ALERTS).and_then(|code| u8::try_from(code).ok());
    // OpenSSL knows not every alert.
    let reason = match (first.reason(), alert) {
        (Some(reason), _) => reason,
        (None, Some(number)) => return Fault::Alert(number, format!("unknown alert {number}")),
        (None, None) => return unmade(ErrorStack::clone(error.ssl_error().expect("its errors"))),
    };
    if reason.contains("unexpected eof") {
        return Fault::Io(io::ErrorKind::UnexpectedEof.into());
    }
    if let Some(fault) = is_final(reason, level) {
        return fault;
    }
    if let Some(number) = alert {
        // Named such as "tlsv1 alert unknown ca", "ssl/tls alert bad certificate", "tlsv1 unrecognized name".
        let alert = reason
            .split_once(" alert ")
            .or(reason.split_once(' '))
            .map_or(reason, |(_, alert)| alert);
        return Fault::Alert(number, alert.to_owned());
    }
    if [
        "wrong version number",
        "packet length too long",
        "http request",
        "record layer failure",
        "unexpected message",
    ]
    .iter()
    .any(|sign| reason.contains(sign))
    {
        return Fault::NotTls;
    }
    Fault::Io(io::Error::other(error.ssl_error().map(strength::reasons).unwrap_or_default()))
}

fn is_final(reason: &str, level: u32) -> Option<Fault> {
    let (_, cause, words) = FINAL.iter().find(|(sign, ..)| reason.contains(sign))?;
    let required = match reason {
        "dh key too small" => {
            let bits = strength::modulus(level);
            format!("; OpenSSL's security level {level} requires {bits} bits")
        }
        _ if reason.contains("too small") || reason.contains("too weak") => {
            format!("; OpenSSL's security level is {level}")
        }
        _ => format!(" ({reason})"),
    };
    Some(Fault::Untrusted(*cause, format!("{words}{required}")))
}

/// A session that could not be made.
pub(super) fn unmade(stack: ErrorStack) -> Fault {
    Fault::Io(io::Error::other(strength::reasons(&stack)))
}
