//! What brokers do to requests, and to the link that carries them.

use amqp_sandbox::{LinkAct, Refusal, ReplyAct, RequestAct, When};

use crate::{
    harness::{Bench, LONG, Protocol, images, rule, took_between},
    peer::{self, Peer},
    three::operations,
};

over_both!(
    only_a_rejected_request_fails,
    all_rejected_ends_at_once,
    a_request_that_is_neither_settled_nor_answered,
    a_request_that_is_always_returned_is_reported_at_the_end,
);

fn refusal(condition: &str) -> Refusal {
    Refusal { condition: condition.into(), description: Some("says the test".into()) }
}

const REFUSALS: [&str; 3] = ["amqp:unauthorized-access", "amqp:not-found", "amqp:not-allowed"];

/// A rejected item fails at once, with the broker's reason; the others are not affected.
fn only_a_rejected_request_fails(protocol: Protocol) {
    for rejected in [1, 2, 3] {
        for operation in operations().filter(|operation| !operation.raw) {
            let act = RequestAct::Reject(refusal("amqp:decode-error"));
            let bench = protocol.misbehaving(vec![rule(When::Request(rejected), act)]);
            let ended = operation.run(&bench, &bench.config()).expect(75);
            took_between(&ended, 0.0, 5.0);
            ended.says(&format!(
                "not accepted by the broker: {} help",
                protocol.or(
                    "amqp:decode-error: says the test; running again does not",
                    "unspecified error (0x80): says the test; running again may not",
                )
            ));
            assert_eq!(
                operation.signed(&bench, &ended),
                [1, 2, 3].map(|number| number != rejected)
            );
            assert_eq!(bench.record().arrivals(), [1, 1, 1]);
            assert_eq!(ended.document()["signer_result"]["status"], "error");
        }
    }
}

fn all_rejected_ends_at_once(protocol: Protocol) {
    let bench = protocol
        .misbehaving(vec![rule(When::Any, RequestAct::Reject(refusal("amqp:decode-error")))]);
    let ended = bench.run(&bench.config(), &images(3)).expect(75);
    took_between(&ended, 0.0, 5.0);
    assert_eq!(ended.present(), [false; 3]);
}

#[test]
fn undeliverable_here_counts_as_rejected() {
    let act = RequestAct::Modify { undeliverable_here: true };
    let bench = Bench::misbehaving(vec![rule(When::Request(2), act)]);
    let ended = bench.run(&bench.config(), &images(3)).expect(75);
    took_between(&ended, 0.0, 5.0);
    ended.says("undeliverable here");
    assert_eq!(ended.present(), [true, false, true]);
    assert_eq!(bench.record().arrivals(), [1, 1, 1]);
}

/// The broker rejects the first request and grants credit for more at the same time.
#[test]
fn nothing_follows_a_refused_request_even_with_credit() {
    let (tell, followers) = std::sync::mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(1).unwrap();
        peer.transfer().unwrap();
        peer.answer(&[peer::rejected("amqp:not-allowed"), peer.flow(9)].concat()).unwrap();
        let _ = tell.send(std::iter::from_fn(|| peer.transfer().ok()).count());
    });
    let bench = Bench::new();
    let config = bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
    let ended = bench.run(&config.set("close_timeout", "1"), &images(3)).expect(77);
    ended.says("amqp:not-allowed");
    assert_eq!(followers.recv_timeout(LONG), Ok(0), "requests were sent after the refusal");
}

fn a_request_that_is_always_returned_is_reported_at_the_end(protocol: Protocol) {
    let modify = RequestAct::Modify { undeliverable_here: false };
    for (act, says) in protocol.or(
        vec![
            (RequestAct::Release, "returned by the broker (released)"),
            (modify, "returned by the broker (modified)"),
        ],
        vec![(RequestAct::Release, "not accepted by the broker: quota exceeded (0x97)")],
    ) {
        let bench = protocol.misbehaving(vec![rule(When::Any, act)]);
        let ended = bench.run(&bench.config().patience(1, 2, 1), &images(2)).expect(75);
        took_between(&ended, 2.0, 9.0);
        ended.says(&format!("{says}; running again can help"));
        let hint = "as RabbitMQ does: check topic_send_to";
        assert_eq!(ended.stderr.contains(hint), says.contains("released"), "{}", ended.stderr);
        assert_eq!(bench.record().arrivals(), [2, 2]);
    }
}

fn a_request_that_is_neither_settled_nor_answered(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![
        rule(When::Request(2), RequestAct::NeverSettle),
        rule(When::Request(2), ReplyAct::NoReply),
    ]);
    let ended = bench.run(&bench.config().patience(1, 1, 1), &images(3)).expect(75);
    took_between(&ended, 1.0, 9.0);
    ended.says("and the broker never confirmed the request");
    assert_eq!(ended.present(), [true, false, true]);
}

#[test]
fn a_refused_sender_ends_the_run_at_once() {
    for condition in REFUSALS {
        for target in ["auto", "address", "anonymous"] {
            let bench = Bench::misbehaving(vec![rule(
                When::SenderLink,
                LinkAct::Refuse(refusal(condition)),
            )]);
            let ended =
                bench.run(&bench.config().set("sender_target", target), &images(2)).expect(77);
            took_between(&ended, 0.0, 3.0);
            ended.says(&format!("refused: {condition}: says the test"));
            assert_eq!(bench.record().requests.len(), 0);
            assert_eq!(ended.present(), [false; 2]);
        }
    }
}

#[test]
fn a_refused_receiver_ends_the_run_before_anything_is_sent() {
    for condition in REFUSALS {
        let bench =
            Bench::misbehaving(vec![rule(When::ReceiverLink, LinkAct::Refuse(refusal(condition)))]);
        let ended = bench.run(&bench.config(), &images(2)).expect(77);
        took_between(&ended, 0.0, 3.0);
        ended
            .says("listening to \"")
            .says(&format!("refused: {condition}: says the test"))
            .says("topic_listen_to");
        assert_eq!(bench.record().requests.len(), 0);
    }
}

#[test]
fn a_link_detached_at_once_counts_as_refused() {
    for condition in REFUSALS {
        let bench =
            Bench::misbehaving(vec![rule(When::SenderLink, LinkAct::Detach(refusal(condition)))]);
        let ended = bench.run(&bench.config(), &images(2)).expect(77);
        took_between(&ended, 0.0, 3.0);
        ended.says(condition);
        assert_eq!(bench.record().requests.len(), 0);

        let bench =
            Bench::misbehaving(vec![rule(When::ReceiverLink, LinkAct::Detach(refusal(condition)))]);
        let ended = bench.run(&bench.config(), &images(2)).expect(77);
        took_between(&ended, 0.0, 3.0);
        ended.says("listening to \"").says(condition);
    }
}

/// After a temporary reason the client connects again, and sends requests without an outcome again.
#[test]
fn a_link_detached_for_a_temporary_reason_is_attached_again() {
    for number in [1, 2, 3] {
        let detach = LinkAct::Detach(refusal("amqp:resource-deleted"));
        let bench = Bench::misbehaving(vec![rule(When::Request(number), detach)]);
        let ended = bench.run(&bench.config(), &images(3)).expect(0);
        took_between(&ended, 0.0, 5.0);
        ended.says("amqp:resource-deleted: says the test; connecting again");
        assert_eq!(ended.messages().len(), 3);
    }
}

/// Without the anonymous terminus the address is the target, whether the broker says so in its
/// Open or only when asked.
#[test]
fn without_an_anonymous_terminus_the_address_is_the_target() {
    let bench = Bench::with(|options| options.anonymous_relay = false);
    bench.run(&bench.config(), &images(2)).expect(0);
    let refused = rule(
        When::All(vec![When::SenderLink, When::Address(String::new())]),
        LinkAct::Refuse(refusal("amqp:not-implemented")),
    );
    let offering = Bench::misbehaving(vec![refused]);
    offering.run(&offering.config(), &images(2)).expect(0);
    for bench in [bench, offering] {
        let record = bench.record();
        assert_eq!(record.requests.len(), 2);
        for request in &record.requests {
            assert_eq!(request.target.as_deref(), Some(crate::harness::SEND_TO));
            assert_eq!(request.to(), Some(crate::harness::SEND_TO), "`to` is set in both cases");
        }
    }
}

#[test]
fn the_anonymous_terminus_is_used_if_the_broker_offers_it() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(1)).expect(0);
    bench.run(&bench.config().set("sender_target", "address"), &images(1)).expect(0);
    let targets: Vec<_> =
        bench.record().requests.into_iter().map(|request| request.target).collect();
    assert_eq!(targets, [None, Some(crate::harness::SEND_TO.to_owned())]);

    let without = Bench::with(|options| options.anonymous_relay = false);
    let ended =
        without.run(&without.config().set("sender_target", "anonymous"), &images(1)).expect(77);
    ended.says("there is no anonymous terminus here");
}

#[test]
fn a_message_too_large_for_the_link_fails_before_it_is_sent() {
    let bench = Bench::with(|options| options.max_message_size = Some(8 * 1024));
    let (small, large) = (bench.file("small", "x"), bench.file("large", "x".repeat(10 * 1024)));
    for (files, expected) in [([&large, &small], [false, true]), ([&small, &large], [true, false])]
    {
        let arguments = format!(
            "blob-sign --signing-key A --task-id 7 --blob-file {} --blob-file {}",
            files[0].display(),
            files[1].display()
        );
        let ended = bench.run(&bench.config(), &arguments).expect(75);
        took_between(&ended, 0.0, 5.0);
        ended.says("amqp:link:message-size-exceeded").says("the broker accepts at most 8192");
        assert_eq!(ended.present(), expected);
    }
    assert_eq!(bench.record().requests.len(), 2);
    bench
        .run(
            &bench.config(),
            &format!("blob-sign --signing-key A --task-id 7 --blob-file {}", large.display()),
        )
        .expect(75);
}
