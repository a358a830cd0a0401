//! Replies: what they are, and when they are acknowledged.

use super::*;

#[test]
fn replies_are_acknowledged_in_order_of_arrival() {
    let mut bench = Bench::established(&[]);
    bench.written();
    let replies = [publish(5, b"a"), publish(0, b"b"), publish(6, b"c")].concat();
    assert_eq!(bench.feed(&replies), ["reply 3: a", "reply 4: b", "reply 5: c"]);
    bench.session.settle(ReplyId(5), Settlement::Reject("malformed"));
    bench.session.settle(ReplyId(2), Settlement::Accept);
    assert_eq!(bench.written(), [""; 0], "the first one is not settled");
    bench.session.settle(ReplyId(3), Settlement::Release);
    assert_eq!(bench.written(), ["PUBACK 5"], "QoS 0 is between");
    bench.session.settle(ReplyId(4), Settlement::Accept);
    assert_eq!((bench.written(), bench.session.next_reply()), (vec!["PUBACK 6".to_owned()], 6));
}

#[test]
fn a_reply_may_come_before_the_subscription_is_answered() {
    let mut bench = Bench::new(V5, Memory::default());
    bench.feed(&connack(false, 0, &[]));
    bench.written();
    assert_eq!(bench.feed(&publish(5, b"a")), ["reply 3: a"]);
    bench.session.settle(ReplyId(3), Settlement::Accept);
    assert_eq!(bench.written(), ["PUBACK 5"]);
}

#[test]
fn an_acknowledgement_whose_connection_is_gone_is_dropped() {
    let mut bench = Bench::established(&[]);
    bench.feed(&publish(5, b"a"));
    let mut bench = bench.again().establish(true, &[]);
    bench.written();
    // The broker delivers it again under another number; the old one says nothing here.
    assert_eq!(bench.feed(&publish(5, b"a")), ["reply 3: a"]);
    bench.session.settle(ReplyId(2), Settlement::Accept);
    assert_eq!(bench.written(), [""; 0]);
}

#[test]
fn a_message_of_amqp_is_decoded_and_a_large_one_is_skipped_and_acknowledged() {
    let mut bench = Bench::established(&[]);
    bench.written();
    assert_eq!(bench.feed(&publish(5, b"\0ab")), ["reply 3: ba\\x00"]);
    let events = bench.feed(&publish(6, &[b'x'; 1200]));
    assert!(events.last().unwrap().starts_with("reply 4: TooLarge"), "{events:?}");
    for id in [3, 4] {
        bench.session.settle(ReplyId(id), Settlement::Reject("no"));
    }
    assert_eq!(bench.written(), ["PUBACK 5", "PUBACK 6"]);
}

#[test]
fn a_retained_message_is_no_reply_over_3_1_1() {
    for (version, expected) in [(Version::V311, 0), (V5, 1)] {
        let mut bench = Bench::new(version, Memory::default());
        let connack = if version == V5 { connack(false, 0, &[]) } else { packet(0x20, &[&[0, 0]]) };
        bench.feed(&connack);
        bench.written();
        let mut message = publish(5, b"a");
        message[0] |= 1;
        assert_eq!(bench.feed(&message).len(), expected);
        assert_eq!(bench.written().len(), 1 - expected, "it is acknowledged at once");
    }
}

#[test]
fn what_a_broker_may_not_send_ends_the_connection() {
    let mut qos_2 = publish(5, b"a");
    qos_2[0] = 0x34;
    for (bytes, expected) in [
        (qos_2, "the broker sent a message with QoS 2; at most 1 was asked for"),
        (connack(false, 0, &[]), "the broker sent a second CONNACK"),
    ] {
        let events = Bench::established(&[]).feed(&bytes);
        assert_eq!(events, [format!("ended: b: reply: {expected}")]);
    }
    let events = Bench::new(V5, Memory::default()).feed(&connack(false, 0, &[0x21, 0, 0]));
    assert_eq!(events, ["ended: b: reply: the broker's Receive Maximum is 0"]);
}

#[test]
fn what_is_of_no_use_is_ignored() {
    let mut bench = Bench::established(&[]);
    assert_eq!(bench.feed(&[0xd0, 0, 0x62, 2, 0, 9, 0x40, 2, 0, 77]), [""; 0]);
}

#[test]
fn a_check_takes_nothing() {
    let memory = Memory::default();
    for purpose in [Purpose::SeeLinks, Purpose::SeeLogin] {
        let now = Instant::now();
        let options = Options { purpose, ..options(V5, &memory, now) };
        let mut session = Session::new(&options).unwrap();
        let bytes = [connack(false, 0, &[]), suback(1, 1), publish(5, b"a")].concat();
        session.input()[..bytes.len()].copy_from_slice(&bytes);
        session.input_done(bytes.len());
        let events: Vec<_> = std::iter::from_fn(|| session.next_event()).collect();
        assert!(matches!(events[..], [Event::Opened, Event::Ready(Ok(()))]), "{events:?}");
        assert!(!session.remembered.has_session && session.session_expiry == 0);
    }
}

/// They are only kept until then. What is too much is not acknowledged, and so comes again on the next connection.
#[test]
fn of_replies_before_the_subscription_is_answered_a_limited_number_is_kept() {
    for id in [0, 5] {
        let mut bench = Bench::new(V5, Memory::default());
        bench.feed(&connack(false, 0, &[]));
        bench.written();
        bench.put(&publish(id, b"a").repeat(inbound::MOST + 9));
        assert_eq!(bench.events().len(), inbound::MOST, "{id}");
        assert_eq!(bench.feed(&suback(1, 1)), ["Ready"]);
        assert_eq!(bench.feed(&publish(9, b"b")), [""; 0], "it must not overtake the others");
        for number in 3..3 + inbound::MOST as u64 - 1 {
            bench.session.settle(ReplyId(number), Settlement::Accept);
        }
        bench.written();
        bench.session.tick(Instant::now());
        assert_eq!(bench.events(), [""; 0], "one is not settled");
        bench.session.settle(ReplyId(2 + inbound::MOST as u64), Settlement::Accept);
        if id > 0 {
            bench.session.tick(Instant::now());
            assert_eq!(bench.events(), [""; 0], "its PUBACK is not written");
            assert_eq!(bench.written(), ["PUBACK 5"]);
        } else {
            bench.session.tick(Instant::now());
        }
        let says = "ended: b: reply: more replies came than are kept until the broker answers the SUBSCRIBE";
        assert_eq!(bench.events(), [says]);
        assert!(bench.again().written()[0].starts_with("CONNECT client clean 0"));
    }
}

#[test]
fn large_replies_before_the_subscription_is_answered_are_limited_in_all() {
    let mut inbound = Inbound::new(0);
    let reply = |size: usize| RawReply {
        body: crate::signing::ReplyBody::Bytes(vec![0; size / 2]),
        properties: Some(" ".repeat(size / 2)),
    };
    assert!([40 << 20, 24 << 20, 9 << 20].into_iter().all(|size| inbound.keeps(&reply(size))));
    assert!(!inbound.keeps(&reply(2)) && inbound.is_full());
}

#[test]
fn a_broker_that_sends_and_does_not_read_is_left() {
    let mut bench = Bench::established(&[]);
    bench.written();
    for number in 3..3 + inbound::MOST as u64 + 1 {
        assert_eq!(bench.feed(&publish(5, b"a")).len(), 1);
        bench.session.settle(ReplyId(number), Settlement::Accept);
    }
    let says =
        "ended: b: reply: the broker sends replies, and does not read what acknowledges them";
    assert_eq!(bench.feed(&publish(5, b"a")), [says]);
}
