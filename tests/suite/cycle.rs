//! Cycles and windows: how long, how often, and what restarts the clock.

use std::collections::HashMap;

use amqp_messenger::{
    Operation, Settings, Signer, SignerType, Status,
    signing::{Image, Items, Key, TaskId},
};
use amqp_sandbox::{ReplyAct, RequestAct, When};

use crate::harness::{Bench, LONG, Protocol, images, rule, took_between};

over_both!(
    without_a_reply_the_client_waits_for_every_window_of_every_cycle,
    some_replies_are_printed_in_their_places,
    raw_prints_an_empty_line_for_a_missing_item,
    a_second_reply_is_accepted_and_ignored,
    replies_count_while_requests_are_still_going_out,
    a_reply_without_any_outcome_counts,
    a_run_that_is_signed_is_not_signed_again,
);

/// How often each request id was received.
pub fn times_received(bench: &Bench) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for request in bench.record().requests {
        *times.entry(request.request_id.unwrap()).or_default() += 1;
    }
    times
}

fn without_a_reply_the_client_waits_for_every_window_of_every_cycle(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    let ended = bench.run(&bench.config().patience(1, 2, 2), &images(3)).expect(75);
    took_between(&ended, 4.0, 9.0);
    assert_eq!(ended.stderr.matches("no reply for 1 s").count(), 4, "{}", ended.stderr);
    let times = times_received(&bench);
    assert_eq!(times.len(), 3, "each request keeps its id");
    assert!(times.values().all(|&times| times == 2), "{times:?}");

    let document = ended.document();
    assert_eq!(document["signer_result"]["status"], "error");
    let message = document["signer_result"]["error_message"].as_str().unwrap();
    assert!(message.starts_with("MessagingTimeout : 3 of 3 requests"), "{message}");
    assert_eq!(document["operation_results"], serde_json::json!(["", "", ""]));
    assert_eq!(document["signing_keys"], serde_json::json!(["ABCD1234"]));
    for index in 0..3 {
        ended.says(&format!("registry.example.com/ns/app:{index}"));
    }
    ended.logs("timeout 1 s × retries 2 × send_retries 2 = 4 s");
}

fn some_replies_are_printed_in_their_places(protocol: Protocol) {
    for missing in [1, 2, 3] {
        let bench = protocol.misbehaving(vec![rule(When::Request(missing), ReplyAct::NoReply)]);
        let ended = bench.run(&bench.config().patience(1, 1, 1), &images(3)).expect(75);
        for (index, message) in ended.messages().iter().enumerate() {
            if index as u64 + 1 == missing {
                assert!(message.is_null());
                assert_eq!(ended.document()["operation_results"][index], "");
            } else {
                assert_eq!(message["manifest_digest"], format!("sha256:{index:064x}"));
            }
        }
        let raw = bench.run(&bench.config(), &format!("{} --raw", images(1))).expect(0);
        assert_eq!(raw.stdout.lines().count(), 1);
    }
}

fn raw_prints_an_empty_line_for_a_missing_item(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let ended =
        bench.run(&bench.config().patience(1, 1, 1), &format!("{} --raw", images(3))).expect(75);
    let lines: Vec<_> = ended.stdout.lines().map(str::is_empty).collect();
    assert_eq!(lines, [false, true, false]);
}

fn a_second_reply_is_accepted_and_ignored(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(1), ReplyAct::ReplyTwice)]);
    let ended = bench.run(&bench.config(), &images(2)).expect(0);
    assert_eq!(ended.messages().len(), 2);
    assert!(bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 3).is_ok());
}

/// With a credit of 1 each request waits for a flow frame or an outcome, and replies arrive in between.
fn replies_count_while_requests_are_still_going_out(protocol: Protocol) {
    let bench = protocol.bench_with_credit(1);
    let ended = bench.run(&bench.config(), &images(300)).expect(0);
    assert_eq!(ended.messages().len(), 300);
    let record = bench.record();
    let first_reply = record.accepted().filter_map(|delivery| delivery.ended).min().unwrap();
    let last_request = record.requests.iter().map(|request| request.received).max().unwrap();
    assert!(
        first_reply < last_request,
        "no reply was received while sending, so this test shows nothing"
    );
    assert_eq!(record.requests.len(), 300);
}

fn a_reply_without_any_outcome_counts(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Any, RequestAct::NeverSettle)]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    took_between(&ended, 0.0, 5.0);
}

/// The receiver is attached before the first send; otherwise the reply to a topic could be lost.
#[test]
fn the_receiver_is_attached_before_the_first_request() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(1)).expect(0);
    let record = bench.record();
    let receiver = record
        .links
        .iter()
        .find(|link| link.initial_credit.is_some() || link.source.is_some())
        .unwrap();
    assert!(receiver.attached < record.requests[0].received);
}

/// Its broker need not be there.
fn a_run_that_is_signed_is_not_signed_again(protocol: Protocol) {
    let bench = protocol.bench();
    let path = bench.file("config.yaml", bench.config().yaml());
    let signer = Signer::new(Settings::load(&path, SignerType::Single).unwrap(), None).unwrap();
    let image = Image::new(format!("sha256:{:064x}", 1), "host/repo:1").unwrap();
    let (task_id, key) = (TaskId::new("7").unwrap(), Key::new("ABCD1234").unwrap());
    let operation = Operation::new(task_id, vec![key], Items::Images(vec![image])).unwrap();
    let mut run = signer.prepare(&operation).unwrap();
    signer.sign(&mut run).unwrap();
    let connections = bench.record().connections.len();
    signer.sign(&mut run).unwrap();
    assert_eq!(bench.record().connections.len(), connections);
    drop(bench);
    signer.sign(&mut run).unwrap();
    assert_eq!(Status::of_run(&Ok(()), run.entries()), Status::Signed);
}
