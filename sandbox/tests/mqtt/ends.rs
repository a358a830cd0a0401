//! How a connection ends: by DISCONNECT, without a word, or not at all.

use amqp_sandbox::record::End;
use mqtt_proto::v5::{Packet, RetainHandling};

use crate::{
    common::{
        LIMIT,
        mqtt::{Mqtt, REPLY, blob, subscribe},
    },
    ruled,
};

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
            client.send(&subscribe(REPLY, RetainHandling::DoNotSend));
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
                2 => client.send(&subscribe(REPLY, RetainHandling::DoNotSend)),
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
        client.send(&subscribe(REPLY, RetainHandling::DoNotSend));
        client.publish(1, "a");
        (0..bytes).for_each(|_| assert!(client.bytes().is_some(), "{rule}"));
        client.disconnect();
        assert!(sandbox.record().connections.iter().all(|c| c.closed.is_none()));
        drop(client);
        sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    }
}
