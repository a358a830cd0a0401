//! MQTT 3.1.1: no properties, no reasons, and only by the user's word.

use amqp_sandbox::{Body, Options, record::End};

use super::{bench, bench_with, one_window};
use crate::harness::{Bench, Config, LONG, images, took_between};

fn only_old(options: &mut Options) {
    options.mqtt_broker.only_311 = true;
}

fn old(bench: &Bench) -> Config {
    bench.config().set("mqtt_version", "\"3.1.1\"")
}

#[test]
fn a_broker_of_3_1_1_is_used_if_the_configuration_says_so() {
    let bench = bench_with("", only_old);
    let ended = bench.run(&old(&bench), &images(3)).expect(0);
    assert_eq!(ended.present(), [true; 3]);
    let record = bench.record();
    let connect = record.connections[0].mqtt.clone().unwrap();
    assert_eq!((connect.level, connect.clean_start, connect.session_expiry), (4, true, None));
    let publish = record.requests[0].mqtt.clone().unwrap();
    assert_eq!((publish.qos, publish.expiry, publish.content_type), (1, None, None));
    assert!(publish.user_properties.is_empty());
    assert_eq!(record.sent(1, End::Client).last().unwrap(), "DISCONNECT 0x00");
}

/// The client does not fall back: the error says what to set.
#[test]
fn a_broker_of_3_1_1_is_explained_if_the_configuration_does_not_say_so() {
    let bench = bench_with("", only_old);
    let ended = bench.run(&one_window(&bench), &images(1)).expect(69);
    ended.says_once("set mqtt_version: \"3.1.1\" if so");
    assert!(bench.record().requests.is_empty());
}

#[test]
fn connections_that_end_lose_nothing_over_3_1_1() {
    for rule in ["cut@request=1@connection=1", "cut@request=3@connection=1"] {
        let bench = bench(rule);
        let ended = bench.run(&old(&bench).patience(2, 1, 3), &images(4)).expect(0);
        assert_eq!(ended.present(), [true; 4]);
        assert_eq!(bench.record().connections.len(), 2);
    }
}

#[test]
fn codes_of_3_1_1_do_what_those_of_5_do() {
    for (rule, status, says) in [
        ("connack=5", 77, "not authorized (0x87)"),
        ("connack=4", 77, "bad user name or password (0x86)"),
        ("connack=2", 77, "client identifier not valid (0x85)"),
        ("connack=3@connection=1", 0, "server unavailable (0x88)"),
        ("suback=0x80@receiver", 77, "return code 128 of MQTT 3.1.1"),
        ("cut@receiver@connection=1", 0, "no permission to read from"),
    ] {
        let bench = bench(rule);
        let ended = bench.run(&old(&bench), &images(1)).expect(status);
        took_between(&ended, 0.0, 8.0);
        ended.logs(says);
    }
}

/// It cannot be kept from coming: the flag tells it.
#[test]
fn a_retained_message_of_3_1_1_is_acknowledged_and_ignored() {
    let bench = bench("");
    bench.sandbox.retain("topic://VirtualTopic.sandbox.reply", Body::Text("no JSON".into()));
    let ended = bench.run(&old(&bench), &images(2)).expect(0);
    assert!(!ended.reported().contains("rejected"), "{}", ended.stderr);
    let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
    assert_eq!((record.deliveries.len(), record.accepted().count()), (3, 3));
}
