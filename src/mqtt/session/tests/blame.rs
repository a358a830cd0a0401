//! Which request is to blame if connections end, and what is counted.

use super::{resuming::lost, *};

/// The request that is suspected, and with how many connections in a row it ended.
fn suspect(bench: &Bench) -> Option<(usize, u32)> {
    bench.session.remembered.suspect.as_ref().map(|suspect| (suspect.entry, suspect.ends))
}

/// In a row means without an answer in between, whatever that was.
#[test]
fn a_request_that_is_acknowledged_in_between_is_counted_anew() {
    for code in [0x00, 0x97] {
        let mut bench = Bench::established(&[]);
        bench.send([0]);
        for _ in 0..2 {
            bench = lost(bench).establish(true, &[]);
        }
        bench.written();
        bench.feed(&puback(2, code));
        // This end is about the broker.
        bench.feed(&disconnect(0x8b));
        bench = bench.again().establish(true, &[]);
        bench.send([0]);
        bench = lost(bench);
        assert_eq!((suspect(&bench), bench.session.clean_start), (Some((0, 1)), false));
    }
}

#[test]
fn an_answer_to_another_request_acquits_none() {
    let mut bench = Bench::established(&[]);
    bench.send([0, 1]);
    bench = lost(bench).establish(true, &[]);
    bench.written();
    bench.feed(&puback(3, 0));
    assert_eq!(suspect(&lost(bench)), Some((0, 2)));
}

/// Without a session the requests may come in another order.
#[test]
fn each_request_is_counted_by_itself() {
    let mut bench = Bench::established(&[]);
    for (order, expected) in [([0, 1], (0, 1)), ([1, 0], (1, 1)), ([1, 0], (1, 2))] {
        bench.send(order);
        bench = lost(bench);
        assert_eq!(suspect(&bench), Some(expected));
        bench = bench.establish(false, &[]);
    }
}

/// Its failure is reported once, and the session after it goes on.
#[test]
fn a_request_that_failed_is_forgotten() {
    let mut bench = Bench::established(&[]);
    bench.send([0]);
    for _ in 0..2 {
        bench = lost(bench).establish(true, &[]);
    }
    bench = lost(bench).establish(false, &[]);
    bench.feed(&disconnect(0x8b));
    bench = bench.again();
    assert!(!bench.session.clean_start);
    bench.put(&[connack(true, 0, &[]), suback(2, 1)].concat());
    assert_eq!(bench.events(), ["Opened", "Ready"]);
}

#[test]
fn requests_go_out_one_by_one_until_all_that_were_open_are_acknowledged() {
    let mut bench = Bench::established(&[]);
    bench.send(0..3);
    for _ in 0..2 {
        bench = lost(bench).establish(true, &[]);
    }
    assert_eq!(bench.written()[2..], ["PUBLISH 2 again"]);
    for (id, next) in [(2, "PUBLISH 3 again"), (3, "PUBLISH 4 again")] {
        bench.feed(&puback(id, 0));
        assert_eq!(bench.written(), [next]);
        assert_eq!(bench.send([5]), 0, "after {id}");
    }
    bench.feed(&puback(4, 0));
    assert_eq!(bench.send([5, 6]), usize::MAX);
    assert_eq!(bench.written().len(), 2);
}

/// Three connections in a row end with each of the requests, for whose image `reference` is the name; the broker
/// has acknowledged another one, or not, and sends `last` before each end. Returns the last events.
fn convict(entries: &[usize], reference: &str, is_acknowledged: bool, last: &[u8]) -> Vec<String> {
    let mut bench = Bench::established(&[]);
    if is_acknowledged {
        bench.send([99]);
        bench.written();
        bench.feed(&puback(2, 0x80));
    }
    let mut events = Vec::new();
    for (end, entry) in entries.iter().flat_map(|entry| [*entry; 3]).enumerate() {
        let sent = bench.session.send(entry, &request_for(reference));
        assert!(matches!(sent, HandOver::Done), "{end}");
        bench.written();
        bench.feed(last);
        bench = lost(bench);
        bench.put(&connack(false, 0, &[]));
        bench.put(&suback(1, 1));
        events = bench.events();
    }
    events
}

#[test]
fn a_broker_that_hangs_up_at_two_requests_and_acknowledges_none_forbids_the_topic() {
    let alone = "3 connections in a row ended while this request was the oldest one that was not acknowledged";
    let permission = "the client may have no permission to write to \"requests\"";
    let refused = "sending refused: run: b: sending to \"requests\" refused: the broker hung up 3 times in a row at each of two requests, and has acknowledged none";
    let [opened, ready] = ["Opened", "Ready"].map(str::to_owned);
    let name = "host/repo:0";
    let first = [opened.clone(), format!("0 fatal: {alone}; {permission}"), ready.clone()];
    assert_eq!(convict(&[0], name, false, &[]), first);
    let second = format!("1 fatal: {alone}; {permission}");
    let expected = [opened.clone(), refused.into(), second, ready.clone()];
    assert_eq!(convict(&[0, 1], name, false, &[]), expected);
    // It is full, which passes.
    let full = "0 postponed: implementation specific error (0x83)".to_owned();
    let expected = [opened.clone(), full, ready.clone()];
    assert_eq!(convict(&[0], name, false, &disconnect(0x83)), expected);
    // The broker says why, or has acknowledged another one, or the request may be too large for it.
    let of_request = [opened, format!("1 fatal: {alone}"), ready];
    assert_eq!(convict(&[0, 1], name, false, &disconnect(0x95)), of_request);
    assert_eq!(convict(&[0, 1], name, true, &[]), of_request);
    assert_eq!(convict(&[0, 1], &format!("host/{}:0", "x".repeat(20_000)), false, &[]), of_request);
}

/// Only if no end had a reason does the broker seem to forbid the topic.
#[test]
fn one_end_with_a_reason_is_a_reason() {
    let (mute, says_why) = (false, true);
    for (ends, expected) in [
        ([mute, mute, mute], true),
        ([says_why, mute, mute], false),
        ([mute, says_why, mute], false),
        ([mute, mute, says_why], false),
    ] {
        let mut bench = Bench::established(&[]);
        bench.send([0]);
        for (end, has_reason) in ends.into_iter().enumerate() {
            bench.written();
            if has_reason {
                bench.feed(&disconnect(0x81));
            }
            bench = lost(bench);
            if end < 2 {
                bench = bench.establish(true, &[]);
            }
        }
        let suspect = bench.session.remembered.convicted().unwrap();
        assert_eq!(suspect.is_mute, expected, "{ends:?}");
    }
}

/// The broker hangs up at the last request, before it acknowledges those that came with it.
#[test]
fn without_a_session_others_are_sent_again_as_seldom_as_with_one() {
    const TO_BLAME: usize = 19;
    let mut bench = Bench::established(&[]);
    let (mut open, mut ends) = (Vec::from_iter(0..=TO_BLAME), 0);
    loop {
        let mut unsent = open.clone();
        let with_it = loop {
            let taken = bench.send(unsent.iter().copied()).min(unsent.len());
            let sent = Vec::from_iter(unsent.drain(..taken));
            let packets = bench.written();
            if sent.contains(&TO_BLAME) {
                break sent;
            }
            open.retain(|entry| !sent.contains(entry));
            for packet in packets.iter().filter_map(|packet| packet.strip_prefix("PUBLISH ")) {
                bench.feed(&puback(packet.parse().unwrap(), 0));
            }
        };
        (bench, ends) = (lost(bench), ends + 1);
        if let Some(convicted) = bench.session.remembered.convicted() {
            assert_eq!((convicted.entry, with_it.len()), (TO_BLAME, 1));
            break;
        }
        bench = bench.establish(false, &[]);
    }
    assert_eq!(ends, 2 + 3);
}
