//! What the alerts of a handshake mean.

use std::io::{Read, Write};

use amqp_sandbox::pki;
use openssl::ssl::{SslVerifyMode, SslVersion};

use super::{acceptor, serve, to_port};
use crate::{
    harness::{Bench, images},
    peer,
};

/// With `none` OpenSSL still records a failed check, but that is not why the broker hangs up.
#[test]
fn without_verification_an_alert_is_still_an_alert() {
    let bench = Bench::new();
    let port = serve(acceptor(&bench, |builder| {
        let identity = pki::self_signed_server(&["localhost"]).unwrap();
        builder.set_certificate(&identity.certificate).unwrap();
        builder.set_private_key(&identity.key).unwrap();
        // In TLS 1.2 the certificate of the client is verified within the handshake.
        builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }));
    let config = to_port(bench.config(), "amqps", port).set("tls_verify", "none");
    let ended = bench.run(&config, &images(1)).expect(77);
    ended.says("the broker refused the client's certificate: ");
    assert!(!ended.stderr.contains("self-signed"), "{}", ended.stderr);
}

/// Not every alert has the word "alert" in OpenSSL's name of it: this one is "tlsv1 unrecognized name".
#[test]
fn an_alert_about_the_host_name_is_one_too() {
    let bench = Bench::new();
    let port = serve(acceptor(&bench, |builder| {
        builder.set_servername_callback(|_, alert| {
            *alert = openssl::ssl::SslAlert::UNRECOGNIZED_NAME;
            Err(openssl::ssl::SniError::ALERT_FATAL)
        });
    }));
    let ended = bench.run(&to_port(bench.config(), "amqps", port), &images(1)).expect(77);
    ended.says("the broker refused the client's handshake: unrecognized name");
}

/// An alert about the client's certificate or handshake excludes the broker; a broker in trouble may recover.
#[test]
fn alerts_decide_as_conditions_do() {
    let cases = [
        (
            42,
            77,
            "the broker refused the client's certificate: bad certificate",
            "messaging_cert_key is known there",
        ),
        (
            45,
            77,
            "the broker refused the client's certificate: certificate expired",
            "messaging_cert_key is known there",
        ),
        (
            48,
            77,
            "the broker refused the client's certificate: unknown ca",
            "messaging_cert_key is known there",
        ),
        (
            49,
            77,
            "the broker refused the client's certificate: access denied",
            "messaging_cert_key is known there",
        ),
        (
            116,
            77,
            "the broker refused the client's certificate: ",
            "messaging_cert_key is known there",
        ),
        (
            40,
            77,
            "the broker refused the client's handshake: handshake failure",
            "whether it requires a certificate",
        ),
        (
            71,
            77,
            "the broker refused the client's handshake: insufficient security",
            "which TLS versions",
        ),
        (112, 77, "the broker refused the client's handshake: unrecognized name", "host names"),
        (80, 69, "TLS alert: internal error", ""),
        // OpenSSL has no name for these.
        (0, 69, "connection ended by the broker: TLS alert: unknown alert 0\n", ""),
        (
            255,
            77,
            "the broker refused the client's handshake: unknown alert 255",
            "which TLS versions",
        ),
        (90, 69, "TLS alert: user cancel", ""),
    ];
    for (alert, status, told, remedy) in cases {
        // A plain-text fatal alert in answer to the ClientHello (RFC 8446, 6).
        let (port, _) = peer::listen(move |mut stream| {
            if stream.read(&mut [0; 1024]).is_ok() {
                let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, alert]);
                peer::swallow(stream);
            }
        });
        let next = Bench::new();
        let alone =
            next.config().set("messaging_brokers", &format!("[\"amqps://localhost:{port}\"]"));
        let ended = next.run(&alone.patience(1, 1, 1), &images(1)).expect(status);
        ended.says(told).says(remedy);
        let urls = format!("[\"amqps://localhost:{port}\", \"{}\"]", next.sandbox.amqps_url());
        next.run(&next.config().set("messaging_brokers", &urls), &images(1)).expect(0).says(told);
    }
}
