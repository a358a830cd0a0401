//! Certificates of both sides: they are checked before anything is sent, and errors name the reason.

use std::{
    net::TcpStream,
    process::{Command, Stdio},
};

use amqp_sandbox::pki::{self, Authority, Identity, Subject, Validity};
use openssl::{
    pkey::PKey,
    rsa::Rsa,
    ssl::{
        AlpnError, SslAcceptor, SslMethod, SslOptions, SslVerifyMode, SslVersion, select_next_proto,
    },
    x509::X509,
};

use crate::{
    harness::{Bench, Config, Ended, Protocol, images},
    openssl_conf, peer,
};

over_both!(
    a_broker_of_another_authority_is_refused,
    tls_older_than_1_2_is_refused,
    a_broker_s_refusal_of_the_client_certificate_is_reported,
    a_hang_up_after_the_client_certificate_is_reported_with_a_likely_cause,
    tls_to_a_plain_port_and_the_reverse_are_named,
);

pub fn with_server(certificate: Identity) -> Bench {
    Bench::with(|options| options.server_certificate = Some(certificate))
}

/// A broker that fails verification gets nothing: no Open, no request, no second attempt.
#[track_caller]
pub fn refuses(bench: &Bench, config: &Config, reason: &str) {
    let ended = bench.run(&config.clone().patience(1, 1, 1), &images(2)).expect(77);
    ended.says(reason);
    assert_eq!(ended.document()["operation_results"], serde_json::json!(["", ""]));
    let record = bench.record();
    assert!(!record.connections.is_empty(), "the broker was contacted");
    assert!(
        record.connections.iter().all(|connection| connection.protocol_header.is_none()),
        "{record:?}"
    );
    assert_eq!(record.requests.len(), 0);
    assert_eq!(record.connections.len(), 1, "trying again cannot help");
}

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

pub fn trusting(bench: &Bench, authority: &Authority) -> Config {
    let ca = bench.file("authority.pem", authority.pem().unwrap());
    bench.config().set("messaging_ca_cert", &ca.display().to_string())
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new("CA").unwrap();
    for (hosts, url_host) in [(["broker.example.com"], "localhost"), (["localhost"], "127.0.0.1")] {
        let bench = with_server(authority.server(&hosts, Validity::default()).unwrap());
        let url = bench.sandbox.amqps_url().replace("localhost", url_host);
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

/// A TLS server with OpenSSL's defaults, which the test changes.
pub fn acceptor(
    bench: &Bench,
    change: impl FnOnce(&mut openssl::ssl::SslAcceptorBuilder),
) -> SslAcceptor {
    let identity = bench.sandbox.authority().server(&["localhost"], Validity::default()).unwrap();
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&identity.certificate).unwrap();
    builder.set_private_key(&identity.key).unwrap();
    change(&mut builder);
    builder.build()
}

pub fn serve(acceptor: SslAcceptor) -> u16 {
    let script = move |stream: TcpStream| {
        if let Ok(tls) = acceptor.accept(stream) {
            peer::swallow(tls);
        }
    };
    peer::listen(script).0
}

pub fn to_port(config: Config, scheme: &str, port: u16) -> Config {
    config.set("messaging_brokers", &format!("[\"{scheme}://localhost:{port}\"]")).patience(1, 1, 1)
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
#[test]
fn a_broker_without_a_certificate_is_refused() {
    let bench = Bench::new();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_cipher_list("aNULL:@SECLEVEL=0").unwrap();
        let port = serve(builder.build());
        let ended = bench.run(&to_port(bench.config(), "amqps", port), &images(1)).expect(77);
        ended.says("the broker refused the client's handshake: handshake failure");
    }
}

/// A port with several protocols tells them apart by the names that the client offers.
#[test]
fn the_port_of_several_protocols_gets_the_names_that_are_configured() {
    let bench = Bench::new();
    let config = || {
        let port = serve(acceptor(&bench, |builder| {
            builder.set_alpn_select_callback(|_, offered| {
                select_next_proto(b"\x0ex-amzn-mqtt-ca\x04amqp", offered)
                    .ok_or(AlpnError::ALERT_FATAL)
            });
        }));
        to_port(bench.config(), "amqps", port).set("connect_timeout", "1")
    };
    for (names, chosen) in [("amqp", "amqp"), ("[http/1.1, x-amzn-mqtt-ca]", "x-amzn-mqtt-ca")] {
        let config = config().set("tls_alpn", names);
        let ended = bench.run(&config, "check --json").expect(69);
        let steps = ended.document()["brokers"][0]["steps"].clone();
        assert_eq!(steps[2]["found"]["alpn"], chosen, "{steps:#}");
        let ended = bench.run(&config, "check").expect(69);
        assert!(ended.stdout.contains(&format!(", protocol {chosen};")), "{}", ended.stdout);
    }
    let ended = bench.run(&config().set("tls_alpn", "h2"), &images(1)).expect(77);
    ended.says("the broker refused the client's handshake: no application protocol");
    ended.says("knows none of the names in tls_alpn: correct them");
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

// ---- the client's files ----

pub fn with_file(bench: &Bench, key: &str, name: &str, content: impl AsRef<[u8]>) -> Config {
    bench.config().set(key, &bench.file(name, content).display().to_string())
}

/// A wrong file is named with its defect before anything connects.
#[track_caller]
pub fn rejects(bench: &Bench, config: &Config, name: &str, reason: &str) -> Ended {
    let before = bench.record().connections.len();
    let ended = bench.run(config, &images(1)).expect(78);
    let told = ended.reported();
    let [line] = &told.lines().collect::<Vec<_>>()[..] else { panic!("more than a line:\n{told}") };
    assert!(
        line.contains(name) && line.contains(reason),
        "{reason:?} of {name} is not in:\n{told}"
    );
    assert_eq!(ended.stdout, "");
    assert_eq!(bench.record().connections.len(), before);
    ended
}

pub fn client(bench: &Bench, validity: Validity) -> Identity {
    bench.sandbox.authority().client(Subject::common_name("me"), validity).unwrap()
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let (certificate, key) = (identity.certificate_pem().unwrap(), identity.key_pem().unwrap());
    let stranger = client(&bench, Validity::default()).key_pem().unwrap();
    let cut = &certificate[..certificate.len() / 2];
    let cert_key = |content: &[u8]| with_file(&bench, "messaging_cert_key", "mine.pem", content);
    let ca = |content: &[u8]| with_file(&bench, "messaging_ca_cert", "ca.pem", content);

    rejects(
        &bench,
        &bench.config().set("messaging_cert_key", "/no/mine.pem"),
        "/no/mine.pem",
        "No such file",
    );
    rejects(
        &bench,
        &bench.config().set("messaging_ca_cert", "/no/ca.pem"),
        "/no/ca.pem",
        "No such file",
    );
    rejects(&bench, &bench.config().set("messaging_cert_key", "/"), "/: ", "Is a directory");
    rejects(
        &bench,
        &bench.config().set("messaging_ca_cert", "/proc/self/ns"),
        "/ns: ",
        "the folder has no file",
    );
    rejects(&bench, &cert_key(b"hello"), "mine.pem", "holds no certificate");
    rejects(&bench, &cert_key(b""), "mine.pem", "is empty");
    rejects(&bench, &cert_key(&key), "mine.pem", "holds no certificate");
    rejects(&bench, &cert_key(&certificate), "mine.pem", "holds no usable private key");
    rejects(
        &bench,
        &cert_key(&[&certificate[..], &stranger].concat()),
        "mine.pem",
        "does not belong",
    );
    rejects(&bench, &cert_key(&[cut, b"\n", &key].concat()), "mine.pem", "certificate");
    rejects(&bench, &ca(b"hello"), "ca.pem", "holds no certificate");
    rejects(&bench, &ca(cut), "ca.pem", "certificate");
}

/// OpenSSL finds the client's key too weak; the file of the authorities has no defect.
#[test]
fn a_weak_certificate_names_its_own_file() {
    let bench = Bench::new();
    let key = PKey::from_rsa(Rsa::generate(512).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&openssl::asn1::Asn1Time::days_from_now(30).unwrap()).unwrap();
    builder.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    let pem = [builder.build().to_pem().unwrap(), key.private_key_to_pem_pkcs8().unwrap()].concat();
    let config = with_file(&bench, "messaging_cert_key", "weak.pem", pem);
    let ended = bench.run(&config, &format!("{} --requester me", images(1))).expect(78);
    ended.says("weak.pem: the certificate has an RSA key of 512 bits; OpenSSL's security level 2 requires 2048");
}

#[test]
fn an_encrypted_key_is_opened_by_its_passphrase_file_and_nothing_prompts() {
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let pem = [identity.certificate_pem().unwrap(), identity.encrypted_key_pem(b"sesame").unwrap()]
        .concat();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", pem);
    rejects(&bench, &config, "mine.pem", "the private key is encrypted");

    let passphrase = |content: &str| {
        let file = bench.file("passphrase", content);
        config.clone().set("messaging_key_passphrase_file", &file.display().to_string())
    };
    rejects(&bench, &passphrase("wrong\n"), "mine.pem", "does not open the private key");
    rejects(&bench, &passphrase(&"x".repeat(5000)), "mine.pem", "does not open the private key");
    rejects(&bench, &passphrase("\n"), "passphrase", "is empty");
    let missing = config.clone().set("messaging_key_passphrase_file", "/no/passphrase");
    rejects(&bench, &missing, "/no/passphrase", "No such file");
    for right in ["sesame", "sesame\n", "sesame\r\n"] {
        bench.run(&passphrase(right), &images(1)).expect(0);
    }
}

/// Blanks belong to a password and to a passphrase, at both ends; one line break at the end does not.
#[test]
fn a_secret_keeps_its_blanks() {
    let bench = Bench::with(|options| {
        options.sasl.user = Some(("me".into(), " pass word\t ".into()));
    });
    let file = |content: &str| bench.file("secret", content).display().to_string();
    // The same name, and so the same queue, as that of the sandbox's client.
    let subject = Subject::common_name("sandbox-client");
    let identity = bench.sandbox.authority().client(subject, Validity::default()).unwrap();
    let key = identity.encrypted_key_pem(b" pass word\t ").unwrap();
    let pem = [identity.certificate_pem().unwrap(), key].concat();
    let login = bench.config().set("username", "me").patience(1, 1, 1);
    let opened = with_file(&bench, "messaging_cert_key", "mine.pem", pem);
    for right in
        [" pass word\t ", " pass word\t \n", " pass word\t \r\n", "\u{feff} pass word\t \n"]
    {
        let path = file(right);
        bench.run(&login.clone().set("password_file", &path), &images(1)).expect(0);
        let config = opened.clone().set("messaging_key_passphrase_file", &path);
        bench.run(&config, &images(1)).expect(0);
    }
    for wrong in ["pass word", " pass word", " pass word\t \n\n", "\n pass word\t "] {
        let path = file(wrong);
        bench.run(&login.clone().set("password_file", &path), &images(1)).expect(77);
        let config = opened.clone().set("messaging_key_passphrase_file", &path);
        bench.run(&config, &images(1)).expect(78).says("does not open the private key");
    }
}

/// The program has a terminal, on which OpenSSL could ask and would wait for an answer forever.
#[test]
fn nothing_prompts_on_a_terminal() {
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let pem = [identity.certificate_pem().unwrap(), identity.encrypted_key_pem(b"sesame").unwrap()]
        .concat();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", pem);
    let inner = bench.program(&config, &images(1));
    let words: Vec<_> =
        [inner.command.get_program()].into_iter().chain(inner.command.get_args()).collect();
    let line = words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ");
    let output = Command::new("timeout")
        .args(["20", "script", "--quiet", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(!text.contains("Enter"), "{text}");
}

#[test]
fn key_first_and_chains_are_accepted() {
    let authority = Authority::new("root").unwrap();
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let pem = [identity.key_pem().unwrap(), identity.certificate_pem().unwrap()].concat();
    bench.run(&with_file(&bench, "messaging_cert_key", "mine.pem", pem), &images(1)).expect(0);

    let middle = bench.sandbox.authority().intermediate("middle").unwrap();
    let identity =
        middle.client(Subject::common_name("by-the-middle"), Validity::default()).unwrap();
    let (own, key) = (identity.certificate.to_pem().unwrap(), identity.key_pem().unwrap());
    let chain = middle.certificate().to_pem().unwrap();
    // The client's certificate is found by the key, not by its place.
    for pem in [[&own[..], &chain, &key].concat(), [&key[..], &chain, &own].concat()] {
        bench.run(&with_file(&bench, "messaging_cert_key", "mine.pem", pem), &images(1)).expect(0);
        assert_eq!(bench.record().requests.last().unwrap().json()["requested_by"], "by-the-middle");
    }
    // What is missing in the chain comes from the authorities, as OpenSSL's clients do it.
    let authorities = [bench.sandbox.authority().pem().unwrap(), chain].concat();
    let authorities = bench.file("authorities.pem", authorities);
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", [own, key].concat());
    let config = config.patience(1, 1, 1);
    bench.run(&config, &images(1)).expect(77);
    let config = config.set("messaging_ca_cert", &authorities.display().to_string());
    bench.run(&config, &images(1)).expect(0);

    let middle = authority.intermediate("middle").unwrap();
    let bench = with_server(middle.server(&["localhost"], Validity::default()).unwrap());
    bench.run(&trusting(&bench, &authority), &images(1)).expect(0);
    bench.run(&trusting(&bench, &middle), &images(1)).expect(0);
}

#[test]
fn a_client_certificate_that_is_not_valid_now_is_reported_before_connecting() {
    let bench = Bench::new();
    for (from, until, reason) in
        [(-9, -1, "the certificate expired on"), (1, 9, "the certificate is not valid before")]
    {
        let pem = client(&bench, Validity { from, until }).pem().unwrap();
        rejects(
            &bench,
            &with_file(&bench, "messaging_cert_key", "mine.pem", pem),
            "mine.pem",
            reason,
        );
    }
}

#[test]
fn a_certificate_that_expires_within_14_days_warns() {
    let bench = Bench::new();
    for (until, left) in [(1, Some(1)), (13, Some(13)), (16, None)] {
        let pem = client(&bench, Validity { from: -1, until }).pem().unwrap();
        let config =
            with_file(&bench, "messaging_cert_key", "mine.pem", pem).set("log_level", "warn");
        for _each_run in 0..2 {
            let ended = bench.run(&config, &images(1)).expect(0);
            match left {
                Some(days) => {
                    ended.says("mine.pem: the certificate expires on");
                    // A second may have passed since it was made; then the first day is no longer complete.
                    let told =
                        |days: i32| ended.stderr.contains(&format!(", {days} days from now"));
                    assert!(told(days) || told(days - 1), "{}", ended.stderr);
                    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
                }
                None => assert_eq!(ended.stderr, ""),
            }
        }
    }
}

/// The broker may have a newer one, so this does not end the run.
#[test]
fn an_expired_intermediate_warns() {
    let bench = Bench::new();
    let old = bench
        .sandbox
        .authority()
        .client(Subject::common_name("old"), Validity { from: -9, until: -1 })
        .unwrap();
    let mine = client(&bench, Validity::default());
    let pem = [mine.pem().unwrap(), old.certificate_pem().unwrap()].concat();
    let ended =
        bench.run(&with_file(&bench, "messaging_cert_key", "mine.pem", pem), &images(1)).expect(0);
    ended.says("mine.pem: an intermediate certificate expired on");
}

fn a_broker_s_refusal_of_the_client_certificate_is_reported(protocol: Protocol) {
    let bench = protocol.bench();
    let stranger = Authority::new("stranger").unwrap();
    let identity = stranger.client(Subject::common_name("me"), Validity::default()).unwrap();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", identity.pem().unwrap())
        .patience(1, 1, 1);
    let ended = bench.run(&config, &images(1)).expect(77);
    ended.says("the broker refused the client's certificate: unknown ca; ");
    ended.says("mine.pem: the chain in this file ends below \"CN=stranger\"; if that is");
    assert_eq!(bench.record().requests.len(), 0);
    assert_eq!(bench.record().connections.len(), 1, "trying again cannot help");

    // Further up, whatever the order is; nothing is missing above an authority that signs itself.
    let lower = stranger.intermediate("upper").unwrap();
    let identity = lower.client(Subject::common_name("me"), Validity::default()).unwrap();
    let chain = [lower.pem().unwrap(), identity.certificate.to_pem().unwrap()].concat();
    let key = identity.key_pem().unwrap();
    for (root, is_told) in [(vec![], true), (stranger.pem().unwrap(), false)] {
        let pem = [&root[..], &chain, &key].concat();
        let config = with_file(&bench, "messaging_cert_key", "mine.pem", pem).patience(1, 1, 1);
        let ended = bench.run(&config, &images(1)).expect(77);
        assert_eq!(ended.stderr.contains("ends below \"CN=stranger\""), is_told);
    }
}

fn a_hang_up_after_the_client_certificate_is_reported_with_a_likely_cause(protocol: Protocol) {
    let bench = protocol.bench();
    let context = acceptor(&bench, |_| {});
    // After the handshake, in which a silent broker got the certificate.
    let (port, _) = peer::listen(move |stream| drop(context.accept(stream)));
    let scheme = protocol.or("amqps", "mqtts");
    let ended = bench.run(&to_port(bench.config(), scheme, port), &images(1)).expect(69);
    ended.says("the broker hung up; it may not accept the client's certificate");
}

#[test]
fn the_creator_is_the_common_name_else_the_user_id() {
    let bench = Bench::new();
    let named = |subject: Subject| {
        let identity = bench.sandbox.authority().client(subject, Validity::default()).unwrap();
        with_file(&bench, "messaging_cert_key", "mine.pem", identity.pem().unwrap())
    };
    let creator = || bench.record().requests.last().unwrap().json()["requested_by"].clone();
    let both = Subject { common_name: Some("cn"), user_id: Some("uid"), organisation: Some("o") };
    bench.run(&named(both), &images(1)).expect(0);
    assert_eq!(creator(), "cn");
    bench.run(&named(Subject { common_name: None, ..both }), &images(1)).expect(0);
    assert_eq!(creator(), "uid");
    let neither = named(Subject { organisation: Some("o"), ..Subject::default() });
    bench.run(&neither, &format!("{} --requester asked", images(1))).expect(0);
    assert_eq!(creator(), "asked");
    let connections = bench.record().connections.len();
    bench.run(&neither, &images(1)).expect(78).says("mine.pem").says("--requester");
    assert_eq!(bench.record().connections.len(), connections);
}

// ---- the wrong kind of port ----

fn tls_to_a_plain_port_and_the_reverse_are_named(protocol: Protocol) {
    let bench = protocol.bench();
    let port_of = |url: String| url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let plain = port_of(bench.plain_url());
    let scheme = protocol.scheme();
    let secure = &format!("{scheme}s");
    let ended = bench.run(&to_port(bench.config(), secure, plain), &images(1)).expect(69);
    // A broker of MQTT has nothing to say to what is no CONNECT.
    ended.says(protocol.or(
        "the port does not speak TLS; use amqp:// for a plain port",
        "tls failed: the broker hung up",
    ));
    let tls = port_of(bench.url());
    let ended = bench.run(&to_port(bench.config(), scheme, tls), &images(1)).expect(69);
    ended.says(&format!("if the port speaks TLS, use {secure}://"));
    let alert = answering(b"\x15\x03\x01\0\x02\x02\x28", true);
    let ended = bench.run(&to_port(bench.config(), scheme, alert), &images(1)).expect(69);
    ended.says(&format!("the port speaks TLS; use {secure}:// for it"));
    assert_eq!(bench.record().requests.len(), 0);
}

/// A peer that sends something and then reads, or hangs up at once.
fn answering(answer: &'static [u8], hang_up: bool) -> u16 {
    let script = move |mut stream: TcpStream| {
        use std::io::{Read, Write};
        // All of it, or the end of the stream would overtake the answer.
        if stream.read(&mut [0; 4096]).is_ok() {
            let _ = stream.write_all(answer);
        }
        if !hang_up {
            peer::swallow(stream);
        }
    };
    peer::listen(script).0
}

#[test]
fn other_protocols_are_named() {
    let bench = Bench::new();
    let http = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    for hang_up in [false, true] {
        let ended = bench
            .run(&to_port(bench.config(), "amqp", answering(http, hang_up)), &images(1))
            .expect(69);
        ended.says("the port does not speak AMQP: it sent \"HTTP/1.1\"");
        let ended = bench
            .run(&to_port(bench.config(), "amqps", answering(http, hang_up)), &images(1))
            .expect(69);
        ended.says("the port does not speak TLS");
        let old = answering(b"AMQP\0\0\x09\x01", hang_up);
        let ended = bench.run(&to_port(bench.config(), "amqp", old), &images(1)).expect(69);
        ended.says("the port speaks AMQP 0-9-1, not AMQP 1.0");
        let mqtt = answering(b"\x20\x02\0\x01", hang_up);
        let ended = bench.run(&to_port(bench.config(), "amqp", mqtt), &images(1)).expect(69);
        ended.says("the port speaks MQTT, not AMQP; use mqtt:// or mqtts://");
    }
}
