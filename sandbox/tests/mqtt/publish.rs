//! PUBLISH and PUBACK, of requests and of replies.

use mqtt_proto::v5::{Packet, UserProperty};

use crate::{
    common::{
        LIMIT, TestSandbox,
        mqtt::{Mqtt, REPLY, SIGN, blob, publish, reply},
    },
    is_quiet, ruled,
};

/// The same record as over AMQP, and the same server.
#[test]
fn a_request_is_signed_with_what_it_carries() {
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::new(&sandbox, "me").listening();
    let mut request = publish(7, SIGN, &blob("one"));
    let property =
        |name: &str, value: &str| UserProperty { name: name.into(), value: value.into() };
    request.properties.user_properties =
        vec![property("mtype", "gpg_signature"), property("b", "2"), property("b", "3")];
    request.properties.payload_is_utf8 = Some(true);
    request.properties.content_type = Some("application/json".into());
    request.properties.correlation_data = Some(b"one".to_vec().into());
    request.properties.response_topic = Some(REPLY.try_into().unwrap());
    request.properties.message_expiry_interval = Some(30);
    client.send(&Packet::Publish(request));
    assert_eq!(client.puback(), (7, 0));
    let message = client.message();
    let (id, request_id) = reply(&message);
    assert_eq!((&*message.topic_name, request_id.as_str(), message.dup), (REPLY, "one", false));
    assert_eq!(message.properties.payload_is_utf8, Some(true));
    let names: Vec<_> = message.properties.user_properties.iter().map(|p| &*p.name).collect();
    assert_eq!(names, ["amq6100_originalDestination", "amq6100_destination", "content-type"]);
    client.acknowledge(id);
    let record = sandbox.wait_for(LIMIT, |r| r.accepted().count() == 1).unwrap();

    let request = &record.requests[0];
    assert_eq!(request.address, format!("topic://{SIGN}"));
    assert_eq!(request.body(), amqp_sandbox::Body::Text(blob("one")));
    assert_eq!(request.request_id.as_deref(), Some("one"));
    assert_eq!(request.application_properties().len(), 2);
    let mqtt = request.mqtt.as_ref().unwrap();
    assert_eq!((mqtt.id, mqtt.qos, mqtt.dup, mqtt.puback), (Some(7), 1, false, Some(0)));
    assert_eq!(mqtt.user_properties.len(), 3);
    assert_eq!((mqtt.expiry, mqtt.response_topic.as_deref()), (Some(30), Some(REPLY)));
    assert_eq!(mqtt.correlation_data.as_deref(), Some(&b"one"[..]));
    assert_eq!(mqtt.content_type.as_deref(), Some("application/json"));
    assert_eq!(record.deliveries[0].request_id.as_deref(), Some("one"));
    assert_eq!(record.deliveries[0].mqtt, Some((Some(1), false)));
}

#[test]
fn a_puback_has_the_code_of_its_rule_and_from_0x80_on_the_request_goes_nowhere() {
    for (rule, code, served) in [
        ("puback=0", 0, true),
        ("puback=0x10", 0x10, false),
        ("puback=0x01", 0x01, true),
        ("puback=0x83", 0x83, false),
        ("puback=135,not%20you", 0x87, false),
        ("puback=0x90", 0x90, false),
        ("puback=0x95", 0x95, false),
        ("puback=0x97,full", 0x97, false),
        ("puback=0xff", 0xff, false),
        ("drop", 0, false),
        ("reject", 0x87, false),
        ("reject=amqp:internal-error", 0x80, false),
        ("reject=amqp:resource-limit-exceeded,queue=sign", 0x97, false),
        ("release", 0x97, false),
        ("modify", 0x80, false),
    ] {
        let sandbox = ruled(rule);
        let mut client = Mqtt::new(&sandbox, "me").listening();
        client.publish(3, &blob("one"));
        assert_eq!(client.puback(), (3, code), "{rule}");
        match served {
            true => assert_eq!(reply(&client.message()).1, "one"),
            false => is_quiet(&mut client),
        }
        let record = sandbox.record();
        assert_eq!(record.requests[0].mqtt.as_ref().unwrap().puback, Some(code));
        assert!(record.requests[0].outcome_sent.is_some());
        assert!(record.connections[0].problems.is_empty());
    }
    let sandbox = ruled("puback=0x97,the queue is full");
    let mut client = Mqtt::new(&sandbox, "me");
    client.publish(1, "x");
    let Some(Packet::Puback(puback)) = client.read() else { panic!("no PUBACK") };
    assert_eq!(puback.properties.reason_string.as_deref(), Some("the queue is full"));
}

#[test]
fn answers_come_late_reversed_after_the_reply_or_never() {
    let sandbox = ruled("late-puback=200ms@request=1");
    let mut client = Mqtt::new(&sandbox, "me");
    client.publish(1, "a");
    client.publish(2, "b");
    assert_eq!([client.puback().0, client.puback().0], [2, 1]);

    let sandbox = ruled("reverse-pubacks=3");
    let mut client = Mqtt::new(&sandbox, "me");
    (1..=4).for_each(|id| client.publish(id, "a"));
    assert_eq!([client.puback().0, client.puback().0, client.puback().0], [3, 2, 1]);
    is_quiet(&mut client);

    let sandbox = ruled("reply-before-outcome");
    let mut client = Mqtt::new(&sandbox, "me").listening();
    client.publish(7, &blob("one"));
    let id = reply(&client.message()).0;
    client.acknowledge(id);
    assert_eq!(client.puback(), (7, 0));

    let sandbox = ruled("never-settle");
    let mut client = Mqtt::new(&sandbox, "me").listening();
    client.publish(7, &blob("one"));
    assert_eq!(reply(&client.message()).1, "one");
    is_quiet(&mut client);
}

#[test]
fn replies_are_carried_in_every_way() {
    let request = || {
        let mut request = publish(1, SIGN, &blob("one"));
        let property = UserProperty { name: "mtype".into(), value: "gpg_signature".into() };
        request.properties.user_properties.push(property);
        Packet::Publish(request)
    };
    for (rule, begins, indicator) in [
        ("twice", &b"{"[..], Some(true)),
        ("amqp-body", &[0x00, 0x53, 0x77, 0xb1], None),
        ("amqp-message", &[0x00, 0x53, 0x70, 0xc0], None),
        ("invalid-utf8", b"{\xff", None),
        ("binary", b"{", None),
        ("data=3", b"{", None),
        ("null", b"", None),
        ("qos-0", b"{", Some(true)),
    ] {
        let sandbox = ruled(rule);
        let mut client = Mqtt::new(&sandbox, "me").listening();
        client.send(&request());
        assert_eq!(client.puback(), (1, 0));
        let message = client.message();
        assert!(message.payload.starts_with(begins), "{rule}");
        assert_eq!(message.properties.payload_is_utf8, indicator, "{rule}");
        assert_eq!(message.qos_pid.pid().is_none(), rule == "qos-0");
    }
    // A reply that is larger than the client takes is dropped in silence; the next comes.
    let sandbox = ruled("padded=5000@request=1");
    let mut client = Mqtt::connected(&sandbox, "me", |connect| {
        connect.properties.max_packet_size = Some(4000);
    })
    .0
    .listening();
    client.publish(1, &blob("one"));
    client.publish(2, &blob("two"));
    assert_eq!([client.puback().0, client.puback().0], [1, 2]);
    assert_eq!(reply(&client.message()).1, "two");
}

/// A rule can follow one request through every attempt.
#[test]
fn a_rule_is_for_requests_with_a_text() {
    let sandbox = TestSandbox::with_rules(&["cut@contains=poison"]);
    for _ in 0..3 {
        let mut client = Mqtt::resumed(&sandbox, "me").0;
        client.publish(1, "healthy");
        assert_eq!(client.puback(), (1, 0));
        client.publish(2, "a poisonous one");
        client.ends();
    }
}
