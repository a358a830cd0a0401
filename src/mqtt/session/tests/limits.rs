//! What a broker does not take, and what is not to be sent any more.

use super::*;

/// It is an identifier again for the next request.
#[test]
fn a_request_that_is_too_large_takes_no_identifier() {
    let mut bench = Bench::established(&[0x27, 0, 0, 0, 50]);
    assert_eq!(bench.send([0]), 0);
    let ids = std::iter::from_fn(|| bench.session.remembered.queue.take_id()).count();
    assert_eq!(ids, usize::from(u16::MAX));
}

/// Without a Receive Maximum it is 65,535 (MQTT 5.0, 3.2.2.3.3).
#[test]
fn a_broker_that_names_no_receive_maximum_gets_many_requests_at_once() {
    assert_eq!(Bench::established(&[]).send(0..1000), usize::MAX);
}

/// The same packet would have to go out again.
#[test]
fn a_session_is_given_up_only_if_a_packet_has_become_too_large() {
    let sent = || {
        let mut bench = Bench::established(&[]);
        bench.written();
        bench.send([0]);
        (bench.session.output().len() as u16, bench)
    };
    let (size, _) = sent();
    for (limit, session_present, expected) in [
        (size, true, "Opened"),
        (size - 1, true, "ended: b: reply: the broker accepts only smaller packets than before"),
        (size - 1, false, "Opened"),
    ] {
        let [high, low] = limit.to_be_bytes();
        let mut bench = sent().1.again();
        let connack = connack(session_present, 0, &[0x27, 0, 0, high, low]);
        assert_eq!(bench.feed(&connack), [expected], "{limit}");
        let is_given_up = expected != "Opened";
        assert_eq!(bench.again().session.clean_start, is_given_up, "{limit}");
    }
}

/// Nor that it is forbidden: what waits is not sent, and only the last sending has an outcome.
#[test]
fn what_a_broker_says_of_an_earlier_sending_is_no_outcome() {
    let refused =
        "sending refused: run: b: sending to \"requests\" refused: not authorized (0x87): why";
    for (code, expected) in [(0x80, "Writable"), (0x87, refused)] {
        let mut bench = Bench::established(&[]);
        bench.send([7, 7]);
        bench.written();
        assert_eq!(bench.feed(&puback(2, code)), [expected]);
    }
}

#[test]
fn what_waits_to_go_out_again_is_dropped_once_sending_is_refused() {
    let mut bench = Bench::established(&[]);
    bench.send(0..3);
    bench.written();
    let mut bench = bench.again().establish(true, &[0x21, 0, 1]);
    assert_eq!(bench.written()[2..], ["PUBLISH 2 again"]);
    bench.feed(&puback(2, 0x87));
    assert_eq!(bench.written(), [""; 0]);
}

/// The broker has another session in mind.
#[test]
fn after_an_identifier_that_is_in_use_the_session_is_new() {
    let mut bench = Bench::established(&[]);
    bench.send([0]);
    bench.written();
    bench.feed(&puback(2, 0x91));
    assert!(bench.again().session.clean_start);
}

#[test]
fn a_subscribe_that_is_too_large_is_not_sent() {
    // The header, a packet identifier, no properties, and the topic "replies" with its options.
    const SIZE: u8 = 2 + 2 + 1 + 2 + 7 + 1;
    for (limit, fits) in [(SIZE, true), (SIZE - 1, false)] {
        let mut bench = Bench::new(V5, Memory::default());
        bench.written();
        let events = bench.feed(&connack(false, 0, &[0x27, 0, 0, 0, limit]));
        if fits {
            assert_eq!(
                (events, bench.written()),
                (vec!["Opened".into()], vec!["SUBSCRIBE 1".into()])
            );
            continue;
        }
        let says = "ended: b: listening to \"replies\" refused: packet too large (0x95): the packet has 15 bytes; the broker accepts at most 14";
        assert_eq!(events, ["Opened", says]);
        assert!(bench.written().is_empty());
    }
}
