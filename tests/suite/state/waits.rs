//! What a run that goes on asks for again, and what it only waits for.

use amqp_sandbox::{Body, Record, Refusal, ReplyAct, RequestAct, When, record::End};
use serde_json::{Value, json};

use super::{events, of, program, requested, run, state};
use crate::harness::{LONG, Protocol, images, rule, signal, took_between};

over_both!(
    what_was_refused_is_asked_for_again,
    a_refusal_of_an_earlier_run_is_not_one_of_this_run,
    a_late_reply_to_an_earlier_run_counts,
    what_was_accepted_long_ago_or_in_vain_is_sent_again,
    parts_of_a_batch_are_kept_and_the_rest_is_asked_for_again,
    what_was_rejected_or_returned_is_sent_again,
    the_rest_of_an_answer_in_parts_is_waited_for,
);

const BATCH: &str = " --signer-type batch --signing-key-name k";

fn refusal() -> ReplyAct {
    ReplyAct::ServerError { errors: vec!["no such key".into()], signing_status: "failed".into() }
}

/// Its cause may be fixed by then. What is signed stays as it is.
fn what_was_refused_is_asked_for_again(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(2), refusal())]);
    let path = state(&bench);
    let first = run(&bench, &bench.config(), &images(3), &path).expect(1);
    first.says("no such key").says("state.jsonl goes on from here");
    let ended = run(&bench, &bench.config(), &images(3), &path).expect(0);
    let (before, after) = (first.messages(), ended.messages());
    assert_eq!((&before[0], &before[2]), (&after[0], &after[2]));
    assert!(after[1]["signed_claim"].is_string());
    let asked = requested(&bench, 0);
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[3], asked[1], "the request keeps its id");
    run(&bench, &bench.config(), &images(3), &path).expect(0);
    assert_eq!(bench.record().requests.len(), 4);
}

/// The run that asks again may get no answer: what there was is not what it reports.
fn a_refusal_of_an_earlier_run_is_not_one_of_this_run(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![
        rule(When::Request(1), refusal()),
        rule(When::Request(2), ReplyAct::NoReply),
    ]);
    let path = state(&bench);
    run(&bench, &bench.config(), &images(1), &path).expect(1);
    // Over MQTT the session stays for as long.
    run(&bench, &bench.config().patience(4, 1, 1), &images(1), &path).expect(75);
    // What the broker accepted is waited for as long as a request is valid, and not sent.
    run(&bench, &bench.config().patience(60, 1, 1).set("deadline", "1"), &images(1), &path)
        .expect(124);
    assert_eq!(bench.record().requests.len(), 2);
    run(&bench, &bench.config().patience(1, 1, 2), &images(1), &path).expect(0);
    assert_eq!(bench.record().requests.len(), 3);
}

/// What the broker did not accept is sent again at once, whatever the reason was.
fn what_was_rejected_or_returned_is_sent_again(protocol: Protocol) {
    for act in [
        RequestAct::Reject(Refusal { condition: "vendor:full".into(), description: None }),
        RequestAct::Release,
        RequestAct::Modify { undeliverable_here: true },
    ] {
        let bench = protocol.misbehaving(vec![rule(When::Request(1), act)]);
        let path = state(&bench);
        run(&bench, &bench.config().patience(1, 1, 1), &images(1), &path).expect(75);
        run(&bench, &bench.config().patience(9, 1, 1), &images(1), &path).expect(0);
        assert_eq!(bench.record().requests.len(), 2);
    }
}

/// The reply comes while no run listens, or after the next one has begun. (The second reply shows that the client has seen
/// the outcome of the first request.)
fn a_late_reply_to_an_earlier_run_counts(protocol: Protocol) {
    for is_later in [false, true] {
        let bench = protocol.misbehaving(vec![rule(When::Request(1), ReplyAct::NoReply)]);
        let path = state(&bench);
        let config = bench.config().patience(20, 1, 1);
        let arguments = images(2) + " --raw";
        let running = program(&bench, &config, &arguments, &path).start();
        bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 1).unwrap();
        signal("TERM", running.id());
        running.wait().expect(143).says("state.jsonl goes on from here");
        let publish = || {
            let id = requested(&bench, 0)[0].clone();
            let message = json!({"msg": {"request_id": id, "signed_claim": "c2lnbmVk"}});
            let body = Body::Text(message.to_string());
            bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
        };
        if !is_later {
            publish();
        }
        let running = program(&bench, &config, &arguments, &path).start();
        if is_later {
            let is_listening = |record: &Record| match protocol {
                Protocol::Amqp => record.links.len() == 4,
                Protocol::Mqtt => record.sent(2, End::Broker).len() >= 2,
            };
            bench.sandbox.wait_for(LONG, is_listening).unwrap();
            publish();
        }
        let ended = running.wait().expect(0);
        assert_eq!(ended.stdout.lines().next(), Some("c2lnbmVk"));
        assert_eq!(bench.record().requests.len(), 2, "nothing is sent again");
    }
}

/// In the first cycle it is waited for; the next one sends it again.
fn what_was_accepted_long_ago_or_in_vain_is_sent_again(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(1), ReplyAct::NoReply)]);
    let path = state(&bench);
    run(&bench, &bench.config().patience(1, 1, 1), &images(1), &path).expect(75);
    // By now the request is not valid any more.
    let ended = run(&bench, &bench.config().patience(1, 1, 1), &images(1), &path).expect(0);
    took_between(&ended, 0.0, 1.0);
    assert_eq!(bench.record().requests.len(), 2);

    let bench = protocol.misbehaving(vec![rule(When::Request(1), ReplyAct::NoReply)]);
    let path = state(&bench);
    run(&bench, &bench.config().patience(20, 1, 1).set("deadline", "2"), &images(1), &path)
        .expect(124);
    let ended = run(&bench, &bench.config().patience(6, 1, 2), &images(1), &path).expect(0);
    took_between(&ended, 6.0, 12.0);
    assert_eq!(bench.record().requests.len(), 2);
}

/// The claims that are signed stay, if the next run gets nothing, and what it gets adds to them.
fn parts_of_a_batch_are_kept_and_the_rest_is_asked_for_again(protocol: Protocol) {
    let partial = |number| rule(When::Request(number), ReplyAct::PartialBatch(1));
    let bench = protocol.misbehaving(vec![
        partial(1),
        rule(When::Request(2), ReplyAct::NoReply),
        partial(3),
    ]);
    let path = state(&bench);
    let config = bench.config().patience(1, 1, 1);
    let arguments = images(2) + BATCH + " --raw";
    let signed = |stdout: &str| stdout.lines().map(|line| line.len() > 100).collect::<Vec<_>>();
    for (number, status, expected) in
        [(1, 75, [true, false]), (2, 75, [true, false]), (3, 75, [true, false]), (4, 0, [true; 2])]
    {
        let ended = run(&bench, &config, &arguments, &path).expect(status);
        assert_eq!(signed(&ended.stdout), expected, "run {number}:\n{}", ended.stderr);
        assert_eq!(bench.record().requests.len(), number);
    }
    let ids = requested(&bench, 0);
    assert!(ids.iter().all(|id| *id == ids[0]));
}

/// A process that is killed between two parts of an answer gets the rest later, and asks for nothing again.
fn the_rest_of_an_answer_in_parts_is_waited_for(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(1), ReplyAct::PartialBatch(1))]);
    let path = state(&bench);
    let config = bench.config().patience(20, 1, 1);
    let arguments = images(2) + BATCH + " --raw";
    let running = program(&bench, &config, &arguments, &path).start();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 1).unwrap();
    signal("KILL", running.id());
    running.wait().expect(137);
    let reply: Value =
        serde_json::from_str(of(&events(&path), "reply", "body")[0].as_str().unwrap()).unwrap();
    let claim = |index: usize| {
        let request = bench.record().requests[0].json();
        let file = request["claims"][index]["claim_file"].clone();
        json!({"claim_file": file, "signed_claims": {"k": "c2lnbmVk"}, "errors": []})
    };
    let rest = json!({"msg": {"request_id": reply["msg"]["request_id"], "claims": [claim(1)]}});
    let body = Body::Text(rest.to_string());
    bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
    let ended = run(&bench, &config, &arguments, &path).expect(0);
    assert_eq!(ended.stdout.lines().nth(1), Some("c2lnbmVk"));
    assert_eq!(bench.record().requests.len(), 1);
}
