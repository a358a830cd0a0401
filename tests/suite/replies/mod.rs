//! Replies of every kind: their results, and that the other items are not affected.

mod malformed;
mod sizes;

use amqp_sandbox::{Act, Carrier, ReplyAct, Rule, When, record::DeliveryOutcome};
use serde_json::{Value, json};

use crate::harness::{Bench, Ended, LONG, Protocol, images};

over_both!(
    a_refusal_by_the_server_is_status_1_and_a_document_that_is_ok,
    errors_and_status_are_evaluated_separately,
    a_reply_without_result_is_printed_and_65,
    a_batch_reply_that_leaves_claims_out_names_them,
    the_text_may_be_carried_in_any_way,
    numbers_and_texts_of_a_reply_are_printed_exactly,
    the_most_severe_problem_decides_the_status,
);

fn only(number: u64, act: impl Into<Act>) -> Rule {
    Rule::new(When::Request(number), act)
}

fn server_error(errors: &[&str], status: &str) -> ReplyAct {
    ReplyAct::ServerError {
        errors: errors.iter().map(|&error| error.into()).collect(),
        signing_status: status.into(),
    }
}

/// Fails the test unless all images of a run except this one are signed.
#[track_caller]
fn others_are_signed(ended: &Ended, number: u64) {
    for (index, message) in ended.messages().iter().enumerate() {
        if index as u64 + 1 != number {
            assert!(message["signed_claim"].is_string(), "{index}");
            assert_eq!(message["manifest_digest"], format!("sha256:{index:064x}"));
        }
    }
}

/// Whether each line of a run with --raw has a value.
fn filled(ended: &Ended) -> Vec<bool> {
    ended.stdout.split_terminator('\n').map(|line| !line.is_empty()).collect()
}

fn all_but(number: u64) -> Vec<bool> {
    (1..=3).map(|at| at != number).collect()
}

/// How a line about an item of [`images`] begins.
fn about(number: u64) -> String {
    let index = number - 1;
    format!(
        "amqp-messenger: registry.example.com/ns/app:{index} sha256:{index:064x} key ABCD1234: "
    )
}

/// Fails the test unless the outcomes of all deliveries say that as many were rejected, for these reasons. Over MQTT all
/// are acknowledged: there is no other way to be rid of them.
#[track_caller]
fn rejected(bench: &Bench, deliveries: usize, reasons: &[&str]) {
    let ended = |record: &amqp_sandbox::Record| {
        record.deliveries.iter().filter(|d| d.ended.is_some()).count()
    };
    let record = bench.sandbox.wait_for(LONG, |record| ended(record) == deliveries).unwrap();
    if bench.protocol == Protocol::Mqtt {
        return assert_eq!(record.accepted().count(), deliveries);
    }
    let outcomes = record.deliveries.into_iter().filter_map(|delivery| delivery.outcome);
    let mut found: Vec<_> = outcomes
        .filter_map(|outcome| match outcome {
            DeliveryOutcome::Rejected { condition, description } => {
                assert_eq!(condition.as_deref(), Some("amqp:decode-error"));
                description
            }
            _ => None,
        })
        .collect();
    let mut reasons = reasons.to_vec();
    found.sort();
    reasons.sort_unstable();
    let same = found.len() == reasons.len()
        && found.iter().zip(&reasons).all(|(found, reason)| found.starts_with(reason));
    assert!(same, "{found:?}, expected {reasons:?}");
}

fn a_refusal_by_the_server_is_status_1_and_a_document_that_is_ok(protocol: Protocol) {
    for number in 1..=3 {
        let bench = protocol.misbehaving(vec![only(
            number,
            server_error(&["no such key", "call back"], "failure"),
        )]);
        let ended = bench.run(&bench.config(), &images(3)).expect(1);
        assert_eq!(ended.document()["signer_result"], json!({"status": "ok", "error_message": ""}));
        others_are_signed(&ended, number);
        assert_eq!(
            ended.messages()[number as usize - 1]["errors"],
            json!(["no such key", "call back"])
        );
        for error in ["no such key", "call back"] {
            ended.says(&format!("{}refused by the signing server: {error}\n", about(number)));
        }
        assert_eq!(bench.record().requests.len(), 3, "a refused request is not sent again");

        let bench =
            protocol.misbehaving(vec![only(number, server_error(&["no such key"], "failure"))]);
        let ended = bench.run(&bench.config(), &(images(3) + " --raw")).expect(1);
        assert_eq!(filled(&ended), all_but(number));
        ended.says("no such key");
    }
}

fn errors_and_status_are_evaluated_separately(protocol: Protocol) {
    for (act, says) in [
        (server_error(&["failed"], "success"), "refused by the signing server: failed"),
        (server_error(&[], "failure"), "refused by the signing server: signing_status is failure"),
        (server_error(&[], "SUCCESSFULLY FAILED"), "signing_status is SUCCESSFULLY FAILED"),
        (
            server_error(&["\u{1b}[31mred\n\"two\""], "failure"),
            "refused by the signing server: \\u{1b}[31mred\\n\"two\"",
        ),
    ] {
        let bench = protocol.misbehaving(vec![only(2, act)]);
        let ended = bench.run(&bench.config(), &images(3)).expect(1);
        ended.says(&about(2)).says(says);
        assert!(!ended.stderr.contains('\u{1b}'), "a terminal would obey it");
        others_are_signed(&ended, 2);
    }
}

#[test]
fn without_an_errors_field_there_are_none() {
    let bench = Bench::misbehaving(vec![Rule::new(When::Any, ReplyAct::WithoutErrors)]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    others_are_signed(&ended, 0);
    assert!(ended.messages()[0].get("errors").is_none(), "the reply is printed as it was received");
}

fn a_reply_without_result_is_printed_and_65(protocol: Protocol) {
    for number in 1..=3 {
        let bench = protocol.misbehaving(vec![only(number, ReplyAct::WithoutResult)]);
        let ended = bench.run(&bench.config(), &images(3)).expect(65);
        let result = ended.document()["signer_result"].clone();
        assert_eq!(result["status"], "error");
        let message = result["error_message"].as_str().unwrap();
        assert!(message.starts_with("MalformedReply : registry.example.com/ns/app"), "{message}");
        assert!(message.ends_with("it has neither \"signed_claim\" nor errors\n"), "{message}");
        assert_eq!(ended.messages()[number as usize - 1]["signing_status"], "success");
        others_are_signed(&ended, number);
        ended.says(&format!("{}the reply is unusable: it has neither", about(number)));

        let bench = protocol.misbehaving(vec![only(number, ReplyAct::WithoutResult)]);
        let ended = bench.run(&bench.config(), &(images(3) + " --raw")).expect(65);
        assert_eq!(filled(&ended), all_but(number));
    }
}

fn a_batch_reply_that_leaves_claims_out_names_them(protocol: Protocol) {
    let arguments = images(3) + " --signer-type batch --signing-key-name release";
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::PartialBatch(1))]);
    let ended = bench.run(&bench.config().patience(1, 1, 1), &arguments).expect(75);
    let message = ended.document()["signer_result"]["error_message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("IncompleteReply : batch of 3 claims for ns/app"), "{message}");
    assert_eq!(ended.document()["signer_result"]["status"], "error");
    for index in 1..3 {
        let missing = format!("registry.example.com/ns/app:{index} sha256:{index:064x} (release)");
        ended.says(&format!("the reply has no signature for {missing}; running again can help"));
        assert!(message.contains(&missing), "{message}");
    }
    assert!(!message.contains("ns/app:0"), "{message}");
    assert_eq!(
        ended.messages()[0]["claims"].as_array().unwrap().len(),
        1,
        "everything received is printed"
    );

    let bench = protocol.misbehaving(vec![only(1, ReplyAct::PartialBatch(1))]);
    let ended =
        bench.run(&bench.config().patience(1, 1, 1), &format!("{arguments} --raw")).expect(75);
    assert_eq!(filled(&ended), [true, false, false]);

    // None of them.
    let bench = protocol.misbehaving(vec![only(2, ReplyAct::PartialBatch(0))]);
    let ended = bench.run(&bench.config().set("chunk_size", "1"), &arguments).expect(65);
    ended.says("it holds no signature for any of the claims");
    let claims: Vec<_> =
        ended.messages().iter().map(|m| m["claims"].as_array().unwrap().len()).collect();
    assert_eq!(claims, [1, 0, 1]);
}

fn the_text_may_be_carried_in_any_way(protocol: Protocol) {
    for carrier in [Carrier::Binary, Carrier::Data(1), Carrier::Data(2), Carrier::Data(50)] {
        let bench =
            protocol.misbehaving(vec![Rule::new(When::Any, ReplyAct::Carrier(carrier.clone()))]);
        let ended = bench.run(&bench.config(), &images(3)).expect(0);
        others_are_signed(&ended, 0);
        let record = bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 3);
        assert!(record.is_ok(), "{carrier:?}");
    }
}

/// Replies to requests of the run, but not made by the signing server of the sandbox.
fn numbers_and_texts_of_a_reply_are_printed_exactly(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::NoReply)]);
    let running = bench.program(&bench.config(), &images(1)).start();
    let record = bench.sandbox.wait_for(LONG, |record| !record.requests.is_empty()).unwrap();
    let id = record.requests[0].request_id.clone().unwrap();
    let rest = r#""big": 123456789012345678901234567890, "float": 1e16, "tiny": 1E-7, "text": "é\u00e9\u2028\/", "twice": 1, "twice": 2"#;
    let reply =
        format!(r#"{{"msg": {{"request_id": "{id}", "signed_claim": "c2lnbmVk"}}, {rest}}}"#);
    let body = amqp_sandbox::Body::Text(reply);
    bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
    let ended = running.wait().expect(0);
    let expected = r#""big": 123456789012345678901234567890, "float": 1e+16, "tiny": 1e-07, "text": "\u00e9\u00e9\u2028/", "twice": 2}, null]]"#;
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

/// A server may answer with the same claim in another spelling, or describe it in parts.
#[test]
fn claims_of_a_batch_are_found_whatever_their_order() {
    let bench = Bench::misbehaving(vec![only(1, ReplyAct::NoReply)]);
    let arguments = images(2) + " --signer-type batch --signing-key-name a --raw";
    let running = bench.program(&bench.config(), &arguments).start();
    let record = bench.sandbox.wait_for(LONG, |record| !record.requests.is_empty()).unwrap();
    let request = record.requests[0].json();
    let claim = |index: usize, signed: &str| json!({"claim_file": request["claims"][index]["claim_file"], "signed_claims": {"a": signed}});
    let reply = json!({"msg": {"request_id": request["request_id"], "claims": [claim(1, "c2Vjb25k"), Value::Null, claim(0, "Zmly\nc3Q=")]}});
    bench.sandbox.publish(
        "topic://VirtualTopic.sandbox.reply",
        amqp_sandbox::Body::Text(reply.to_string()),
        &[],
    );
    assert_eq!(running.wait().expect(0).stdout, "Zmlyc3Q=\nc2Vjb25k\n");
}

/// In order of severity: the server's refusal, a reply without a result, a missing reply.
fn the_most_severe_problem_decides_the_status(protocol: Protocol) {
    let refusal = || server_error(&["no"], "failure");
    for (rules, status) in [
        (vec![only(1, refusal()), only(2, ReplyAct::WithoutResult), only(3, ReplyAct::NoReply)], 1),
        (vec![only(1, ReplyAct::NoReply), only(3, refusal())], 1),
        (vec![only(1, ReplyAct::NoReply), only(2, ReplyAct::WithoutResult)], 65),
    ] {
        let bench = protocol.misbehaving(rules);
        let ended = bench.run(&bench.config().patience(1, 1, 1), &images(3)).expect(status);
        assert_eq!(ended.document()["signer_result"]["status"], "error", "one is missing");
    }
}
