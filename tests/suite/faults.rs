//! Faults of connections and replies at every position, for each operation, as JSON and raw.

use std::{collections::HashMap, thread, time::Duration};

use amqp_sandbox::{Record, Rule};

use crate::{
    harness::{Bench, LONG},
    peer,
    three::{Operation, operations},
};

/// What is answered and accepted is not asked for again; nothing is asked for more than twice.
#[track_caller]
fn asked_again_only_for_want_of_an_answer(record: &Record, name: &str) {
    let mut times: HashMap<&str, usize> = HashMap::new();
    let mut last: HashMap<&str, usize> = HashMap::new();
    for request in &record.requests {
        let id = request.request_id.as_deref().unwrap();
        *times.entry(id).or_default() += 1;
        last.insert(id, request.connection);
    }
    assert!(times.values().all(|count| *count <= 2), "{name}: {times:?}");
    for delivery in record.accepted() {
        let id = delivery.request_id.as_deref().unwrap();
        // A foreign reply answers nothing that was asked for.
        let asked = last.get(id).copied().unwrap_or_default();
        assert!(asked <= delivery.connection, "{name}: {id} was answered, and asked for again");
    }
}

/// Runs every operation under these rules, with `#` in them for each position; all must end so.
#[track_caller]
fn every_position(rules: &str, status: i32, set: &[(&str, &str)], says: &str) {
    for position in 1..=3 {
        every_operation(&rules.replace('#', &position.to_string()), status, set, says, Some(position));
    }
}

/// The same once. Where something is missing, it is the item at `position`, or all.
#[track_caller]
fn every_operation(rules: &str, status: i32, set: &[(&str, &str)], says: &str, position: Option<usize>) {
    let rules: Vec<Rule> = rules.split(' ').map(|rule| rule.parse().unwrap()).collect();
    // Side by side: most of them wait most of the time.
    thread::scope(|scope| {
        for operation in operations() {
            let rules = rules.clone();
            scope.spawn(move || one(rules, operation, status, set, says, position));
        }
    });
}

fn one(rules: Vec<Rule>, operation: Operation, status: i32, set: &[(&str, &str)], says: &str, position: Option<usize>) {
    let name = format!("{rules:?}: {operation:?}");
    let bench = Bench::misbehaving(rules);
    let config = set.iter().fold(bench.config(), |config, (key, value)| config.set(key, value));
    let ended = operation.run(&bench, &config);
    assert_eq!(ended.status, status, "{name}: {}", ended.stderr);
    assert!(ended.told().contains(says), "{name}: {says:?} is not told in {}", ended.stderr);
    let missing = |index: usize| status != 0 && position.is_none_or(|position| index + 1 == position);
    assert_eq!(operation.signed(&bench, &ended), [0, 1, 2].map(|index| !missing(index)), "{name}");
    let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
    asked_again_only_for_want_of_an_answer(&record, &name);
}

const ONE_WINDOW: &[(&str, &str)] = &[("timeout", "1"), ("retries", "1"), ("send_retries", "1")];
const AGAIN: &str = "connecting again";

#[test]
fn a_cut_at_any_request_loses_nothing() {
    every_position("cut@request=#", 0, &[], AGAIN);
}

#[test]
fn a_close_for_maintenance_at_any_request_loses_nothing() {
    every_position("close=amqp:connection:forced@request=#", 0, &[], "amqp:connection:forced");
}

#[test]
fn a_peer_that_vanishes_at_any_request_is_noticed() {
    every_position("half-open@request=#", 0, &[("idle_timeout", "2")], AGAIN);
}

#[test]
fn a_cut_after_any_frame_loses_nothing() {
    for count in 1..=12 {
        every_operation(&format!("cut-sent={count}@connection=1"), 0, &[], "", None);
        every_operation(&format!("cut-received={count}@connection=1"), 0, &[], "", None);
    }
}

#[test]
fn a_cut_in_the_middle_of_a_frame_loses_nothing() {
    for count in [4, 11, 30, 90, 200, 400, 800, 1600] {
        every_operation(&format!("cut-bytes={count}@connection=1"), 0, &[], "", None);
    }
}

#[test]
fn a_broker_that_is_silent_at_first_is_left() {
    for phase in ["tcp", "tls", "open"] {
        every_operation(&format!("silent={phase}@connection=1"), 0, &[("connect_timeout", "1")], "", None);
    }
}

#[test]
fn bytes_that_come_one_by_one_are_taken() {
    every_operation("slow=0s", 0, &[], "", None);
}

#[test]
fn replies_may_come_in_any_order_and_more_than_once() {
    every_operation("reverse=3", 0, &[], "", None);
    every_position("twice@request=#", 0, &[], "");
    every_position("foreign-first@request=#", 0, &[], "");
    every_position("delay=1500ms@request=#", 0, &[("timeout", "1"), ("retries", "5")], "");
}

#[test]
fn without_a_reply_the_others_are_printed() {
    for fault in ["no-reply", "foreign-instead", "drop", "not-json", "null"] {
        every_position(&format!("{fault}@request=#"), 75, ONE_WINDOW, "no reply");
    }
}

#[test]
fn what_becomes_of_a_request_is_its_own_affair() {
    every_position("never-settle@request=#", 0, &[], "");
    every_position("reply-before-outcome@request=#", 0, &[], "");
    every_position("modify=undeliverable-here@request=#", 75, ONE_WINDOW, "not taken by the broker");
    every_position("release@request=#", 0, &[("timeout", "1"), ("retries", "2")], "");
    every_operation("no-credit@sender", 75, ONE_WINDOW, "", None);
}

/// What one broker took in, another one of the same queues hands out.
#[test]
fn a_reply_comes_from_the_next_broker_of_the_same_queues() {
    let rules = ["delay=500ms", "cut@connection=1@request=3"].map(|rule| rule.parse().unwrap());
    for operation in operations() {
        let bench = Bench::with(|options| {
            options.behaviours = rules.to_vec();
            options.more_brokers = 1;
        });
        let urls = bench.sandbox.amqps_urls();
        let ended = operation.run(&bench, &bench.config().set("messaging_brokers", &format!("{urls:?}"))).expect(0);
        assert_eq!(operation.signed(&bench, &ended), [true; 3]);
        ended.logs(&format!("connected to {}", urls[0])).logs(&format!("connected to {}", urls[1]));
        let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
        assert_eq!(record.connections.len(), 2, "{operation:?}");
        asked_again_only_for_want_of_an_answer(&record, &format!("{operation:?}"));
    }
}

/// Each reply takes longer than either side may be silent. The operations wait side by side.
#[test]
fn replies_slower_than_the_idle_timeouts_are_waited_for() {
    let waited_for = |operation: Operation| {
        let bench = Bench::with(|options| {
            options.behaviours = vec!["delay=3s".parse().unwrap()];
            options.idle_timeout = Some(Duration::from_millis(500));
        });
        let ended = operation.run(&bench, &bench.config().set("idle_timeout", "2")).expect(0);
        assert_eq!(operation.signed(&bench, &ended), [true; 3]);
        assert!(!ended.told().contains(AGAIN), "{}", ended.stderr);
    };
    thread::scope(|scope| operations().for_each(|operation| drop(scope.spawn(move || waited_for(operation)))));
}

/// `bytes` as a rule has them.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What no broker would send, in the middle of a run; the connection is given up, and nothing is lost.
#[test]
fn bytes_that_are_no_amqp_end_the_connection_and_lose_nothing() {
    let null: &[u8] = &[0x40];
    let cases: [(&str, Vec<u8>); 8] = [
        ("garbage", b"HTTP/1.1 500 Oops\r\n\r\n".to_vec()),
        ("a frame of 4 bytes", vec![0, 0, 0, 4, 2, 0, 0, 0]),
        ("a data offset past the frame", vec![0, 0, 0, 8, 200, 0, 0, 0]),
        ("a frame larger than agreed on", vec![0, 0x20, 0, 0, 2, 0, 0, 0]),
        ("an unknown performative", peer::frame(0x99, &[])),
        (
            "a transfer on a handle that is not there",
            peer::frame(0x14, &[&[0x52, 99], &[0x43], &[0xa0, 1, 1], &[0x43]]),
        ),
        ("a transfer without a handle", peer::frame(0x14, &[null, null, null])),
        (
            "a channel that is not there",
            on_channel(7, peer::frame(0x13, &[null, &[0x43], &[0x52, 9], &[0x43], &[0x52, 9]])),
        ),
    ];
    for (position, (name, bytes)) in (1..=3).cycle().zip(cases) {
        println!("{name}");
        let rule = format!("raw={}@connection=1@request={position}", hex(&bytes));
        every_operation(&rule, 0, &[], AGAIN, Some(position));
    }
}

fn on_channel(channel: u8, mut frame: Vec<u8>) -> Vec<u8> {
    frame[7] = channel;
    frame
}

/// Frames that a broker may not send, but that say nothing to the client: it goes on.
#[test]
fn frames_that_mean_nothing_change_nothing() {
    let (null, yes, no): (&[u8], &[u8], &[u8]) = (&[0x40], &[0x41], &[0x42]);
    let cases: [(&str, Vec<u8>); 4] = [
        ("an empty frame", vec![0, 0, 0, 8, 2, 0, 0, 0]),
        (
            "a list of more fields than there are bytes",
            vec![0, 0, 0, 20, 2, 0, 0, 0, 0, 0x53, 0x13, 0xd0, 0, 0, 0, 4, 255, 255, 255, 255],
        ),
        (
            "an outcome of what was never sent",
            peer::frame(0x15, &[yes, &[0x70, 0, 0, 0x10, 0], null, yes, &[0, 0x53, 0x24, 0x45]]),
        ),
        (
            "an outcome of a delivery of the broker's",
            peer::frame(0x15, &[no, &[0x70, 0, 0, 0x10, 0], null, yes, &[0, 0x53, 0x24, 0x45]]),
        ),
    ];
    for (position, (name, bytes)) in (1..=3).cycle().zip(cases) {
        println!("{name}");
        every_operation(&format!("raw={}@connection=1@request={position}", hex(&bytes)), 0, &[], "", Some(position));
    }
}

/// What is no greeting: over TCP, over TLS, instead of SASL, after the header.
#[test]
fn a_peer_that_is_no_broker_is_left() {
    let (http, ssh) = (hex(b"HTTP/1.1 400 Bad Request\r\n\r\n"), hex(b"SSH-2.0-OpenSSH_9.9\r\n"));
    let sasl = "414d515003010000";
    let amqp = "414d515000010000";
    let demand = format!("raw-first={sasl}@connection=1");
    for rules in [
        format!("raw-first={http}@connection=1"),
        format!("raw-first-tcp={ssh}@connection=1"),
        format!("raw-first-tcp=1603034000{}@connection=1", "ff".repeat(64)),
        "raw-first=414d515000000901@connection=1".to_owned(),
        format!("raw-first={amqp}{http}@connection=1"),
        // The client answers the demand of SASL by a second connection.
        format!("{demand} raw-first={sasl}0000000402010000@connection=2"),
        format!("{demand} raw-first={sasl}7fffffff02010000@connection=2"),
        format!("{demand} raw-first={sasl}{http}@connection=2"),
        format!("{demand} raw-first={http}@connection=2"),
    ] {
        println!("{rules}");
        every_operation(&rules, 0, &[("connect_timeout", "1")], "trying again for", None);
    }
}

/// A TLS record that is cut short, and one that no key of the connection made.
#[test]
fn a_bad_tls_record_ends_the_connection_and_loses_nothing() {
    every_position(&format!("raw-tcp=1703030020{}@connection=1@request=#", "00".repeat(32)), 0, &[], AGAIN);
    every_position("raw-tcp=17030340001234@connection=1@request=# cut@connection=1@request=#", 0, &[], AGAIN);
}
