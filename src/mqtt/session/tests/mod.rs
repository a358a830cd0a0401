//! The session, fed with bytes by hand.

mod arriving;
mod bench;
mod blame;
mod clocks;
mod ends;
mod limits;
mod opening;
mod over;
mod replies;
mod resuming;

use super::*;
use std::time::Duration;

use crate::{broker::ReplyId, session::Session as _};
use bench::{
    Bench, connack, disconnect, large_request, options, packet, puback, publish, request,
    request_for, suback,
};

const V5: Version = Version::V5;

#[test]
fn nothing_is_sent_before_the_subscription_stands() {
    let mut bench = Bench::new(V5, Memory::default());
    assert_eq!(bench.written(), ["CONNECT client clean 1 keep alive 30 expiry 40"]);
    assert!(bench.session.phase() == Phase::Open && bench.send([0]) == 0);
    assert_eq!(bench.feed(&connack(false, 0, &[])), ["Opened"]);
    assert_eq!(bench.written(), ["SUBSCRIBE 1"]);
    assert!(bench.session.phase() == Phase::Attach && bench.send([0]) == 0);
    assert!(bench.feed(&suback(9, 0)).is_empty(), "it is not the client's");
    assert_eq!(bench.feed(&suback(1, 1)), ["Ready"]);
    assert_eq!(bench.send([0, 1]), usize::MAX);
    assert_eq!(bench.written(), ["PUBLISH 2", "PUBLISH 3"]);
}

#[test]
fn over_3_1_1_a_session_is_always_new_and_few_requests_are_on_their_way() {
    let mut bench = Bench::new(Version::V311, Memory::default());
    assert_eq!(bench.written(), ["CONNECT client clean 1 keep alive 30 expiry 0"]);
    bench.put(&packet(0x20, &[&[0, 0]]));
    bench.feed(&packet(0x90, &[&[0, 1, 1]]));
    assert_eq!(bench.send(0..99), 20);
    let mut bench = bench.again();
    assert_eq!(bench.written(), ["CONNECT client clean 1 keep alive 30 expiry 0"]);
    assert_eq!(bench.feed(&packet(0x20, &[&[0, 0]])), ["Opened"]);
}

#[test]
fn no_more_requests_are_without_an_answer_than_the_broker_allows() {
    let mut bench = Bench::established(&[0x21, 0, 2]);
    assert_eq!(bench.send(0..9), 2);
    bench.written();
    assert_eq!(bench.feed(&puback(3, 0)), ["1 accepted"], "in any order");
    assert_eq!(bench.send(2..9), 1);
    assert_eq!(bench.feed(&puback(99, 0)), [""; 0]);
}

#[test]
fn a_large_request_goes_out_once_little_is_kept_of_those_before_it() {
    let mut bench = Bench::established(&[]);
    bench.written();
    let request = large_request(3 << 20);
    let is_taken =
        |bench: &mut Bench, entry| matches!(bench.session.send(entry, &request), HandOver::Done);
    assert!(is_taken(&mut bench, 0) && !is_taken(&mut bench, 1));
    assert_eq!((bench.written(), bench.send([1])), (vec!["PUBLISH 2".to_owned()], 0));
    assert_eq!(bench.feed(&puback(2, 0)), ["0 accepted"]);
    assert!(is_taken(&mut bench, 1) && !is_taken(&mut bench, 2));
}

#[test]
fn what_a_broker_says_of_a_request_is_its_outcome() {
    for (code, expected) in [
        (0x00, &["0 accepted"][..]),
        (0x01, &["0 accepted"]),
        (0x10, &["0 later: no matching subscribers (0x10): why"]),
        (0x83, &["0 later: implementation specific error (0x83): why"]),
        (0x97, &["0 later: quota exceeded (0x97): why"]),
        (0x80, &["0 undeliverable: unspecified error (0x80): why"]),
        (0x95, &["0 undeliverable: packet too large (0x95): why"]),
        (0xc5, &["0 undeliverable: unknown reason code (0xC5): why"]),
        (
            0x87,
            &[
                "sending refused: run: b: sending to \"requests\" refused: not authorized (0x87): why",
                "0 undeliverable: not authorized (0x87): why",
            ],
        ),
        (
            0x91,
            &[
                "ended: b: reply: sending to \"requests\" ended by the broker: packet identifier in use (0x91): why",
            ],
        ),
    ] {
        let mut bench = Bench::established(&[]);
        bench.send([0]);
        bench.written();
        assert_eq!(bench.feed(&puback(2, code)), expected, "{code:x}");
    }
}

/// The request may be on its way twice; only that the broker accepts it is news then.
#[test]
fn what_a_broker_says_of_an_earlier_sending_counts_only_if_it_accepts_it() {
    let mut bench = Bench::established(&[]);
    bench.send([7, 7, 7]);
    bench.written();
    assert_eq!(bench.feed(&puback(2, 0x97)), ["Writable"]);
    assert_eq!(bench.feed(&puback(3, 0)), ["7 accepted"]);
    assert_eq!(bench.feed(&puback(4, 0x97)), ["7 later: quota exceeded (0x97): why"]);
}

#[test]
fn a_request_that_is_too_large_for_the_broker_is_not_sent() {
    let size = {
        let mut bench = Bench::established(&[]);
        bench.written();
        bench.send([0]);
        bench.session.output().len() as u16
    };
    for (limit, fits) in [(size, true), (size - 1, false)] {
        let [high, low] = limit.to_be_bytes();
        let mut bench = Bench::established(&[0x27, 0, 0, high, low]);
        match bench.session.send(0, &request()) {
            HandOver::Done => assert!(fits),
            HandOver::Never(condition) => {
                let words = format!(
                    "packet too large (0x95): the packet has {size} bytes; the broker accepts at most {limit}"
                );
                assert_eq!((condition.to_string(), fits), (words, false));
                assert_eq!(bench.written().len(), 2);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_request_carries_what_the_signing_server_needs() {
    let mut bench = Bench::established(&[]);
    bench.send([0]);
    let output = bench.session.output();
    let text = output.escape_ascii().to_string();
    for expected in [
        // Payload format, seven seconds to live, content type, response topic, correlation data, a user property.
        r"\x01\x01\x02\x00\x00\x00\x07\x03\x00\x10application/json\x08\x00\x07replies\t\x00\x011&",
        r"&\x00\x05mtype\x00\x13container_signature",
        r#"\"request_id\": \"1\""#,
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

#[test]
fn the_first_clock_is_of_what_is_sent_and_the_second_of_what_is_received() {
    let mut bench = Bench::established(&[]);
    let now = Instant::now();
    let at = |seconds: u64| now + Duration::from_secs(seconds);
    let tick = |bench: &mut Bench, seconds: u64| {
        bench.session.tick(at(seconds));
        bench.written()
    };
    tick(&mut bench, 1);
    // It receives, and sends nothing.
    bench.feed(&publish(0, b"x"));
    assert_eq!(tick(&mut bench, 15), [""; 0]);
    assert_eq!(tick(&mut bench, 16), ["PINGREQ"]);
    assert_eq!(tick(&mut bench, 30), [""; 0]);
    // Any byte is life.
    bench.put(&[0xd0]);
    assert_eq!(tick(&mut bench, 31), ["PINGREQ"], "of the second clock");
    // It sends, and receives nothing.
    bench.put(&[0]);
    tick(&mut bench, 32);
    bench.send([0]);
    assert_eq!(bench.written(), ["PUBLISH 2"]);
    assert_eq!(tick(&mut bench, 46), [""; 0]);
    assert_eq!(tick(&mut bench, 47), ["PINGREQ"]);
    assert!(bench.events().iter().all(|event| !event.contains("ended")));
    bench.session.tick(at(61));
    assert_eq!(bench.events(), [""; 0]);
    bench.session.tick(at(62));
    let silent = "ended: b: reply: the broker has been silent for 30 s (idle_timeout)";
    assert_eq!(bench.events(), [silent]);
}

#[test]
fn the_broker_s_keep_alive_counts_if_it_is_shorter() {
    for (server, expected) in [(10, 5), (60, 15), (0, 15)] {
        let bench = Bench::established(&[0x13, 0, server]);
        let mut session = bench.session;
        let now = Instant::now();
        let next = session.tick(now).map(|next| next.duration_since(now).as_secs_f64().round());
        assert_eq!(next, Some(f64::from(expected)), "{server}");
    }
}

#[test]
fn the_end_of_a_session_is_told_after_everything_else() {
    // Without an expiry that of the CONNECT counts.
    for (stays, disconnect) in
        [(false, "DISCONNECT \\x00\\x05\\x11\\x00\\x00\\x00\\x00"), (true, "DISCONNECT ")]
    {
        let mut bench = Bench::established(&[]);
        bench.written();
        bench.put(&[5, 6, 7, 9].map(|id| publish(id, b"a")).concat());
        bench.events();
        for id in [3, 5, 6] {
            bench.session.settle(ReplyId(id), Settlement::Accept);
        }
        bench.session.close(stays);
        // The second reply is not settled; its PUBACK would say that it was.
        assert_eq!(bench.written(), ["PUBACK 5", "PUBACK 7", "PUBACK 9", disconnect]);
        assert_eq!(bench.feed(&publish(8, b"d")), [""; 0]);
        bench.session.input_ended();
        assert_eq!(bench.events(), ["ended: hung up"]);
        assert!(bench.session.tick(Instant::now()).is_none());
    }
}

/// The number after that means forever.
#[test]
fn a_session_is_not_asked_for_forever() {
    for (seconds, expected) in
        [(0, 1), (u64::from(u32::MAX), u32::MAX - 1), (1 << 40, u32::MAX - 1)]
    {
        let memory = Memory::default();
        let session_expiry = Duration::from_secs(seconds);
        let options = Options { session_expiry, ..options(V5, &memory, Instant::now()) };
        let mut bench = Bench::of(&options);
        let connect = format!("CONNECT client clean 1 keep alive 30 expiry {expected}");
        assert_eq!(bench.written(), [connect]);
    }
}
