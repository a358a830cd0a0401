//! What the broker sees: packets, what they carry, and their order.

use amqp_sandbox::record::End;

use super::{bench, bench_with};
use crate::harness::{LONG, Protocol, images};

#[test]
fn a_connection_begins_and_ends_with_these_packets() {
    let bench = bench("");
    bench.run(&bench.config(), &images(2)).expect(0);
    let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
    let sent = record.sent(1, End::Client);
    assert_eq!(sent[..2], ["CONNECT", "SUBSCRIBE 1"]);
    assert_eq!(sent.last().unwrap(), "DISCONNECT 0x00");
    let count = |kind: &str| sent.iter().filter(|packet| packet.starts_with(kind)).count();
    assert_eq!((count("PUBLISH"), count("PUBACK"), sent.len()), (2, 2, 7), "{sent:?}");
    // Subscribed before the first request, acknowledged before the end.
    let at = |kind: &str| record.packets.iter().find(|packet| packet.kind == kind).unwrap().at;
    assert!(at("SUBACK") < at("PUBLISH"));
    assert_eq!(record.accepted().count(), 2);
    assert_eq!(bench.sandbox.sessions(), 0, "no session stays");
}

#[test]
fn the_connect_asks_for_a_session_of_the_run() {
    let bench = bench("cut@request=1@connection=1");
    bench.run(&bench.config(), &images(2)).expect(0);
    let record = bench.record();
    let [first, second] = [0, 1].map(|index| record.connections[index].mqtt.clone().unwrap());
    assert_eq!((first.level, first.clean_start, second.clean_start), (5, true, false));
    assert!(first.client_id.len() == 20, "{}", first.client_id);
    assert!(first.client_id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(first.client_id, second.client_id);
    // A run of 2 cycles with 2 windows of 10 s; at the end the session is given up.
    assert!(first.session_expiry.is_some_and(|expiry| (1..=200).contains(&expiry)), "{first:?}");
    assert_eq!((second.disconnect, second.disconnect_expiry), (Some(0), Some(0)));
    // A larger reply would be dropped in silence, and aliases do not outlive a connection.
    assert_eq!((first.maximum_packet_size, first.topic_alias_maximum.unwrap_or(0)), (None, 0));
    assert_eq!((first.user_name, first.password, first.will), (None, None, false));
    assert!(first.user_properties.is_empty());
}

#[test]
fn a_request_carries_what_a_message_of_amqp_does() {
    let mqtt = bench("");
    let amqp = Protocol::Amqp.bench();
    for bench in [&mqtt, &amqp] {
        let ended = bench.run(&bench.config(), &(images(1) + " --signing-key-name release"));
        ended.expect(0);
    }
    let (request, of_amqp) = (&mqtt.record().requests[0], &amqp.record().requests[0]);
    let publish = request.mqtt.as_ref().unwrap();
    assert_eq!(publish.topic, "VirtualTopic.sandbox.sign");
    assert_eq!((publish.qos, publish.retain, publish.dup), (1, false, false));
    assert_eq!(publish.format_indicator, Some(true));
    assert_eq!(publish.content_type.as_deref(), Some("application/json"));
    assert_eq!(publish.expiry, Some(20));
    assert_eq!(publish.response_topic.as_deref(), Some("VirtualTopic.sandbox.reply"));
    let id = request.request_id.clone().unwrap();
    assert_eq!(publish.correlation_data.as_deref(), Some(id.as_bytes()));
    assert_eq!(publish.topic_alias, None);
    let names = |properties: &[(String, String)]| -> Vec<String> {
        properties.iter().map(|(name, value)| format!("{name}={value}")).collect()
    };
    let expected: Vec<_> = of_amqp
        .application_properties()
        .into_iter()
        .map(|(name, value)| match value {
            amqp_sandbox::types::primitives::SimpleValue::String(value) => (name, value),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names(&publish.user_properties), names(&expected));
    let but_for = |json: serde_json::Value| {
        let mut json = json;
        for name in ["request_id", "created"] {
            json.as_object_mut().unwrap().remove(name);
        }
        json.to_string()
    };
    assert_eq!(but_for(request.json()), but_for(of_amqp.json()));
}

/// A second and less is one second: 0 would mean no expiry on some brokers.
#[test]
fn a_request_expires_after_at_least_a_second() {
    let bench = bench("");
    bench.run(&bench.config().patience(1, 1, 2), &images(1)).expect(0);
    assert_eq!(bench.record().requests[0].mqtt.as_ref().unwrap().expiry, Some(1));
}

/// Replies are acknowledged in the order in which they came, whatever becomes of them.
#[test]
fn replies_are_acknowledged_in_their_order() {
    let bench = bench("not-json@request=5 reverse=3 twice@request=7");
    bench.run(&bench.config().patience(1, 1, 2), &images(20)).expect(0);
    let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
    let ids = |from, kind: &str| -> Vec<String> {
        let all = record.sent(1, from).into_iter();
        let packets = all.filter_map(|it| Some(it.strip_prefix(kind)?.to_owned()));
        packets.map(|packet| packet.trim_end_matches(" 0x00").trim().to_owned()).collect()
    };
    let (came, acknowledged) = (ids(End::Broker, "PUBLISH"), ids(End::Client, "PUBACK"));
    assert!(came.len() >= 20, "{came:?}");
    assert_eq!(came[..acknowledged.len()], acknowledged);
    assert!(acknowledged.len() >= 20);
}

#[test]
fn acknowledgements_of_the_broker_may_come_in_any_order() {
    let bench = bench("reverse-pubacks=5");
    bench.run(&bench.config(), &images(10)).expect(0);
    assert_eq!(bench.record().requests.len(), 10);
}

/// The broker would end the connection if one came.
#[test]
fn there_are_no_aliases_even_if_the_broker_offers_them() {
    let bench = bench_with("", |options| options.mqtt_broker.topic_alias_maximum = Some(10));
    bench.run(&bench.config(), &images(3)).expect(0);
    assert_eq!(bench.record().connections[0].problems, Vec::<String>::new());
}
