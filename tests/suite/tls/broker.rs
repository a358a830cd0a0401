//! The broker's certificate and its version of TLS.

use amqp_sandbox::pki::{self, Authority, Validity};
use openssl::ssl::{SslAcceptor, SslMethod, SslOptions, SslVersion};

use super::{acceptor, refuses, serve, serving, to_port, trusting, with_server};
use crate::{
    harness::{Bench, Protocol, images},
    openssl_conf,
};

over_both!(
    a_broker_of_another_authority_is_refused,
    tls_older_than_1_2_is_refused,
    a_certificate_for_another_host_is_refused,
    a_broker_without_a_certificate_is_refused,
);

fn a_broker_of_another_authority_is_refused(protocol: Protocol) {
    let other = Authority::new("other CA").unwrap();
    let server = other.server(&["localhost"], Validity::default()).unwrap();
    let bench = protocol.bench_with(|options| options.server_certificate = Some(server));
    refuses(
        &bench,
        &bench.config(),
        "the broker's certificate is not verified by messaging_ca_cert",
    );
}

#[test]
fn a_self_signed_broker_is_refused() {
    let bench = with_server(pki::self_signed_server(&["localhost"]).unwrap());
    refuses(
        &bench,
        &bench.config(),
        "the broker's certificate is self-signed and not in messaging_ca_cert",
    );
}

/// A self-signed certificate that is itself in the file of trusted ones is trusted.
#[test]
fn a_self_signed_broker_that_the_file_names_is_trusted() {
    let identity = pki::self_signed_server(&["localhost"]).unwrap();
    let pem = identity.certificate_pem().unwrap();
    let bench = with_server(identity);
    let ca = bench.file("own.pem", pem);
    bench
        .run(&bench.config().set("messaging_ca_cert", &ca.display().to_string()), &images(1))
        .expect(0);
}

fn a_certificate_for_another_host_is_refused(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    for (hosts, url_host) in [(["broker.example.com"], "localhost"), (["localhost"], "127.0.0.1")] {
        let bench = serving(protocol, authority.server(&hosts, Validity::default()).unwrap());
        let url = bench.url().replace("localhost", url_host);
        let config = trusting(&bench, &authority).set("messaging_brokers", &format!("[\"{url}\"]"));
        refuses(&bench, &config, &format!("not for \"{url_host}\""));
    }
}

#[test]
fn an_ip_address_in_the_url_is_checked_against_the_certificates() {
    let authority = Authority::new("CA").unwrap();
    let bench = with_server(authority.server(&["127.0.0.1"], Validity::default()).unwrap());
    let url = bench.sandbox.amqps_url().replace("localhost", "127.0.0.1");
    let config = trusting(&bench, &authority).set("messaging_brokers", &format!("[\"{url}\"]"));
    bench.run(&config, &images(1)).expect(0);
}

#[test]
fn an_expired_broker_and_one_not_yet_valid_are_refused() {
    let authority = Authority::new("CA").unwrap();
    for (from, until, reason) in [(-9, -2, "has expired"), (2, 9, "is not valid yet")] {
        let bench =
            with_server(authority.server(&["localhost"], Validity { from, until }).unwrap());
        refuses(
            &bench,
            &trusting(&bench, &authority),
            &format!("the broker's certificate {reason}"),
        );
    }
}

/// OpenSSL's own level would refuse old TLS, too: with both sides at level 0, only the client's minimum is left. The
/// acceptor's own options are cleared, since it must offer only old versions.
fn tls_older_than_1_2_is_refused(protocol: Protocol) {
    let bench = protocol.bench();
    let port = serve(acceptor(&bench, |builder| {
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
        builder.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap();
        builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        builder.set_security_level(0);
    }));
    let scheme = protocol.or("amqps", "mqtts");
    let mut program = bench.program(&to_port(bench.config(), scheme, port), &images(1));
    program.command.env("OPENSSL_CONF", openssl_conf::at_level(&bench, 0));
    program.run().expect(77).says("the broker does not support TLS 1.2 or newer");
}

/// Neither without a certificate, nor by ciphers that need none.
fn a_broker_without_a_certificate_is_refused(protocol: Protocol) {
    let bench = protocol.bench();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_cipher_list("aNULL:@SECLEVEL=0").unwrap();
        let port = serve(builder.build());
        let ended = bench
            .run(&to_port(bench.config(), protocol.or("amqps", "mqtts"), port), &images(1))
            .expect(77);
        ended.says("the broker refused the client's handshake: handshake failure");
    }
}

#[test]
fn tls_verify_can_be_relaxed_and_warns() {
    let authority = Authority::new("CA").unwrap();
    let bench =
        with_server(authority.server(&["broker.example.com"], Validity::default()).unwrap());
    let config = trusting(&bench, &authority).set("tls_verify", "ca");
    bench.run(&config, &images(1)).expect(0).says("tls_verify is not \"full\"");

    let bench = with_server(pki::self_signed_server(&["broker.example.com"]).unwrap());
    bench
        .run(&bench.config().set("tls_verify", "none"), &images(1))
        .expect(0)
        .says("tls_verify is not \"full\"");
    refuses_to_relax_more(&bench);
}

/// `ca` ignores only the name.
fn refuses_to_relax_more(bench: &Bench) {
    let ended =
        bench.run(&bench.config().set("tls_verify", "ca").patience(1, 1, 1), &images(1)).expect(77);
    ended.says("self-signed");
}
