//! Sessions over MQTT: what a broker keeps, delivers again, drops and forgets.

use amqp_sandbox::record::{DeliveryOutcome, End};
use mqtt_proto::v5::{Packet, PubackReasonCode, RetainHandling};

use crate::common::{
    self, LIMIT, TestSandbox,
    mqtt::{Mqtt, REPLY, SIGN, blob, publish, reply, subscribe},
};

/// Sends requests with these ids, and reads their answers and replies; returns the packet ids of the replies.
fn ask(client: &mut Mqtt, ids: std::ops::RangeInclusive<u16>) -> Vec<u16> {
    ids.map(|id| {
        client.publish(id, &blob(&id.to_string()));
        assert_eq!(client.puback(), (id, 0));
        reply(&client.message()).0
    })
    .collect()
}

#[test]
fn what_is_not_acknowledged_comes_again_in_order_with_dup_and_its_id() {
    for (renumbers, ids) in [(false, [2, 3, 4]), (true, [1, 2, 3])] {
        let sandbox = TestSandbox::start(|options| options.mqtt_broker.renumbers = renumbers);
        let (mut client, present) = Mqtt::resumed(&sandbox, "me");
        assert!(!present);
        client = client.listening();
        assert_eq!(ask(&mut client, 1..=3), [1, 2, 3]);
        client.acknowledge(1);
        sandbox.wait_for(LIMIT, |record| record.accepted().count() == 1).unwrap();
        drop(client);
        // While the client is away, another reply is kept.
        Mqtt::new(&sandbox, "other").publish(1, &blob("4"));
        sandbox.wait_for(LIMIT, |record| record.requests.len() == 4).unwrap();

        let (mut client, present) = Mqtt::resumed(&sandbox, "me");
        assert!(present);
        let again = [client.message(), client.message(), client.message()];
        let seen = again.each_ref().map(|message| (reply(message), message.dup));
        let [two, three, four] = ["2", "3", "4"].map(str::to_owned);
        let expected = [((ids[0], two), true), ((ids[1], three), true), ((ids[2], four), false)];
        assert_eq!(seen, expected, "renumbers: {renumbers}");
        // Subscribing again replaces the subscription, and duplicates nothing.
        client = client.listening();
        for id in ids {
            client.acknowledge(id);
        }
        client.disconnect();
        client.ends();
        let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
        let lost = record.deliveries.iter().filter(|d| d.outcome == Some(DeliveryOutcome::Lost));
        assert_eq!((lost.count(), record.accepted().count()), (2, 4));
        assert_eq!(record.deliveries[3].mqtt, Some((Some(ids[0]), true)));
    }
}

#[test]
fn the_receive_maximum_of_the_client_and_the_limit_of_the_broker_hold_also_for_what_comes_again() {
    for (maximum, in_flight, expected) in [(Some(2), 20, 2), (None, 3, 3), (Some(9), 3, 3)] {
        let sandbox = TestSandbox::start(|options| options.mqtt_broker.in_flight = in_flight);
        let connect = || {
            Mqtt::connected(&sandbox, "me", |connect| {
                connect.clean_start = false;
                connect.properties.session_expiry_interval = Some(100);
                connect.properties.receive_max = maximum;
            })
        };
        let mut client = connect().0.listening();
        let mut other = Mqtt::new(&sandbox, "other");
        for id in 1..=5 {
            other.publish(id, &blob(&id.to_string()));
        }
        for round in 1..=2 {
            let ids: Vec<_> = (0..expected).map(|_| client.message().qos_pid.pid()).collect();
            assert_eq!(ids.len(), expected, "{round}");
            // A PINGRESP shows that nothing else is on its way.
            client.send(&Packet::Pingreq);
            assert_eq!(client.read(), Some(Packet::Pingresp));
            client = connect().0;
        }
        let first = client.message();
        assert!(first.dup);
        client.acknowledge(first.qos_pid.pid().unwrap().value());
        let rest: Vec<_> = (1..expected).map(|_| client.message().dup).collect();
        assert_eq!(rest, vec![true; expected - 1]);
        assert!(!client.message().dup);
    }
}

#[test]
fn more_than_the_queue_holds_is_dropped_in_silence() {
    let sandbox = TestSandbox::start(|options| {
        options.mqtt_broker.queue = 3;
        options.mqtt_broker.in_flight = 2;
    });
    let mut client = Mqtt::resumed(&sandbox, "me").0.listening();
    assert_eq!(ask(&mut client, 1..=2), [1, 2]);
    let mut other = Mqtt::new(&sandbox, "other");
    for id in 3..=9 {
        other.publish(id, &blob(&id.to_string()));
        assert_eq!(other.puback(), (id, 0), "confirmed all the same");
    }
    // The signing server answers in order: after the reply to the last request all others were there.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut amqp = common::Client::connect(&sandbox).await;
        let mut replies = amqp.receiver(&format!("topic://{REPLY}")).await;
        other.publish(10, &blob("10"));
        while !common::receive_text(&mut replies).await.contains("\"request_id\":\"10\"") {}
    });
    client.acknowledge(1);
    client.acknowledge(2);
    let mut received = Vec::new();
    for _ in 0..3 {
        let (id, request) = reply(&client.message());
        client.acknowledge(id);
        received.push(request);
    }
    assert_eq!(received, ["3", "4", "5"]);
    client.send(&Packet::Pingreq);
    assert_eq!(client.read(), Some(Packet::Pingresp));
}

#[test]
fn a_session_ends_by_its_expiry_by_a_clean_start_and_by_a_disconnect() {
    let sandbox = TestSandbox::good();
    let present = |expiry: Option<u32>, clean: bool| {
        Mqtt::connected(&sandbox, "me", |connect| {
            connect.clean_start = clean;
            connect.properties.session_expiry_interval = expiry;
        })
    };
    let ended = |mut client: Mqtt, expiry: Option<u32>| {
        let mut disconnect = mqtt_proto::v5::Disconnect::new_normal();
        disconnect.properties.session_expiry_interval = expiry;
        client.send(&Packet::Disconnect(disconnect));
        client.ends();
        sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    };
    for (first, clean, at_end, expected) in [
        (Some(100), false, None, true),
        (Some(100), true, None, false),
        (Some(100), false, Some(0), false),
        (None, false, None, false),
        (Some(0), false, None, false),
        (Some(1), false, Some(100), true),
        (Some(u32::MAX), false, None, true),
    ] {
        ended(present(first, true).0, at_end);
        let (client, connack) = present(Some(5), clean);
        assert_eq!(connack.session_present, expected, "{first:?} {clean} {at_end:?}");
        ended(client, Some(0));
        assert_eq!(sandbox.sessions(), 0);
    }
    // A second is the shortest time there is.
    let client = present(Some(1), true).0;
    drop(client);
    sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    let started = std::time::Instant::now();
    while sandbox.sessions() > 0 {
        assert!(started.elapsed() < LIMIT);
        std::thread::yield_now();
    }
}

#[test]
fn a_broker_restarts_with_its_sessions_or_without() {
    for (keeps, expected) in [(true, Some("1")), (false, None)] {
        let sandbox = TestSandbox::good();
        let mut client = Mqtt::resumed(&sandbox, "me").0.listening();
        assert_eq!(ask(&mut client, 1..=1), [1]);
        match keeps {
            true => sandbox.cut_connections(),
            false => sandbox.forget_sessions(),
        }
        client.ends();
        let (mut client, present) = Mqtt::resumed(&sandbox, "me");
        assert_eq!(present, keeps);
        client.send(&Packet::Pingreq);
        let next = client.read();
        match (next, expected) {
            (Some(Packet::Publish(publish)), Some(expected)) => {
                assert_eq!(reply(&publish).1, expected);
            }
            (Some(Packet::Pingresp), None) => {}
            (next, _) => panic!("{next:?}"),
        }
    }
    // By a rule, when the client comes back.
    let sandbox = TestSandbox::with_rules(&[
        "forget@connect@connection=2",
        "setting=receive-maximum:7@connection=2",
    ]);
    for number in 1..=3 {
        let (_client, connack) = Mqtt::connected(&sandbox, "me", |connect| {
            connect.clean_start = false;
            connect.properties.session_expiry_interval = Some(100);
        });
        assert_eq!(connack.session_present, number == 3);
        assert_eq!(connack.properties.receive_max, (number == 2).then_some(7));
    }
    // By a rule, upon a request.
    let sandbox = TestSandbox::with_rules(&["forget@request=1", "cut@request=1"]);
    let mut client = Mqtt::resumed(&sandbox, "me").0;
    client.publish(1, &blob("1"));
    client.ends();
    sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    assert!(!Mqtt::resumed(&sandbox, "me").1);
}

#[test]
fn a_second_connection_takes_over() {
    for tells in [true, false] {
        let sandbox = TestSandbox::start(|options| options.mqtt_broker.tells_take_over = tells);
        let mut first = Mqtt::resumed(&sandbox, "me").0.listening();
        assert_eq!(ask(&mut first, 1..=1), [1]);
        let (mut second, present) = Mqtt::resumed(&sandbox, "me");
        assert!(present && second.message().dup);
        match tells {
            true => assert_eq!(first.disconnected(), 0x8e),
            false => first.ends(),
        }
        second.acknowledge(1);
        sandbox.wait_for(LIMIT, |record| record.accepted().count() == 1).unwrap();
    }
    // To a client, each port is another broker.
    let sandbox = TestSandbox::start(|options| options.more_brokers = 1);
    assert_eq!(sandbox.mqtts_urls().len(), 2);
    assert_ne!(sandbox.mqtts_urls()[0], sandbox.mqtts_urls()[1]);
}

#[test]
fn an_acknowledgement_counts_whatever_its_order_and_code() {
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::resumed(&sandbox, "me").0.listening();
    assert_eq!(ask(&mut client, 1..=3), [1, 2, 3]);
    client.acknowledge(3);
    client.refuse(1, PubackReasonCode::PayloadFormatInvalid);
    client.acknowledge(2);
    client.acknowledge(77);
    client.send(&Packet::Pingreq);
    assert_eq!(client.read(), Some(Packet::Pingresp));
    let record = sandbox.record();
    let outcomes: Vec<_> = record.deliveries.iter().map(|d| d.outcome.clone().unwrap()).collect();
    let refused =
        DeliveryOutcome::Rejected { condition: Some("0x99".to_owned()), description: None };
    assert_eq!(outcomes, [refused, DeliveryOutcome::Accepted, DeliveryOutcome::Accepted]);
    assert_eq!(record.connections[0].problems, ["an acknowledgement of 77, which was not sent"]);
    let sent = record.sent(1, End::Client);
    let pubacks: Vec<_> = sent.iter().filter(|packet| packet.starts_with("PUBACK")).collect();
    assert_eq!(pubacks, ["PUBACK 3 0x00", "PUBACK 1 0x99", "PUBACK 2 0x00", "PUBACK 77 0x00"]);
    drop(client);
    let (mut client, present) = Mqtt::resumed(&sandbox, "me");
    client.send(&Packet::Pingreq);
    assert_eq!((present, client.read()), (true, Some(Packet::Pingresp)));
}

#[test]
fn old_replies_are_kept_and_come_as_the_client_asked() {
    let sandbox = TestSandbox::with_rules(&["retained"]);
    let mut first = Mqtt::new(&sandbox, "first").listening();
    first.publish(1, &blob("old"));
    assert_eq!(first.puback(), (1, 0));
    let live = first.message();
    assert!(!live.retain);
    let subscribed = |sandbox: &TestSandbox, id: &str, retain| {
        let mut client = Mqtt::resumed(sandbox, id).0;
        let (code, before) = client.subscribe(REPLY, retain);
        assert_eq!(code, 1);
        client.send(&Packet::Pingreq);
        let mut messages = before;
        loop {
            match client.read() {
                Some(Packet::Publish(publish)) => {
                    client.acknowledge(publish.qos_pid.pid().unwrap().value());
                    messages.push(publish);
                }
                Some(Packet::Pingresp)
                    if !messages.is_empty() || retain == RetainHandling::DoNotSend =>
                {
                    break;
                }
                Some(Packet::Pingresp) if id == "again" => break,
                Some(Packet::Pingresp) => client.send(&Packet::Pingreq),
                other => panic!("{other:?}"),
            }
        }
        messages.iter().map(|message| (reply(message).1, message.retain)).collect::<Vec<_>>()
    };
    let old = [("old".to_owned(), true)];
    assert_eq!(subscribed(&sandbox, "none", RetainHandling::DoNotSend), []);
    assert_eq!(subscribed(&sandbox, "all", RetainHandling::SendAtSubscribe), old);
    assert_eq!(subscribed(&sandbox, "new", RetainHandling::SendAtSubscribeIfNotExist), old);
    // A broker that does not keep to it, and a topic that had its message from elsewhere.
    let sandbox = TestSandbox::with_rules(&["old-message@receiver"]);
    sandbox.retain(&format!("topic://{REPLY}"), amqp_sandbox::Body::Text("before".to_owned()));
    let mut client = Mqtt::new(&sandbox, "me");
    let (_, before) = client.subscribe(REPLY, RetainHandling::DoNotSend);
    let message = before.into_iter().next().unwrap_or_else(|| client.message());
    assert_eq!((&*message.payload, message.retain), (&b"before"[..], true));
}

#[test]
fn a_client_of_3_1_1_has_sessions_and_no_properties() {
    let sandbox = TestSandbox::with_rules(&["retained@request=1"]);
    let (client, present) = Mqtt::old(&sandbox, "me", false);
    assert!(!present);
    let mut client = client.listening();
    client.publish(1, &blob("one"));
    assert_eq!(client.bytes().unwrap(), [0x40, 2, 0, 1]);
    let message = client.bytes().unwrap();
    assert_eq!(message[0], 0x32);
    assert!(String::from_utf8_lossy(&message).contains("signed_payload"));
    drop(client);
    let (mut client, present) = Mqtt::old(&sandbox, "me", false);
    assert!(present);
    assert_eq!(client.bytes().unwrap()[0], 0x3a, "with DUP");
    client.acknowledge(1);
    drop(client);
    sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
    // It cannot ask for no old messages.
    let (mut client, present) = Mqtt::old(&sandbox, "me", true);
    assert!(!present);
    client.send(&subscribe(REPLY, RetainHandling::DoNotSend));
    let both = [client.bytes().unwrap()[0], client.bytes().unwrap()[0]];
    assert!(both.contains(&0x33) && both.contains(&0x90), "{both:02x?}");
    let mqtt = sandbox.record().connections[2].mqtt.clone().unwrap();
    assert_eq!((mqtt.level, mqtt.clean_start, mqtt.session_present), (4, true, Some(false)));
}

#[test]
fn both_protocols_share_topics() {
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::new(&sandbox, "me").listening();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut amqp = common::Client::connect(&sandbox).await;
        let queue = format!("queue://Consumer.me.{REPLY}");
        let mut receiver = amqp.receiver(&queue).await;
        let mut sender = amqp.sender(&format!("topic://{SIGN}")).await;
        common::send(&mut sender, &blob("amqp")).await;
        assert!(common::receive_text(&mut receiver).await.contains("amqp"));
        assert_eq!(reply(&client.message()).1, "amqp");
        client.send(&Packet::Publish(publish(5, SIGN, &blob("mqtt"))));
        assert_eq!(client.puback(), (5, 0));
        assert!(common::receive_text(&mut receiver).await.contains("mqtt"));
        assert_eq!(reply(&client.message()).1, "mqtt");
    });
}

/// Brokers do not look for what they have had already.
#[test]
fn a_request_that_is_sent_again_is_served_again() {
    let sandbox = TestSandbox::with_rules(&["never-settle@request=1"]);
    let mut client = Mqtt::resumed(&sandbox, "me").0.listening();
    client.publish(1, &blob("one"));
    let id = reply(&client.message()).0;
    client.acknowledge(id);
    let mut client = Mqtt::resumed(&sandbox, "me").0;
    let mut again = publish(1, SIGN, &blob("one"));
    again.dup = true;
    client.send(&Packet::Publish(again));
    let mut seen = Vec::new();
    while seen.len() < 2 {
        match client.read() {
            Some(Packet::Puback(puback)) => seen.push(format!("PUBACK {}", puback.pid.value())),
            // The acknowledgement of the first may have come too late.
            Some(Packet::Publish(publish)) if publish.dup => {}
            Some(Packet::Publish(publish)) => seen.push(reply(&publish).1),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, ["PUBACK 1", "one"]);
    let record = sandbox.record();
    let dup: Vec<_> = record.requests.iter().map(|r| r.mqtt.as_ref().unwrap().dup).collect();
    assert_eq!(dup, [false, true]);
    assert!(record.connections.iter().all(|c| c.problems.is_empty()));
}
