//! More than one reply to a request: "not yet" before the answer, an answer in parts, a better one after the first.

use amqp_sandbox::{Act, ReplyAct, Rule, When};
use serde_json::{Value, json};

use crate::harness::{Ended, Protocol, images};

over_both!(
    not_yet_is_waited_on,
    not_yet_is_not_signed,
    a_batch_may_be_answered_in_parts,
    an_incomplete_batch_is_final_after_its_window,
    an_incomplete_batch_is_final_after_the_deadline_of_the_run,
    a_signature_after_a_refusal_replaces_it,
);

const BATCH: &str = " --signer-type batch --signing-key-name k";

fn only(number: u64, act: impl Into<Act>) -> Rule {
    Rule::new(When::Request(number), act)
}

fn lengths(ended: &Ended) -> Vec<bool> {
    ended.stdout.lines().map(|line| line.len() > 100).collect()
}

/// "In progress" is no answer, whatever is beside it.
fn not_yet_is_waited_on(protocol: Protocol) {
    for arguments in [images(3), images(3) + BATCH] {
        let bench = protocol.misbehaving(vec![Rule::new(When::Any, ReplyAct::InProgressFirst)]);
        let ended = bench.run(&bench.config(), &format!("{arguments} --raw")).expect(0);
        assert_eq!(lengths(&ended), [true; 3]);
        let count = bench.record().requests.len();
        assert_eq!(count, if arguments.contains("batch") { 1 } else { 3 }, "nothing is sent again");
    }
}

/// If nothing else comes, it is sent again by the next cycle, and in the end it is printed and reported.
fn not_yet_is_not_signed(protocol: Protocol) {
    let status = || ReplyAct::Field("signing_status".into(), "Pending".into());
    let bench = protocol.misbehaving(vec![only(2, status()), only(4, status())]);
    let ended = bench.run(&bench.config().patience(1, 1, 2), &images(3)).expect(75);
    let document = ended.document();
    assert_eq!(document["signer_result"]["status"], "error");
    let message = document["signer_result"]["error_message"].as_str().unwrap();
    assert!(
        message.starts_with("PendingReply : registry.example.com/ns/app:1 sha256:"),
        "{message}"
    );
    assert_eq!(document["operation_results"][1][0]["msg"]["signing_status"], "Pending");
    ended.says("the signing server is not done: signing_status is Pending; running again can help");
    assert_eq!(bench.record().requests.len(), 4);
}

fn a_batch_may_be_answered_in_parts(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![Rule::new(When::Any, ReplyAct::InParts)]);
    let ended = bench.run(&bench.config(), &(images(3) + BATCH)).expect(0);
    let claims = ended.messages()[0]["claims"].as_array().unwrap().clone();
    let digests: Vec<_> = claims.iter().map(|claim| claim["manifest_digest"].clone()).collect();
    assert_eq!(digests, [0, 1, 2].map(|index| Value::from(format!("sha256:{index:064x}"))));
    let ended = bench.run(&bench.config(), &(images(3) + BATCH + " --raw")).expect(0);
    assert_eq!(lengths(&ended), [true; 3]);
    assert_eq!(bench.record().requests.len(), 2);
}

/// The rest is waited for, for the silence of one window; it is not asked for again: that would sign twice.
fn an_incomplete_batch_is_final_after_its_window(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::PartialBatch(1))]);
    let config = bench.config().patience(1, 3, 3);
    let ended = bench.run(&config, &(images(2) + BATCH + " --raw")).expect(75);
    assert_eq!(lengths(&ended), [true, false]);
    assert!((1.0..8.0).contains(&ended.took.as_secs_f64()), "{:?}", ended.took);
    assert_eq!(bench.record().requests.len(), 1);
}

/// The run may end from outside before the window does: what has come is printed as it is.
fn an_incomplete_batch_is_final_after_the_deadline_of_the_run(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::PartialBatch(1))]);
    let config = bench.config().patience(20, 1, 1).set("deadline", "1");
    let ended = bench.run(&config, &(images(2) + BATCH + " --raw")).expect(124);
    assert_eq!(lengths(&ended), [true, false]);
    ended.says("the reply has no signature for registry.example.com/ns/app:1");
}

/// A refusal ends its request, but not the run: what comes while that goes on replaces it.
fn a_signature_after_a_refusal_replaces_it(protocol: Protocol) {
    let busy =
        ReplyAct::ServerError { errors: vec!["busy".into()], signing_status: "failed".into() };
    let bench = protocol.misbehaving(vec![only(1, busy), only(2, ReplyAct::NoReply)]);
    let running =
        bench.program(&bench.config().patience(20, 1, 1), &(images(2) + " --raw")).start();
    let accepted = |record: &amqp_sandbox::Record| {
        record.requests.len() == 2 && record.accepted().count() == 1
    };
    let record = bench.sandbox.wait_for(crate::harness::LONG, accepted).unwrap();
    for request in &record.requests {
        let message =
            json!({"request_id": request.json()["request_id"], "signed_claim": "c2lnbmVk"});
        let body = amqp_sandbox::Body::Text(json!({"msg": message}).to_string());
        bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
    }
    assert_eq!(running.wait().expect(0).stdout, "c2lnbmVk\nc2lnbmVk\n");
}
