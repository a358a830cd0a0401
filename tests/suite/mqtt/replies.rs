//! Replies as MQTT's brokers deliver them.

use amqp_sandbox::{Body, record::End};

use super::{bench, bench_with};
use crate::harness::{LONG, images};

/// An AMQP signing server's reply arrives from RabbitMQ as an encoded body, from ActiveMQ Classic as an encoded message.
#[test]
fn a_payload_that_amqp_encoded_is_read() {
    for rule in ["amqp-body", "amqp-message"] {
        let bench = bench(rule);
        let ended = bench.run(&bench.config(), &images(3)).expect(0);
        assert_eq!(ended.present(), [true; 3], "{rule}");
        for arguments in [images(3) + " --signer-type batch", images(3) + " --raw"] {
            bench.run(&bench.config(), &arguments).expect(0);
        }
    }
}

/// It comes without an id, and so has no acknowledgement.
#[test]
fn a_reply_with_qos_0_counts() {
    let bench = bench("qos-0");
    bench.run(&bench.config(), &images(3)).expect(0);
    let sent = bench.record().sent(1, End::Client);
    assert!(!sent.iter().any(|packet| packet.starts_with("PUBACK")), "{sent:?}");
}

/// An old message of the topic is not asked for; if it comes all the same, it answers nothing.
#[test]
fn a_retained_old_reply_is_no_answer() {
    let old = r#"{"msg": {"request_id": "old", "signed_claim": "c2lnbmVk", "errors": []}}"#;
    for (rules, deliveries) in [("", 2), ("old-message@receiver", 3)] {
        let bench = bench(rules);
        bench.sandbox.retain("topic://VirtualTopic.sandbox.reply", Body::Text(old.into()));
        let ended = bench.run(&bench.config(), &images(2)).expect(0);
        assert!(!ended.stdout.contains("c2lnbmVk"));
        let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
        assert_eq!(record.deliveries.len(), deliveries, "{rules}");
        assert_eq!(record.arrivals(), [1; 2]);
    }
}

/// It is skipped as it streams in, acknowledged, and never comes again: not even after a resume.
#[test]
fn a_reply_that_is_too_large_is_acknowledged_and_does_not_come_again() {
    let bench = bench("padded=5000000@request=1 delay=500ms@request=2");
    let config = bench.config().set("max_message_size", "1 MiB");
    let running = bench.program(&config, &images(2)).start();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 1).unwrap();
    bench.sandbox.cut_connections();
    let ended = running.wait().expect(75);
    assert_eq!(ended.present(), [false, true]);
    ended.says_once("a reply was rejected: it has 5");
    let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
    assert_eq!(record.deliveries.iter().filter(|it| it.connection == 2).count(), 1);
    assert_eq!(record.arrivals(), [1; 2], "it is not asked for again");
}

/// So is one that cannot be understood.
#[test]
fn a_malformed_reply_does_not_come_again() {
    let bench = bench("not-json@request=1 delay=500ms@request=2");
    let running = bench.program(&bench.config().patience(2, 1, 1), &images(2)).start();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 1).unwrap();
    bench.sandbox.cut_connections();
    let ended = running.wait().expect(75);
    ended.says_once("a reply was rejected: it is not JSON");
    let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
    assert_eq!(record.deliveries.iter().filter(|it| it.connection == 2).count(), 1);
}

/// It was cut in the middle, and comes again as a whole.
#[test]
fn a_large_reply_on_a_resumed_connection_is_read() {
    let bench = bench_with("padded=3000000 cut-bytes=1000000@connection=1", |_| {});
    let ended = bench.run(&bench.config(), &images(2)).expect(0);
    assert_eq!(ended.present(), [true; 2]);
    assert_eq!(bench.record().connections.len(), 2);
}
