//! Certificates and parameters that are too weak for OpenSSL's security level, of both sides.

use std::fs;

use amqp_sandbox::pki::Authority;
use openssl::hash::MessageDigest;

use crate::{
    harness::{Bench, Protocol, images},
    openssl_conf,
    tls::{rejects, with_file},
};

over_both!(what_is_too_weak_is_told_with_its_size, a_weak_client_certificate_is_told_with_its_size,);

fn what_is_too_weak_is_told_with_its_size(protocol: Protocol) {
    for (weakness, expected) in [
        (
            "key=1024",
            "the broker's certificate has an RSA key of 1024 bits; OpenSSL's security level 2 requires 2048",
        ),
        (
            "dh=1024",
            "the broker's Diffie-Hellman parameters are too short; OpenSSL's security level 2 requires 2048 bits",
        ),
        (
            "sha1",
            "the broker's certificate is signed with SHA1; OpenSSL's security level 2 requires SHA-256 or better",
        ),
    ] {
        let bench =
            protocol.bench_with(|options| options.weakness = Some(weakness.parse().unwrap()));
        let ended = bench.run(&bench.config().patience(1, 1, 1), &images(1)).expect(77);
        ended.says(expected);
        assert!(!ended.stderr.contains(".c:"), "{}", ended.stderr);
        assert_eq!(bench.record().connections.len(), 1, "trying again cannot help");
    }
    let bench = protocol.bench_with(|options| options.weakness = Some("dh=2048".parse().unwrap()));
    bench.run(&bench.config(), &images(1)).expect(0);
}

fn a_weak_client_certificate_is_told_with_its_size(protocol: Protocol) {
    let bench = protocol.bench();
    let weak = |bits, hash| {
        let identity = bench.sandbox.authority().rsa_server(&["me"], bits, hash).unwrap();
        with_file(&bench, "messaging_cert_key", "mine.pem", identity.pem().unwrap())
    };
    rejects(
        &bench,
        &weak(1024, MessageDigest::sha256()),
        "mine.pem",
        "the certificate has an RSA key of 1024 bits; OpenSSL's security level 2 requires 2048; have a stronger one issued",
    );
    rejects(
        &bench,
        &weak(2048, MessageDigest::sha1()),
        "mine.pem",
        "the certificate is signed with SHA1; OpenSSL's security level 2 requires SHA-256 or better; have a stronger one issued",
    );
    let mut program = bench.program(&weak(1024, MessageDigest::sha1()), &images(1));
    program.command.env("OPENSSL_CONF", openssl_conf::at_level(&bench, 0));
    let ended = program.run();
    assert_ne!(ended.status, 78, "{}", ended.stderr);
}

/// OpenSSL does not look at intermediate certificates before it sends them.
#[test]
fn a_weak_intermediate_of_the_client_warns_and_ends_the_handshake_in_words() {
    let bench = Bench::new();
    let weak = Authority::new("x").unwrap().rsa_server(&["weak"], 1024, MessageDigest::sha256());
    let mine = fs::read(bench.sandbox.client_pem()).unwrap();
    let pem = [&mine[..], &weak.unwrap().certificate_pem().unwrap()].concat();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", pem).patience(1, 1, 1);
    let ended = bench.run(&config, &images(1)).expect(77);
    ended.says_once(
        "mine.pem: the intermediate certificate \"CN=weak\" has an RSA key of 1024 bits",
    );
    ended.says("OpenSSL does not send the client's certificate, since an intermediate one has a key that is too short");
    assert_eq!(bench.record().connections.len(), 1, "trying again cannot help");
}
