//! The reason why a run ended, or why an item is missing, is in the document, and on standard error with a remedy, each
//! once.

use std::net::TcpListener;

use amqp_frames::SASL_HEADER;
use amqp_sandbox::{Act, Answer, LinkAct, Record, Refusal, ReplyAct, RequestAct, Rule, When};

use crate::{
    harness::{Bench, Ended, LONG, Protocol, images, rule, shown, signal, took_between},
    peer,
};

over_both!(
    no_connection_is_one_cause_that_names_each_broker,
    an_end_from_outside_is_one_cause,
    each_missing_item_has_its_cause,
    each_silent_broker_gets_its_time_and_is_named_with_its_phase,
);

/// The causes in the document: a line each.
#[track_caller]
fn causes(ended: &Ended) -> Vec<String> {
    let document = ended.document();
    let result = &document["signer_result"];
    let message = result["error_message"].as_str().unwrap();
    assert_eq!(result["status"] == "ok", message.is_empty(), "{result}");
    assert!(message.is_empty() || message.ends_with('\n'), "{message:?}");
    message.lines().map(str::to_owned).collect()
}

fn refusal(condition: &str) -> Refusal {
    Refusal { condition: condition.into(), description: Some("says the test".into()) }
}

fn item(index: usize) -> String {
    format!("registry.example.com/ns/app:{index} sha256:{index:064x} key ABCD1234")
}

const SEND: &str = crate::harness::SEND_TO;
const LISTEN: &str = "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply";

/// Three images with a rule, and one window of a second.
fn run(protocol: Protocol, rule: Rule) -> (Bench, Ended) {
    let bench = protocol.misbehaving(vec![rule]);
    let ended = bench.run(&bench.config().patience(1, 1, 1), &images(3));
    (bench, ended)
}

fn each_missing_item_has_its_cause(protocol: Protocol) {
    let rejected = |condition| Act::from(RequestAct::Reject(refusal(condition)));
    let second = || When::Request(2);
    let mut cases = vec![
        (
            rejected("amqp:decode-error"),
            second(),
            format!("amqp:decode-error : {}: says the test", item(1)),
            "",
        ),
        (
            rejected("amqp:link:message-size-exceeded"),
            second(),
            format!("amqp:link:message-size-exceeded : {}: says the test", item(1)),
            "sign fewer items in one request (chunk_size), or raise the broker's limit",
        ),
        (
            RequestAct::Modify { undeliverable_here: true }.into(),
            second(),
            format!("Undeliverable : {}: modified by the broker as undeliverable here", item(1)),
            "",
        ),
        (
            RequestAct::Release.into(),
            second(),
            "Returned : 1 of 3 requests were returned by the broker".into(),
            "",
        ),
        (
            ReplyAct::NoReply.into(),
            second(),
            format!("MessagingTimeout : 1 of 3 requests have no reply from {LISTEN}"),
            "",
        ),
        (
            LinkAct::NoCredit.into(),
            When::SenderLink,
            "NotSent : 3 of 3 requests could not be sent".into(),
            "",
        ),
    ];
    if protocol == Protocol::Mqtt {
        let puback = |code| Act::from(RequestAct::Puback(Answer::code(code)));
        cases = vec![
            (puback(0x99), second(), format!("payload format invalid (0x99) : {}", item(1)), ""),
            (
                puback(0x95),
                second(),
                format!("packet too large (0x95) : {}", item(1)),
                "sign fewer items in one request (chunk_size), or raise the broker's limit",
            ),
            (
                puback(0x10),
                second(),
                format!("no matching subscribers (0x10) : {}", item(1)),
                "the topic has no subscriber: check topic_send_to, and whether the signing server runs",
            ),
            (
                ReplyAct::NoReply.into(),
                second(),
                "MessagingTimeout : 1 of 3 requests have no reply from VirtualTopic.sandbox.reply"
                    .into(),
                "",
            ),
        ];
    }
    for (act, when, expected, remedy) in cases {
        let (_bench, ended) = run(protocol, rule(when, act));
        let ended = ended.expect(75);
        assert_eq!(causes(&ended), [expected], "{}", ended.stderr);
        if !remedy.is_empty() {
            ended.says_once(&format!("amqp-messenger: {remedy}\n"));
        }
    }
}

/// This holds even if it applies to many items.
#[test]
fn a_remedy_is_reported_once() {
    let (_bench, ended) = run(
        Protocol::Amqp,
        rule(When::Any, RequestAct::Reject(refusal("amqp:link:message-size-exceeded"))),
    );
    let ended = ended.expect(75);
    assert_eq!(causes(&ended).len(), 3);
    ended.says_once("sign fewer items in one request (chunk_size)");
}

#[test]
fn a_refusal_is_one_cause_with_its_remedy() {
    let refused = |condition| LinkAct::Refuse(refusal(condition));
    for (act, when, what, remedy) in [
        (
            refused("amqp:unauthorized-access"),
            When::SenderLink,
            format!("sending to \"{SEND}\" refused: amqp:unauthorized-access"),
            "check topic_send_to, and that the client's identity may write to it",
        ),
        (
            refused("amqp:not-found"),
            When::SenderLink,
            format!("sending to \"{SEND}\" refused: amqp:not-found"),
            "check topic_send_to: the broker has no such address, and does not create one",
        ),
        (
            refused("amqp:not-allowed"),
            When::ReceiverLink,
            format!("listening to \"{LISTEN}\" refused: amqp:not-allowed"),
            "check topic_listen_to, and that the client's identity may read from it",
        ),
        (
            refused("amqp:not-found"),
            When::ReceiverLink,
            format!("listening to \"{LISTEN}\" refused: amqp:not-found"),
            "check topic_listen_to: the broker has no such address, and does not create one",
        ),
    ] {
        let (bench, ended) = run(Protocol::Amqp, rule(when, act));
        let ended = ended.expect(77);
        let expected =
            format!("NotPermitted : {}: {what}: says the test", shown(&bench.sandbox.amqps_url()));
        assert_eq!(causes(&ended), [&expected[..]]);
        ended.says_once(&format!("amqp-messenger: {}\n", expected.split_once(" : ").unwrap().1));
        ended.says_once(&format!("amqp-messenger: {remedy}\n"));
        took_between(&ended, 0.0, 5.0);
        assert_eq!(bench.sandbox.wait_for(LONG, Record::is_over).unwrap().requests.len(), 0);
    }
}

/// RabbitMQ refuses an address by ending the session, Qpid Broker-J a virtual host by ending the connection.
#[test]
fn the_refusal_of_a_session_and_of_a_host_have_remedies() {
    let cases = [
        (
            peer::end("amqp:unauthorized-access", "no"),
            "check topic_send_to and topic_listen_to, and that the client's identity",
        ),
        (
            peer::end("amqp:not-found", "no"),
            "check the address, and open_hostname if the broker has virtual hosts",
        ),
        (
            peer::close("amqp:not-found", "no"),
            "check the address, and open_hostname if the broker has virtual hosts",
        ),
    ];
    for (frame, remedy) in cases {
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = peer::Peer::attached(stream) else { return };
            let _ = peer.answer(&frame);
            peer.hang_up_after_close();
        });
        let bench = Bench::new();
        let config =
            bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
        let ended = bench.run(&config.set("close_timeout", "1"), &images(1)).expect(77);
        ended.says_once(&format!("amqp-messenger: {remedy}"));
    }
}

fn no_connection_is_one_cause_that_names_each_broker(protocol: Protocol) {
    let bench = protocol.bench();
    let stranger = protocol.bench();
    let closed = format!("{}s://127.0.0.1:{}", protocol.scheme(), peer::closed_port());
    let config = bench.config().patience(1, 1, 1);
    let to = |urls: &[&str]| config.clone().set("messaging_brokers", &format!("{urls:?}"));
    let ended = bench.run(&to(&[&closed]), &images(1)).expect(69);
    let expected = format!(
        "ConnectionError : no connection to any broker: {closed}: tcp failed: Connection refused (os error 111)"
    );
    assert_eq!(causes(&ended), [expected]);
    ended.says_once(&closed);

    let other = stranger.url();
    let ended = bench.run(&to(&[&other]), &images(1)).expect(77);
    let [cause] = &causes(&ended)[..] else { panic!("{}", ended.stdout) };
    assert!(
        cause.starts_with(&format!(
            "NotPermitted : no connection to any broker: {}: ",
            shown(&other)
        )),
        "{cause}"
    );
    ended
        .says_once("put the certificate of the CA that signed the broker's into messaging_ca_cert");

    let ended = bench.run(&to(&[&closed, &other]), &images(1)).expect(69);
    let [cause] = &causes(&ended)[..] else { panic!("{}", ended.stdout) };
    assert!(
        cause.contains(&format!("{closed}: tcp failed"))
            && cause.contains(&format!("{}: ", shown(&other))),
        "{cause}"
    );
    ended.says_once(&closed).says_once(&other);
}

fn an_end_from_outside_is_one_cause(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let ended = bench.run(&bench.config().set("deadline", "1"), &images(3)).expect(124);
    assert_eq!(
        causes(&ended),
        ["DeadlinePassed : the deadline of 1 s for the whole run has passed"]
    );
    ended.says_once("the deadline of 1 s for the whole run has passed");
    let bench = protocol.misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let running = bench.program(&bench.config(), &images(3)).start();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 2).unwrap();
    signal("TERM", running.id());
    let ended = running.wait().expect(143);
    assert_eq!(causes(&ended), ["Interrupted : interrupted"]);
    ended.says_once("amqp-messenger: interrupted\n");
}

/// A port that accepts no connections, and whose queue of connections is full: connecting gets no answer.
fn full_port() -> (TcpListener, Vec<std::net::TcpStream>) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let short = std::time::Duration::from_millis(500);
    let waiting =
        std::iter::from_fn(|| std::net::TcpStream::connect_timeout(&address, short).ok()).collect();
    (listener, waiting)
}

/// Each broker gets its whole time once, however short `timeout` is; the phase that did not end is reported.
fn each_silent_broker_gets_its_time_and_is_named_with_its_phase(protocol: Protocol) {
    let bench = protocol.bench();
    let (listener, _waiting) = full_port();
    let scheme = protocol.scheme();
    let tcp = format!("{scheme}://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (answer, phase) = match protocol {
        Protocol::Amqp => (SASL_HEADER.to_vec(), "sasl"),
        Protocol::Mqtt => (peer::mqtt::connack(false, &[]), "attach"),
    };
    let begun = format!("{scheme}://localhost:{}", peer::answering(answer));
    let mut config = bench.config().patience(1, 1, 1).set("connect_timeout", "1");
    if protocol == Protocol::Amqp {
        config = config.set("sasl", "anonymous");
    }
    let config = config.set("messaging_brokers", &format!("{:?}", [&tcp, &begun, &tcp]));
    let ended = bench.run(&config, &images(1)).expect(69);
    took_between(&ended, 3.0, 9.0);
    ended
        .says(&format!("{tcp}: tcp: no answer within 1 s"))
        .says(&format!("{}: {phase}: no answer within 1 s", shown(&begun)));
}
