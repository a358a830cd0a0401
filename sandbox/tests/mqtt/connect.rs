//! CONNECT and CONNACK: what a broker refuses, and what it announces and enforces.

use amqp_sandbox::record::End;
use mqtt_proto::v5::Packet;

use crate::{
    common::{
        LIMIT, TestSandbox,
        mqtt::{Mqtt, publish},
    },
    ruled,
};

#[test]
fn a_connection_is_recorded_with_its_packets() {
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::connected(&sandbox, "me", |connect| {
        connect.keep_alive = 30;
        connect.username = Some("user".into());
        connect.properties.receive_max = Some(5);
        connect.properties.session_expiry_interval = Some(100);
    })
    .0;
    client.send(&Packet::Pingreq);
    assert_eq!(client.read(), Some(Packet::Pingresp));
    client.disconnect();
    client.ends();
    let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    let connection = &record.connections[0];
    assert!(connection.opened && connection.close_received && connection.problems.is_empty());
    let mqtt = connection.mqtt.as_ref().unwrap();
    assert_eq!((mqtt.level, mqtt.client_id.as_str(), mqtt.clean_start), (5, "me", true));
    assert_eq!((mqtt.keep_alive, mqtt.session_expiry), (30, Some(100)));
    assert_eq!((mqtt.receive_maximum, mqtt.user_name.as_deref()), (Some(5), Some("user")));
    assert_eq!((mqtt.session_present, mqtt.disconnect), (Some(false), Some(0)));
    assert_eq!(record.sent(1, End::Client), ["CONNECT", "PINGREQ", "DISCONNECT 0x00"]);
    assert_eq!(record.sent(1, End::Broker), ["CONNACK 0x00", "PINGRESP"]);
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
