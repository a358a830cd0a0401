//! Ends: what the broker says, and what it may mean if it says nothing.

use super::*;

#[test]
fn a_refusal_to_connect_names_its_code() {
    for (bytes, expected) in [
        (connack(false, 0x87, &[]), "ended: b: connection refused: not authorized (0x87)"),
        (
            connack(false, 0x84, &[]),
            "ended: b: connection refused: unsupported protocol version (0x84)",
        ),
        (
            connack(false, 0x9d, b"\x1c\x00\x05other\x1f\x00\x03why"),
            "ended: b: reply: connection ended by the broker: server moved (0x9D): why (server reference: other)",
        ),
        (
            connack(false, 0x88, &[]),
            "ended: b: reply: connection ended by the broker: server unavailable (0x88)",
        ),
        (
            packet(0x20, &[&[0, 1]]),
            "ended: b: connection refused: unsupported protocol version (0x84): return code 1 of MQTT 3.1.1",
        ),
        (
            packet(0x20, &[&[0, 0]]),
            "ended: b: connection refused: unsupported protocol version (0x84): the broker answers in MQTT 3.1.1",
        ),
        (
            packet(0x20, &[&[0, 4]]),
            "ended: b: connection refused: bad user name or password (0x86): return code 4 of MQTT 3.1.1",
        ),
        (
            connack(false, 0, &[0x24, 0]),
            "ended: b: connection refused: maximum QoS 0: the broker accepts no requests that it would have to acknowledge; enable QoS 1 there",
        ),
        (disconnect(0x87), "ended: b: connection refused: not authorized (0x87)"),
        (
            packet(0xf0, &[]),
            "ended: b: reply: the broker sent another packet in place of a CONNACK",
        ),
    ] {
        assert_eq!(Bench::new(V5, Memory::default()).feed(&bytes), [expected]);
    }
    let mut bench = Bench::new(Version::V311, Memory::default());
    let expected =
        "ended: b: connection refused: not authorized (0x87): return code 5 of MQTT 3.1.1";
    assert_eq!(bench.feed(&packet(0x20, &[&[0, 5]])), [expected]);
}

#[test]
fn a_refusal_to_listen_ends_the_run() {
    for (code, is_of_run, name) in [
        (0x87, true, "not authorized (0x87)"),
        (0x8f, true, "topic filter invalid (0x8F)"),
        (0xa2, true, "wildcard subscriptions not supported (0xA2)"),
        (0x80, false, "unspecified error (0x80)"),
        (0x97, false, "quota exceeded (0x97)"),
        (0x91, false, "packet identifier in use (0x91)"),
    ] {
        let mut bench = Bench::new(V5, Memory::default());
        bench.feed(&connack(false, 0, &[]));
        let expected = if is_of_run {
            format!("ended: run: b: listening to \"replies\" refused: {name}")
        } else {
            format!("ended: b: reply: listening to \"replies\" ended by the broker: {name}")
        };
        assert_eq!(bench.feed(&suback(1, code)), [expected]);
        assert_eq!(bench.again().session.clean_start, code == 0x91);
    }
}

#[test]
fn a_disconnect_is_about_what_was_sent_last() {
    let closed = |name| format!("ended: b: reply: connection ended by the broker: {name}");
    let refused = |what: &str| format!("ended: run: b: {what} refused: not authorized (0x87)");
    // While subscribing, with nothing on its way, and with a request on its way.
    let mut bench = Bench::new(V5, Memory::default());
    bench.feed(&connack(false, 0, &[]));
    assert_eq!(bench.feed(&disconnect(0x87)), [refused("listening to \"replies\"")]);
    assert_eq!(Bench::established(&[]).feed(&disconnect(0x87)), [refused("connection")]);
    for (code, expected) in [
        (0x8b, vec![closed("server shutting down (0x8B)")]),
        (0x95, vec![closed("packet too large (0x95)")]),
        (0x00, vec![closed("success (0x00)")]),
        (0x8e, vec!["ended: run: b: connection refused: session taken over (0x8E): another client uses the client id \"client\"".into()]),
        (
            0x87,
            vec![
                "sending refused: run: b: sending to \"requests\" refused: not authorized (0x87)".into(),
                closed("not authorized (0x87)"),
            ],
        ),
    ] {
        let mut bench = Bench::established(&[]);
        bench.send([0]);
        bench.written();
        assert_eq!(bench.feed(&disconnect(code)), expected);
        assert!(bench.session.input().is_empty());
        let mut bench = bench.again().establish(true, &[]);
        // What the broker forbids is not sent again.
        assert_eq!(bench.written().len(), if code == 0x87 { 2 } else { 3 });
    }
}

#[test]
fn a_hang_up_is_explained_by_what_was_sent_last() {
    let presumed = |bench: &mut Bench| {
        bench.session.input_ended();
        assert_eq!(bench.events().last().map(String::as_str), Some("ended: hung up"));
        bench.session.presumed().unwrap_or_default()
    };
    let mut bench = Bench::new(V5, Memory::default());
    assert!(presumed(&mut bench).contains("set mqtt_version: \"3.1.1\""));
    let mut bench = Bench::new(Version::V311, Memory::default());
    assert!(!presumed(&mut bench).contains("3.1.1"));
    let mut bench = Bench::new(V5, Memory::default());
    bench.feed(&connack(false, 0, &[]));
    assert!(presumed(&mut bench).ends_with("read from \"replies\""));
    let mut bench = Bench::established(&[]);
    bench.send([0]);
    bench.written();
    assert!(presumed(&mut bench).ends_with("write to \"requests\""));
    let mut bench = Bench::established(&[]);
    let large = request_for(&format!("host/{}:0", "x".repeat(20_000)));
    assert!(matches!(bench.session.send(0, &large), HandOver::Done));
    bench.written();
    assert!(
        presumed(&mut bench).ends_with("write to \"requests\", or a request is too large for it")
    );
    assert_eq!(presumed(&mut Bench::established(&[])), "");
}

#[test]
fn a_port_of_another_protocol_is_recognised() {
    let mut bench = Bench::new(V5, Memory::default());
    let events = bench.feed(b"AMQP\0\x01\0\0");
    assert_eq!(events.len(), 1);
    assert!(events[0].contains("speaks AMQP"), "{events:?}");
}
