//! Faults of connections and replies at every position, for each operation, as JSON and raw.

use std::collections::HashMap;

use amqp_sandbox::{Record, Rule};

use crate::harness::{Bench, Ended, LONG, images};

/// Three items by each operation, and whether the output is raw.
fn operations(bench: &Bench) -> Vec<(String, bool)> {
    let file = |name: &str| format!("--blob-file {}", bench.file(name, name).display());
    let commands = [
        images(3),
        "clear-sign --signing-key ABCD1234 --task-id 7 one two three".into(),
        format!("blob-sign --signing-key ABCD1234 --task-id 7 {} {} {}", file("one"), file("two"), file("three")),
    ];
    commands.into_iter().flat_map(|command| [(command.clone() + " --raw", true), (command, false)]).collect()
}

/// Which of the three results are there; the output must be complete.
#[track_caller]
fn present(ended: &Ended, raw: bool, name: &str) -> Vec<bool> {
    let present: Vec<bool> = match raw {
        // A text that is signed has blank lines of its own, so that only whether there is anything is told.
        true => vec![!ended.stdout.trim().is_empty()],
        false => {
            let document = ended.document();
            document["operation_results"].as_array().unwrap().iter().map(|item| item != "").collect()
        }
    };
    assert!(raw || present.len() == 3, "{name}: {}", ended.stdout);
    present
}

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
    std::thread::scope(|scope| {
        for variation in 0..6 {
            let rules = rules.clone();
            scope.spawn(move || one(rules, variation, status, set, says, position));
        }
    });
}

fn one(rules: Vec<Rule>, variation: usize, status: i32, set: &[(&str, &str)], says: &str, position: Option<usize>) {
    let bench = Bench::misbehaving(rules.clone());
    let (command, raw) = operations(&bench)[variation].clone();
    let name = format!("{rules:?}: {command}");
    let config = set.iter().fold(bench.config(), |config, (key, value)| config.set(key, value));
    let ended = bench.run(&config, &command);
    assert_eq!(ended.status, status, "{name}: {}", ended.stderr);
    assert!(ended.stderr.contains(says), "{name}: {says:?} is not in {}", ended.stderr);
    let present = present(&ended, raw, &name);
    if !raw {
        let missing = |index: usize| status != 0 && position.is_none_or(|position| index + 1 == position);
        assert_eq!(present, [0, 1, 2].map(|index| !missing(index)), "{name}");
    }
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
