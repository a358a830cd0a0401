//! Certificates that are not for what they are used for: the client's only for servers, the broker's only for clients.

use amqp_sandbox::pki::{Authority, Subject, Validity};

use crate::{
    harness::{Protocol, images},
    tls::{acceptor, refuses, serve, to_port, trusting, with_file, with_server},
};

over_both!(
    a_client_certificate_only_for_servers_warns_and_is_explained_when_refused,
    a_client_certificate_only_for_servers_explains_a_hang_up,
    a_client_certificate_only_for_servers_connects_where_nothing_asks,
);

#[test]
fn a_certificate_only_for_clients_is_refused() {
    let authority = Authority::new("CA").unwrap();
    let client = authority.client(Subject::common_name("localhost"), Validity::default()).unwrap();
    let bench = with_server(client);
    refuses(
        &bench,
        &trusting(&bench, &authority),
        "its extended key usage does not include serverAuth",
    );

    let authority = Authority::new("localhost").unwrap();
    let bench = with_server(authority.identity().clone());
    let expected = "the broker's certificate does not verify: its key usage is not that of servers";
    refuses(&bench, &trusting(&bench, &authority), expected);
}

fn a_client_certificate_only_for_servers_warns_and_is_explained_when_refused(protocol: Protocol) {
    let bench = protocol.bench();
    let identity = bench.sandbox.authority().server(&["me"], Validity::default()).unwrap();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", identity.pem().unwrap())
        .patience(1, 1, 1);
    let ended = bench.run(&config, &images(1)).expect(77);
    ended.says_once("mine.pem: the certificate is not for clients: ");
    ended.says("the broker refused the client's certificate: ");
    ended.says("extended key usage does not include clientAuth; have one issued that does");
    assert_eq!(bench.record().connections.len(), 1, "trying again cannot help");

    let authority = bench.sandbox.authority().intermediate("me").unwrap();
    let pem = authority.identity().pem().unwrap();
    let ended = bench.run(&with_file(&bench, "messaging_cert_key", "mine.pem", pem), &images(1));
    let ended = ended.expect(77);
    ended.says_once("not for clients: its key usage does not include digitalSignature; ");
    ended.says("the certificate's key usage does not include digitalSignature; have one issued");
}

/// Some brokers say nothing: they hang up.
fn a_client_certificate_only_for_servers_explains_a_hang_up(protocol: Protocol) {
    let bench = protocol.bench();
    let identity = bench.sandbox.authority().server(&["me"], Validity::default()).unwrap();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", identity.pem().unwrap());
    let acceptor = acceptor(&bench, |_| {});
    let (port, _) = crate::peer::listen(move |stream| drop(acceptor.accept(stream)));
    let ended =
        bench.run(&to_port(config, protocol.or("amqps", "mqtts"), port), &images(1)).expect(69);
    ended.says("it may not accept the client's certificate");
    ended.says("the certificate's extended key usage does not include clientAuth; have one issued that does");
}

/// A broker that asks for no certificate never sees it.
fn a_client_certificate_only_for_servers_connects_where_nothing_asks(protocol: Protocol) {
    let bench = protocol.bench();
    let identity = bench.sandbox.authority().server(&["me"], Validity::default()).unwrap();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", identity.pem().unwrap());
    let port = serve(acceptor(&bench, |_| {}));
    let config = to_port(config, protocol.or("amqps", "mqtts"), port).set("connect_timeout", "1");
    // The peer never speaks AMQP: TLS was no problem.
    let ended = bench.run(&config, &images(1)).expect(69);
    ended.says("mine.pem: the certificate is not for clients: ").says(": open: no answer");
}
