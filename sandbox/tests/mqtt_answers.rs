//! What a broker says over MQTT: codes by rule, what it announces and enforces, and ends without a word.

mod common;

use std::time::Duration;

use amqp_sandbox::{Answer, ConnectionAct, LinkAct, RequestAct, Rule, When, record::End};
use common::{
    LIMIT, TestSandbox,
    mqtt::{Mqtt, REPLY, SIGN, blob, connect, publish, reply},
};
use mqtt_proto::{
    Pid, QosPid, TopicFilter,
    v5::{Packet, RetainHandling, Subscribe, SubscriptionOptions, UserProperty},
};

fn ruled(rule: &str) -> TestSandbox {
    TestSandbox::with_rules(&[rule])
}

/// The broker has nothing on its way.
#[track_caller]
fn is_quiet(client: &mut Mqtt) {
    client.send(&Packet::Pingreq);
    assert_eq!(client.read(), Some(Packet::Pingresp));
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
fn a_connack_has_the_code_of_its_rule() {
    for code in [0x80, 0x84, 0x87, 0x88, 0x8a, 0x9c, 0x9d, 0xfe] {
        let sandbox = ruled(&format!("connack={code},reference=other:8883,because"));
        let mut client = Mqtt::sent(&sandbox, "me", |_| {});
        let bytes = client.bytes().unwrap();
        assert_eq!((bytes[0], bytes[2], bytes[3]), (0x20, 0, code));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.contains("because") && text.contains("other:8883"), "{text}");
        client.ends();
    }
    // Of one connection, or all but the first.
    let sandbox = ruled("connack=0x89@connection=1");
    Mqtt::sent(&sandbox, "me", |_| {}).bytes().unwrap();
    assert_eq!(Mqtt::connected(&sandbox, "me", |_| {}).1.reason_code as u8, 0);
}

#[test]
fn a_suback_has_the_code_of_its_rule() {
    for (rule, code) in [
        ("suback=0x00@receiver", 0),
        ("suback=0x02@receiver", 2),
        ("suback=0x80@receiver", 0x80),
        ("suback=0x87,acl@receiver", 0x87),
        ("suback=0x8f@receiver", 0x8f),
        ("suback=0x97@receiver", 0x97),
        ("suback=0xa2@receiver", 0xa2),
        ("suback=0xc0@receiver", 0xc0),
        ("refuse@receiver", 0x87),
        ("refuse=amqp:not-found@receiver", 0x80),
    ] {
        let sandbox = ruled(rule);
        let mut client = Mqtt::new(&sandbox, "me");
        assert_eq!(client.subscribe(REPLY, RetainHandling::DoNotSend), (code, vec![]), "{rule}");
        client.publish(1, &blob("one"));
        assert_eq!(client.puback(), (1, 0));
        match code {
            0x80.. => is_quiet(&mut client),
            code => assert_eq!(client.message().qos_pid.pid().is_some(), code > 0, "{rule}"),
        }
    }
    for (filter, code) in [("$share/a/b", 0x9e), ("a/#", 0xa2), ("a/+", 0xa2), ("a.b", 1)] {
        let sandbox = TestSandbox::good();
        let mut client = Mqtt::new(&sandbox, "me");
        assert_eq!(client.subscribe(filter, RetainHandling::DoNotSend).0, code);
    }
}

#[test]
fn a_refusal_of_3_1_1_has_its_only_code() {
    for (rule, code) in
        [("suback=0x80@receiver", 0x80), ("suback=0x87@receiver", 0x80), ("qos-0", 1)]
    {
        let sandbox = ruled(rule);
        let (mut client, _) = Mqtt::old(&sandbox, "me", true);
        client.send(&common::mqtt::subscribe(REPLY, RetainHandling::DoNotSend));
        assert_eq!(client.bytes().unwrap(), [0x90, 3, 0, 9, code], "{rule}");
    }
}

/// As with Mosquitto's ACL.
#[test]
fn a_subscription_is_granted_and_nothing_comes() {
    let sandbox = ruled(&format!("mute@receiver@address=topic://{REPLY}"));
    let mut client = Mqtt::new(&sandbox, "me").listening();
    client.publish(1, &blob("one"));
    assert_eq!(client.puback(), (1, 0));
    // Another client's reply comes after the first: then the first would be here too.
    let mut other = Mqtt::new(&sandbox, "other");
    assert_eq!(other.subscribe("elsewhere", RetainHandling::DoNotSend).0, 1);
    other.publish(1, &blob("two"));
    assert_eq!(other.puback(), (1, 0));
    is_quiet(&mut client);
    assert!(sandbox.record().deliveries.is_empty());
}

#[test]
fn replies_come_before_the_suback() {
    let sandbox = TestSandbox::with_rules(&["late-suback=300ms@receiver"]);
    let mut client = Mqtt::new(&sandbox, "me");
    client.send(&common::mqtt::subscribe(REPLY, RetainHandling::DoNotSend));
    client.publish(1, &blob("one"));
    assert_eq!(client.puback(), (1, 0));
    assert_eq!(reply(&client.message()).1, "one");
    assert_eq!(client.bytes().unwrap(), [0x90, 4, 0, 9, 0, 1]);
}

#[test]
fn the_broker_ends_a_connection_with_a_disconnect() {
    let sandbox = |rule: &str| ruled(rule);
    for code in [0x80, 0x87, 0x8b, 0x8e, 0x97, 0x98, 0x9c, 0xa0, 0xee] {
        let sandbox = sandbox(&format!("disconnect={code}@request=2"));
        let mut client = Mqtt::new(&sandbox, "me");
        client.publish(1, "a");
        client.publish(2, "b");
        assert_eq!(client.puback(), (1, 0));
        assert_eq!(client.disconnected(), code);
        drop(client);
        let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
        assert_eq!(record.requests[1].mqtt.as_ref().unwrap().puback, None);
    }
    let sandbox = sandbox("disconnect=0x9d,reference=other,moved@connection=1");
    let mut client = Mqtt::new(&sandbox, "me");
    let Some(Packet::Disconnect(disconnect)) = client.read() else { panic!("no DISCONNECT") };
    let properties = disconnect.properties;
    assert_eq!(properties.server_reference.as_deref(), Some("other"));
    assert_eq!(properties.reason_string.as_deref(), Some("moved"));
    client.ends();
    for (rule, code) in [
        ("close=amqp:connection:forced", 0x8b),
        ("close=amqp:internal-error", 0x80),
        ("detach@receiver", 0x87),
        ("disconnect=0x83@receiver", 0x83),
        ("disconnect=0x83@ping", 0x83),
    ] {
        let sandbox = ruled(rule);
        let mut client = Mqtt::new(&sandbox, "me");
        if !rule.starts_with("close") {
            client.send(&common::mqtt::subscribe(REPLY, RetainHandling::DoNotSend));
        }
        if rule.ends_with("ping") {
            assert_eq!(client.bytes().unwrap()[0], 0x90);
            client.send(&Packet::Pingreq);
        }
        assert_eq!(client.disconnected(), code, "{rule}");
    }
}

/// The end of the stream without a word, at each place; and the last packet that came before it.
#[test]
fn the_stream_ends_without_a_word_at_each_place() {
    for (rule, last) in [
        ("cut@connect", None),
        ("cut-sent=0", None),
        ("cut", Some("CONNACK 0x00")),
        ("cut-received=2", Some("CONNACK 0x00")),
        ("cut@receiver", Some("CONNACK 0x00")),
        ("cut-sent=2", Some("SUBACK 9 0x01")),
        ("cut@request=1", Some("SUBACK 9 0x01")),
        ("cut@ping", Some("SUBACK 9 0x01")),
        ("cut-sent=3", Some("PUBACK 1 0x00")),
        ("cut-sent=4", Some("PUBLISH 1")),
        ("cut@acknowledgement", Some("PUBLISH 1")),
    ] {
        let sandbox = ruled(rule);
        let mut client = Mqtt::sent(&sandbox, "me", |_| {});
        let mut seen = Vec::new();
        // What a client does next, after each packet of the broker.
        while let Some(bytes) = client.bytes() {
            seen.push(bytes[0] >> 4);
            match seen.last().unwrap() {
                2 => client.send(&common::mqtt::subscribe(REPLY, RetainHandling::DoNotSend)),
                9 if rule.ends_with("ping") => client.send(&Packet::Pingreq),
                9 => client.publish(1, &blob("one")),
                3 => client.acknowledge(1),
                _ => {}
            }
        }
        let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
        assert_eq!(record.sent(1, End::Broker).last().map(String::as_str), last, "{rule} {seen:?}");
        assert!(!record.connections[0].close_received);
    }
}

#[test]
fn a_half_open_connection_is_silent_and_stays() {
    for (rule, bytes) in [
        ("half-open@connect", 0),
        ("silent=tls", 0),
        ("silent=open", 1),
        ("half-open", 1),
        ("half-open@receiver", 1),
        ("half-open@request=1", 2),
    ] {
        let sandbox = ruled(rule);
        let mut client = Mqtt::sent(&sandbox, "me", |_| {});
        client.send(&common::mqtt::subscribe(REPLY, RetainHandling::DoNotSend));
        client.publish(1, "a");
        (0..bytes).for_each(|_| assert!(client.bytes().is_some(), "{rule}"));
        client.disconnect();
        assert!(sandbox.record().connections.iter().all(|c| c.closed.is_none()));
        drop(client);
        sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    }
}

#[test]
fn raw_bytes_go_out_as_they_are() {
    // PUBACK with a code that is not allowed there, a topic with NUL, and a packet that never ends.
    for raw in ["4003000195", "30050001000041", "30ffffff7f00014161"] {
        let sandbox = TestSandbox::with_rules(&[&format!("raw={raw}@request=1"), "never-settle"]);
        let mut client = Mqtt::new(&sandbox, "me");
        client.publish(1, "a");
        let first = raw[..2].to_owned();
        match raw.starts_with("30ff") {
            false => {
                let bytes = client.bytes().unwrap();
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(hex, raw);
            }
            true => assert_eq!(first, "30"),
        }
    }
    // Of 3.1.1, in place of the usual CONNACK.
    let sandbox = TestSandbox::with_rules(&["raw-first=20020001", "cut"]);
    let mut client = Mqtt::sent(&sandbox, "me", |_| {});
    assert_eq!(client.bytes().unwrap(), [0x20, 2, 0, 1]);
    client.ends();
    // One byte at a time.
    let sandbox = ruled("slow=1ms");
    assert!(!Mqtt::connected(&sandbox, "me", |_| {}).1.session_present);
    // A packet is cut in two.
    let sandbox = ruled("cut-bytes=3");
    assert_eq!(Mqtt::sent(&sandbox, "me", |_| {}).bytes(), None);
}

#[test]
fn what_a_broker_announces_it_enforces() {
    type Set = fn(&mut amqp_sandbox::Mqtt);
    let table: [(Set, &str, Option<u8>); 6] = [
        (|all| all.receive_maximum = Some(2), "receive maximum", Some(0x93)),
        (|all| all.maximum_qos = Some(0), "qos", Some(0x9b)),
        (|all| all.maximum_packet_size = Some(100), "packet size", Some(0x95)),
        (|all| all.keep_alive = Some(1), "keep alive", Some(0x8d)),
        (
            |all| {
                all.keep_alive = Some(1);
                all.tells_keep_alive = false;
            },
            "quiet keep alive",
            None,
        ),
        (|all| all.session_expiry = Some(5), "expiry", None),
    ];
    for (set, name, code) in table {
        let sandbox = TestSandbox::start(|options| {
            set(&mut options.mqtt_broker);
            if name == "receive maximum" {
                options.behaviours = vec!["never-settle".parse().unwrap()];
            }
        });
        let (mut client, connack) = Mqtt::connected(&sandbox, "me", |connect| {
            connect.properties.session_expiry_interval = Some(100);
        });
        let settings = {
            let mut settings = amqp_sandbox::Mqtt::default();
            set(&mut settings);
            settings
        };
        let properties = connack.properties;
        assert_eq!(properties.receive_max, settings.receive_maximum);
        assert_eq!(properties.max_qos.map(|qos| qos as u8), settings.maximum_qos);
        assert_eq!(properties.max_packet_size, settings.maximum_packet_size);
        assert_eq!(properties.server_keep_alive, settings.keep_alive);
        assert_eq!(properties.session_expiry_interval, settings.session_expiry);
        match name {
            "receive maximum" => (1..=3).for_each(|id| client.publish(id, "a")),
            "qos" => client.publish(1, "a"),
            "packet size" => client.publish(1, &"a".repeat(100)),
            "expiry" => client.disconnect(),
            _ => {}
        }
        match code {
            Some(code) => assert_eq!(client.disconnected(), code, "{name}"),
            None => client.ends(),
        }
        drop(client);
        let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
        assert_eq!(record.connections[0].problems.len(), usize::from(name != "expiry"), "{name}");
    }
    // Over the limit for payloads, and for a topic without subscribers.
    let sandbox = TestSandbox::start(|options| options.mqtt_broker.payload_limit = Some(10));
    let mut client = Mqtt::new(&sandbox, "me");
    client.publish(1, "a text of more than that");
    assert_eq!(client.puback(), (1, 0x95));
    client.send(&Packet::Publish(publish(2, "no.subscriber", "a")));
    assert_eq!(client.puback(), (2, 0x10));
    let sandbox = TestSandbox::start(|options| options.mqtt_broker.tells_no_subscriber = false);
    let mut client = Mqtt::new(&sandbox, "me");
    client.send(&Packet::Publish(publish(2, "no.subscriber", "a")));
    assert_eq!(client.puback(), (2, 0));
}

#[test]
fn a_client_that_breaks_the_protocol_is_disconnected_and_the_record_says_why() {
    let with_id = |id: u16| QosPid::Level2(Pid::try_from(id).unwrap());
    let of_qos_2 = {
        let mut publish = publish(1, SIGN, "a");
        publish.qos_pid = with_id(1);
        Packet::Publish(publish).encode().unwrap().as_ref().to_vec()
    };
    let aliased = {
        let mut publish = publish(1, SIGN, "a");
        publish.properties.topic_alias = Some(1);
        Packet::Publish(publish).encode().unwrap().as_ref().to_vec()
    };
    let twice = {
        let one = Packet::Publish(publish(1, SIGN, "a")).encode().unwrap().as_ref().to_vec();
        [one.clone(), one].concat()
    };
    let second = Packet::Connect(connect("me", |_| {})).encode().unwrap().as_ref().to_vec();
    for (bytes, code, says) in [
        (of_qos_2, 0x9b, "QoS"),
        (aliased, 0x94, "alias"),
        (twice, 0x82, "packet id 1, which is in use"),
        (second, 0x82, "a client does not send now"),
        (vec![0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9], 0x82, "a session that was not to be kept"),
        (vec![0x32, 6, 0, 1, b'a', 0, 0, 0], 0x82, "malformed packet"),
        (vec![0x32, 7, 0, 2, b'a', b'+', 0, 1, 0], 0x82, "malformed packet"),
        (vec![0x30, 4, 0, 1, 0xff, 0], 0x82, "malformed packet"),
        (vec![0x30, 0xff, 0xff, 0xff, 0xff], 0x81, "a length of more than four bytes"),
    ] {
        let sandbox = TestSandbox::with_rules(&["never-settle"]);
        let mut client = Mqtt::new(&sandbox, "me");
        client.write(&bytes);
        assert_eq!(client.disconnected(), code, "{bytes:02x?}");
        drop(client);
        let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
        let problems = &record.connections[0].problems;
        assert!(problems.len() == 1 && problems[0].contains(says), "{problems:?} {says}");
    }
}

#[test]
fn a_connect_is_refused_for_its_user_its_version_or_its_bytes() {
    for (user, password, code) in [
        (Some("me"), Some("secret"), 0),
        (Some("me"), Some("wrong"), 0x87),
        (Some("me"), None, 0x87),
        (None, None, 0x87),
    ] {
        let sandbox = TestSandbox::start(|options| {
            options.mqtt_broker.set("user=me:secret").unwrap();
        });
        let (_, connack) = Mqtt::connected(&sandbox, "me", |connect| {
            connect.username = user.map(Into::into);
            connect.password = password.map(|text: &str| text.as_bytes().to_vec().into());
        });
        assert_eq!(connack.reason_code as u8, code);
    }
    let sandbox = TestSandbox::good();
    let connack = Mqtt::connected(&sandbox, "me", |connect| {
        connect.properties.auth_method = Some("magic".into());
    })
    .1;
    assert_eq!(connack.reason_code as u8, 0x8c);
    Mqtt::sent(&sandbox, "me", |connect| connect.properties.receive_max = Some(0)).ends();
    let mut twice = Mqtt::dial(&sandbox);
    twice.write(&[
        0x10, 19, 0, 4, b'M', b'Q', b'T', b'T', 5, 2, 0, 60, 6, 0x21, 0, 9, 0x21, 0, 9, 0, 0,
    ]);
    twice.ends();
    let sandbox = TestSandbox::start(|options| options.mqtt_broker.only_311 = true);
    Mqtt::sent(&sandbox, "me", |_| {}).ends();
    assert!(!Mqtt::old(&sandbox, "me", true).1);
    // Another level, no MQTT at all, and a client identifier that the broker chooses.
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::dial(&sandbox);
    client.write(&[0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', 6, 2, 0, 60, 0, 0, 0]);
    assert_eq!(client.bytes().unwrap(), [0x20, 2, 0, 1]);
    client.ends();
    let mut client = Mqtt::dial(&sandbox);
    client.write(b"AMQP\x00\x01\x00\x00");
    client.write(&[0; 80]);
    while client.bytes().is_some() {}
    let (_, connack) = Mqtt::connected(&sandbox, "", |connect| connect.clean_start = false);
    let assigned = connack.properties.assigned_client_id.unwrap();
    assert!(assigned.starts_with("auto-") && assigned.len() <= 23, "{assigned}");
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

#[test]
fn several_topics_are_subscribed_at_once() {
    let sandbox = TestSandbox::with_rules(&["suback=0x87@receiver@address=topic://b"]);
    let mut client = Mqtt::new(&sandbox, "me");
    let filter = |name: &str| {
        let options = SubscriptionOptions::new(mqtt_proto::QoS::Level1);
        (TopicFilter::try_from(name).unwrap(), options)
    };
    let subscribe = Subscribe::new(Pid::default(), vec![filter("a"), filter("b"), filter("c")]);
    client.send(&Packet::Subscribe(subscribe));
    assert_eq!(client.bytes().unwrap(), [0x90, 6, 0, 1, 0, 1, 0x87, 1]);
}

#[test]
fn rules_read_what_the_table_says() {
    let both = |act: Answer| Answer { reason: Some("a b".into()), ..act };
    for (text, rule) in [
        ("puback=0x97", Rule::new(When::Any, RequestAct::Puback(Answer::code(0x97)))),
        ("puback=151,a b", Rule::new(When::Any, RequestAct::Puback(both(Answer::code(0x97))))),
        (
            "suback=0x87@receiver",
            Rule::new(When::ReceiverLink, LinkAct::Suback(Answer::code(0x87))),
        ),
        (
            "disconnect=0x9d,reference=h:1,a b",
            Rule::new(
                When::Any,
                ConnectionAct::Disconnect(Answer {
                    reference: Some("h:1".into()),
                    ..both(Answer::code(0x9d))
                }),
            ),
        ),
        ("late-suback=1s@ping", Rule::new(When::Ping, LinkAct::LateSuback(Duration::from_secs(1)))),
    ] {
        assert_eq!(text.parse(), Ok(rule), "{text}");
    }
    let error = "setting=loud".parse::<Rule>().unwrap_err();
    assert!(error.contains("unknown setting"), "{error}");
    for text in ["puback", "puback=256", "puback=0x", "puback=x"] {
        let error = text.parse::<Rule>().unwrap_err();
        assert!(error.contains("a code is a number from 0 to 255"), "{error}");
    }
}
