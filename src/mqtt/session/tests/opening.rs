//! CONNECT and SUBSCRIBE, and odd answers to them.

use super::*;

/// A session with these options.
fn session(options: &Options<'_>) -> Session {
    Session::new(options).unwrap()
}

/// Feeds bytes, and returns how many events came of them.
fn feed(session: &mut Session, bytes: &[u8]) -> usize {
    session.input()[..bytes.len()].copy_from_slice(bytes);
    session.input_done(bytes.len());
    std::iter::from_fn(|| session.next_event()).count()
}

/// After it comes the client id: flags, keep alive, session expiry and Receive Maximum.
#[test]
fn the_connect_says_who_the_client_is_and_what_it_can_take() {
    let memory = Memory::default();
    let base = || options(V5, &memory, Instant::now());
    for (options, flags, rest) in [
        (base(), 2, &b""[..]),
        (Options { username: Some("me"), ..base() }, 0x82, b"\0\x02me"),
        (
            Options { username: Some("me"), password: Some("pw"), ..base() },
            0xc2,
            b"\0\x02me\0\x02pw",
        ),
    ] {
        let mut session = session(&options);
        let properties = b"\0\x1e\x08\x11\0\0\0\x28\x21\x03\xe8";
        let expected =
            [&b"\0\x04MQTT\x05"[..], &[flags], properties, b"\0\x06client", rest].concat();
        assert_eq!(session.output()[2..], expected);
    }
}

/// 0 would mean without end on some brokers.
#[test]
fn a_request_has_at_least_a_second_to_live() {
    for (ttl, expected) in [(Duration::ZERO, 1), (Duration::from_millis(1001), 2)] {
        let memory = Memory::default();
        let options = Options { ttl, ..options(V5, &memory, Instant::now()) };
        assert_eq!(session(&options).ttl, expected);
    }
}

/// The one that an earlier process left is gone then.
#[test]
fn a_session_that_is_given_up_is_not_asked_for_again() {
    let memory = Memory::default();
    let options = Options { goes_on: true, ..options(V5, &memory, Instant::now()) };
    let mut first = session(&options);
    assert!(!first.clean_start);
    feed(&mut first, &[connack(true, 0, &[]), suback(1, 0x91)].concat());
    drop(first);
    assert!(session(&options).clean_start);
}

#[test]
fn a_suback_is_answer_enough_only_with_a_code() {
    for (version, codes, expected) in [
        (V5, &b"\0"[..], "ended: b: reply: the broker's SUBACK has no reason code"),
        (Version::V311, b"", "ended: b: reply: the broker's SUBACK has no reason code"),
        (
            Version::V311,
            b"\x80",
            "ended: run: b: listening to \"replies\" refused: not authorized (0x87): return code 128 of MQTT 3.1.1",
        ),
        (
            V5,
            b"\0\x80",
            "ended: b: reply: listening to \"replies\" ended by the broker: unspecified error (0x80)",
        ),
    ] {
        let mut bench = Bench::new(version, Memory::default());
        let connack = if version == V5 { connack(false, 0, &[]) } else { packet(0x20, &[&[0, 0]]) };
        bench.feed(&connack);
        assert_eq!(bench.feed(&packet(0x90, &[&[0, 1], codes])), [expected]);
    }
}

/// With a session that goes on, too: what goes out again waits for the SUBACK.
#[test]
fn nothing_goes_out_again_before_the_subscription_stands() {
    let mut bench = Bench::established(&[]);
    bench.send([0]);
    bench.written();
    let mut bench = bench.again();
    bench.written();
    bench.feed(&connack(true, 0, &[]));
    assert_eq!(bench.written(), ["SUBSCRIBE 3"]);
    bench.feed(&suback(3, 1));
    assert_eq!(bench.written(), ["PUBLISH 2 again"]);
}

#[test]
fn a_look_at_the_login_subscribes_to_nothing() {
    for (purpose, packets) in [(Purpose::SeeLogin, 0), (Purpose::SeeLinks, 1)] {
        let memory = Memory::default();
        let mut session = session(&Options { purpose, ..options(V5, &memory, Instant::now()) });
        let connect = session.output().len();
        session.output_done(connect);
        feed(&mut session, &connack(false, 0, &[]));
        assert_eq!(session.output().iter().filter(|byte| **byte == 0x82).count(), packets);
    }
}

/// They are reserved (MQTT 5.0, 3.2.2.1).
#[test]
fn other_bits_of_a_connack_do_not_say_that_there_is_a_session() {
    let mut bench = Bench::new(V5, Memory::default());
    assert_eq!(bench.feed(&packet(0x20, &[&[0xfe, 0, 0]])), ["Opened"]);
}
