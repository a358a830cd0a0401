//! What one connection leaves for the next.

use super::*;

#[test]
fn what_is_unacknowledged_goes_out_again_in_order_under_its_own_identifiers() {
    let mut bench = Bench::established(&[]);
    bench.send(0..4);
    bench.written();
    bench.feed(&puback(3, 0));
    let mut bench = bench.again();
    assert_eq!(bench.written(), ["CONNECT client clean 0 keep alive 30 expiry 40"]);
    let mut bench = bench.establish(true, &[0x21, 0, 2]);
    assert!(bench.session.holds_back() || bench.send([]) == usize::MAX);
    // The loops hand over what is in doubt: it goes out once.
    assert_eq!(bench.send([0, 2, 3]), usize::MAX);
    assert_eq!(bench.written(), ["SUBSCRIBE 6", "PUBLISH 2 again", "PUBLISH 4 again"]);
    assert!(bench.session.holds_back(), "the broker allows two");
    assert_eq!(bench.feed(&puback(4, 0)), ["2 accepted"]);
    assert_eq!(bench.written(), ["PUBLISH 5 again"]);
    assert!(!bench.session.holds_back());
    bench.feed(&[puback(2, 0), puback(5, 0)].concat());
    bench.send([0]);
    assert_eq!(bench.written(), ["PUBLISH 7"], "a new sending has a new identifier");
}

/// Nothing of the earlier connection comes before the CONNECT.
#[test]
fn what_was_written_in_part_goes_out_again_as_a_whole() {
    let mut bench = Bench::established(&[]);
    bench.written();
    bench.send(0..2);
    let half = bench.session.output().len() / 2;
    bench.session.output_done(half);
    let mut bench = bench.again();
    assert_eq!(bench.written(), ["CONNECT client clean 0 keep alive 30 expiry 40"]);
    let mut bench = bench.establish(true, &[]);
    assert_eq!(bench.written(), ["SUBSCRIBE 4", "PUBLISH 2 again", "PUBLISH 3 again"]);
}

/// Whatever ended that process; 3.1.1 has no expiry, so there is no session to go on with.
#[test]
fn the_session_that_a_process_left_behind_goes_on() {
    for (version, clean) in [(V5, "clean 0"), (Version::V311, "clean 1")] {
        assert!(Bench::going_on(version).written()[0].contains(clean), "{version:?}");
    }
    for session_present in [true, false] {
        let mut bench = Bench::going_on(V5).establish(session_present, &[]);
        assert_eq!(bench.session.has_missed_replies(), !session_present);
        bench.send([0]);
        assert_eq!(bench.written()[1..], ["SUBSCRIBE 1", "PUBLISH 2"]);
    }
}

/// The broker has made a new one for a connection that did not last.
#[test]
fn a_session_that_was_lost_is_not_kept_because_it_is_there_on_the_next_connection() {
    let mut bench = Bench::going_on(V5);
    bench.feed(&connack(false, 0, &[]));
    let bench = bench.again().establish(true, &[]);
    assert!(bench.session.has_missed_replies());
}

#[test]
fn an_identifier_of_a_subscription_without_an_answer_is_free_again() {
    let mut bench = Bench::established(&[]);
    for _ in 0..3 {
        bench = bench.again();
        bench.feed(&connack(true, 0, &[]));
    }
    let ids = std::iter::from_fn(|| bench.session.remembered.queue.take_id()).count();
    assert_eq!(ids, usize::from(u16::MAX) - 1);
}

#[test]
fn a_request_that_was_answered_meanwhile_goes_out_again_too() {
    let mut bench = Bench::established(&[]);
    bench.send(0..2);
    bench.written();
    let mut bench = bench.again().establish(true, &[]);
    assert_eq!(bench.written()[1..], ["SUBSCRIBE 4", "PUBLISH 2 again", "PUBLISH 3 again"]);
}

#[test]
fn without_a_session_everything_is_new() {
    let mut bench = Bench::established(&[]);
    bench.send(0..3);
    bench.written();
    let mut bench = bench.again().establish(false, &[]);
    assert_eq!(bench.written().len(), 2);
    bench.send([1, 2]);
    assert_eq!(bench.written(), ["PUBLISH 2", "PUBLISH 3"]);
}

#[test]
fn a_session_that_the_client_does_not_remember_is_not_resumed() {
    let mut bench = Bench::new(V5, Memory::default());
    let events = bench.feed(&connack(true, 0, &[]));
    let expected =
        "ended: b: reply: the broker resumes a session, although the client began a new one";
    assert_eq!(events, [expected]);
    assert_eq!(bench.again().written(), ["CONNECT client clean 1 keep alive 30 expiry 40"]);
}

#[test]
fn an_assigned_id_is_kept() {
    let bench = Bench::established(b"\x12\x00\x04auto");
    let mut bench = bench.again();
    assert_eq!(bench.written(), ["CONNECT auto clean 0 keep alive 30 expiry 40"]);
}

/// The client's end of a connection that broke.
pub(super) fn lost(mut bench: Bench) -> Bench {
    bench.written();
    bench.session.input_ended();
    bench.events();
    bench.again()
}

#[test]
fn a_request_with_which_three_connections_end_in_a_row_fails_and_the_session_is_new() {
    let mut bench = Bench::established(&[]);
    bench.send(0..4);
    bench.written();
    // The first one is acknowledged: it is not to blame.
    bench.feed(&puback(2, 0));
    bench = lost(bench).establish(true, &[]);
    assert_eq!(bench.written().len(), 5);
    bench = lost(bench).establish(true, &[]);
    // From now on one goes out after the other.
    assert_eq!(bench.written()[2..], ["PUBLISH 3 again"]);
    assert_eq!(bench.send([1, 2, 3]), usize::MAX);
    assert_eq!(bench.send([9]), 0);
    bench = lost(bench);
    assert_eq!(bench.written(), ["CONNECT client clean 1 keep alive 30 expiry 40"]);
    assert_eq!(bench.feed(&connack(false, 0, &[])), ["Opened"]);
    let events = bench.feed(&suback(1, 1));
    assert_eq!(events.len(), 2);
    assert!(events[0].starts_with("1 fatal: 3 connections in a row ended"), "{events:?}");
    bench.send([2, 3]);
    assert_eq!(bench.written(), ["SUBSCRIBE 1", "PUBLISH 2", "PUBLISH 3"]);
    let bench = lost(bench);
    assert!(!bench.session.clean_start, "it begins to count again");
}

fn convicted(bench: &Bench) -> Option<usize> {
    bench.session.remembered.convicted().map(|suspect| suspect.entry)
}

#[test]
fn a_request_is_not_blamed_for_ends_that_have_other_reasons() {
    let ways: [fn(&mut Bench); 4] = [
        |bench| drop(bench.feed(&disconnect(0x8b))),
        |bench| drop(bench.feed(&connack(false, 0, &[]))),
        |bench| bench.session.close(false),
        // It is acknowledged in time.
        |bench| (2..20).for_each(|id| drop(bench.feed(&puback(id, 0x97)))),
    ];
    for (way, end) in ways.iter().enumerate() {
        let mut bench = Bench::established(&[]);
        bench.send([0]);
        for _ in 0..4 {
            bench.written();
            end(&mut bench);
            bench = bench.again().establish(way != 2, &[]);
            bench.send([0]);
        }
        assert!(bench.session.remembered.suspect.is_none(), "way {way}");
    }
}

/// The broker acknowledges late, and hangs up at the third request: the first one must not take the blame.
#[test]
fn one_by_one_the_request_that_is_to_blame_is_found() {
    let mut bench = Bench::established(&[]);
    bench.send(0..5);
    for _ in 0..9 {
        let out = bench.written();
        let sent: Vec<u16> = out
            .iter()
            .filter_map(|packet| packet.strip_prefix("PUBLISH "))
            .map(|packet| packet.trim_end_matches(" again").parse().unwrap())
            .collect();
        let guilty = 4;
        if !sent.contains(&guilty) && !sent.is_empty() {
            for id in sent {
                assert_eq!(bench.feed(&puback(id, 0)).len(), 1);
            }
            continue;
        }
        bench.session.input_ended();
        bench.events();
        bench = bench.again();
        if bench.session.clean_start {
            assert_eq!(convicted(&bench), Some(2));
            return;
        }
        bench = bench.establish(true, &[]);
    }
    panic!("it was not found");
}

/// The same with a broker that keeps no session: whatever it acknowledges late is not to blame.
#[test]
fn without_a_session_the_request_that_is_to_blame_is_found_too() {
    for version in [V5, Version::V311] {
        let mut bench = Bench::new(version, Memory::default()).establish(false, &[]);
        let mut open = vec![0, 1, 2, 3];
        let mut out = Vec::new();
        for _ in 0..20 {
            bench.written();
            // Each as the loops hand them over: the first ones that are open, until the session takes no more.
            out.extend(open.iter().copied().take_while(|&entry| bench.send([entry]) == usize::MAX));
            let sent = bench.written();
            let ids = sent.iter().filter_map(|packet| packet.strip_prefix("PUBLISH "));
            let ids: Vec<u16> = ids.map(|id| id.parse().unwrap()).collect();
            assert_eq!(ids.len(), out.len());
            if !out.contains(&2) && !out.is_empty() {
                for id in ids {
                    bench.put(&packet(0x40, &[&id.to_be_bytes()]));
                }
                open.retain(|entry| !out.contains(entry));
                out.clear();
                continue;
            }
            out.clear();
            bench = lost(bench);
            if let Some(convicted) = convicted(&bench) {
                assert_eq!(convicted, 2);
                break;
            }
            bench = bench.establish(false, &[]);
        }
        assert_eq!(convicted(&bench), Some(2));
    }
}

#[test]
fn the_failure_of_a_request_is_told_even_if_the_next_connection_ends_before_it_is_ready() {
    let mut bench = Bench::established(&[]);
    bench.send([0]);
    for _ in 0..2 {
        bench = lost(bench).establish(true, &[]);
    }
    bench = lost(bench);
    bench.feed(&connack(false, 0, &[]));
    bench = lost(bench);
    bench.put(&connack(false, 0, &[]));
    bench.put(&suback(1, 1));
    let events = bench.events();
    assert!(events.iter().any(|event| event.starts_with("0 fatal")), "{events:?}");
}

/// What a broker says of the number of messages or connections is not about one of them.
#[test]
fn a_request_is_not_blamed_for_a_broker_that_has_too_much_to_do() {
    for code in [0x89, 0x96, 0x97, 0x9f] {
        let mut bench = Bench::established(&[]);
        bench.send([0]);
        for _ in 0..4 {
            bench.written();
            bench.feed(&disconnect(code));
            bench = bench.again();
            assert!(!bench.session.clean_start, "0x{code:X}");
            bench = bench.establish(true, &[]);
        }
    }
}
