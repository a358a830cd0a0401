//! SUBSCRIBE and SUBACK.

use mqtt_proto::{
    Pid, TopicFilter,
    v5::{Packet, RetainHandling, Subscribe, SubscriptionOptions},
};

use crate::{
    common::{
        TestSandbox,
        mqtt::{Mqtt, REPLY, blob, reply, subscribe},
    },
    is_quiet, ruled,
};

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
        client.send(&subscribe(REPLY, RetainHandling::DoNotSend));
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
    client.send(&subscribe(REPLY, RetainHandling::DoNotSend));
    client.publish(1, &blob("one"));
    assert_eq!(client.puback(), (1, 0));
    assert_eq!(reply(&client.message()).1, "one");
    assert_eq!(client.bytes().unwrap(), [0x90, 4, 0, 9, 0, 1]);
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
