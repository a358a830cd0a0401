//! The client's certificate: its chain, its time, its name, and what the broker makes of it.

use amqp_sandbox::pki::{Authority, Subject, Validity};

use super::{acceptor, client, rejects, to_port, trusting, with_file, with_server};
use crate::{
    harness::{Bench, Protocol, images},
    peer,
};

over_both!(
    a_broker_s_refusal_of_the_client_certificate_is_reported,
    a_hang_up_after_the_client_certificate_is_reported_with_a_likely_cause,
    a_certificate_that_expires_within_14_days_warns,
);

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

fn a_certificate_that_expires_within_14_days_warns(protocol: Protocol) {
    let bench = protocol.bench();
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
