//! Replies of every kind: their results, and that the other items are not affected.

use amqp_sandbox::{Act, Carrier, Content, ReplyAct, Rule, When, record::DeliveryOutcome};
use serde_json::{Value, json};

use crate::harness::{Bench, Ended, LONG, Protocol, images};

over_both!(
    a_refusal_by_the_server_is_status_1_and_a_document_that_is_ok,
    errors_and_status_are_evaluated_separately,
    a_reply_without_result_is_printed_and_65,
    a_batch_reply_that_leaves_claims_out_names_them,
    the_text_may_be_carried_in_any_way,
    a_malformed_reply_is_rejected_and_the_others_count,
    after_a_malformed_reply_the_client_continues_to_wait,
    of_many_malformed_replies_the_number_is_reported,
    a_reply_s_text_stays_out_of_the_log,
    a_reply_of_20_mb_is_accepted,
    a_reply_above_max_message_size_is_rejected_and_the_others_count,
    a_reply_of_100_mb_is_rejected_by_default,
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

/// Malformed replies, each with the reported reason.
fn malformed(protocol: Protocol) -> Vec<(ReplyAct, &'static str)> {
    let mut all = vec![
        (
            ReplyAct::Content(Content::NotJson),
            "it is not JSON: expected a value at line 1 column 1",
        ),
        (ReplyAct::Content(Content::JsonList), "it is a list: expected an object"),
        (ReplyAct::Content(Content::NoMsg), "it has no \"msg\""),
        (ReplyAct::Content(Content::NoId), "it has no \"request_id\" in \"msg\""),
        (ReplyAct::Content(Content::NumericId), "\"request_id\" is a number: expected a string"),
        (ReplyAct::Content(Content::Empty), "its body is empty"),
        (ReplyAct::Content(Content::Nested(200)), "its JSON is nested 128 levels deep or deeper"),
        (
            ReplyAct::Content(Content::Nested(100_000)),
            "its JSON is nested 128 levels deep or deeper",
        ),
        (ReplyAct::Carrier(Carrier::InvalidUtf8), "it is not UTF-8 from byte 1 on"),
    ];
    if protocol == Protocol::Amqp {
        let reason = "its body is null: expected text or binary";
        all.push((ReplyAct::Carrier(Carrier::Null), reason));
    }
    all
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

/// The kinds one after the other in one run, between two requests with proper replies.
fn a_malformed_reply_is_rejected_and_the_others_count(protocol: Protocol) {
    let kinds = malformed(protocol);
    let count = kinds.len() + 2;
    let rules = (2..).zip(&kinds).map(|(number, (act, _))| only(number, act.clone())).collect();
    let bench = protocol.misbehaving(rules);
    let ended = bench.run(&bench.config().patience(1, 1, 1), &images(count)).expect(75);
    assert!(ended.took.as_secs_f64() >= 1.0, "the client waits for the whole window");

    let document = ended.document();
    let results = document["operation_results"].as_array().unwrap();
    for (index, result) in results.iter().enumerate() {
        let well = index == 0 || index + 1 == count;
        assert_eq!(result != "", well, "{index}: {result}");
        assert!(!well || result[0]["msg"]["signed_claim"].is_string());
    }
    let message = document["signer_result"]["error_message"].as_str().unwrap();
    let missing = format!("MessagingTimeout : {} of {count} requests have no reply", kinds.len());
    assert!(message.starts_with(&missing), "{message}");

    let said =
        |reason: &str| ended.stderr.matches(&format!("a reply was rejected: {reason}")).count();
    for (number, (act, reason)) in (2..).zip(&kinds) {
        let same = kinds.iter().filter(|(_, other)| other == reason).count();
        assert_eq!(said(reason), same, "{act:?}: {}", ended.stderr);
        ended.says(&format!("{}no reply, though the broker accepted the request", about(number)));
    }
    rejected(&bench, count, &kinds.iter().map(|(_, reason)| *reason).collect::<Vec<_>>());
}

/// A malformed reply does not count: the request is sent again in the next cycle, and is then signed.
fn after_a_malformed_reply_the_client_continues_to_wait(protocol: Protocol) {
    let kinds = malformed(protocol);
    let first_time = |number| When::All(vec![When::Request(number), When::Delivery(1)]);
    let rules =
        (1..).zip(&kinds).map(|(number, (act, _))| Rule::new(first_time(number), act.clone()));
    let bench = protocol.misbehaving(rules.collect());
    let ended = bench.run(&bench.config().patience(1, 1, 2), &images(kinds.len() + 1)).expect(0);
    others_are_signed(&ended, 0);
    assert_eq!(bench.record().requests.len(), 2 * kinds.len() + 1);
}

#[test]
fn a_malformed_reply_leaves_an_empty_line_in_raw() {
    for number in 1..=3 {
        let bench = Bench::misbehaving(vec![only(number, ReplyAct::Content(Content::NotJson))]);
        let ended =
            bench.run(&bench.config().patience(1, 1, 1), &(images(3) + " --raw")).expect(75);
        assert_eq!(filled(&ended), all_but(number));
    }
}

/// The log does not grow with their number.
fn of_many_malformed_replies_the_number_is_reported(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::NoReply)]);
    let running = bench.program(&bench.config().patience(3, 1, 1), &images(1)).start();
    bench.sandbox.wait_for(LONG, |record| !record.requests.is_empty()).unwrap();
    for _ in 0..1000 {
        let body = amqp_sandbox::Body::Text("no JSON".into());
        bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
    }
    let ended = running.wait().expect(75);
    assert_eq!(
        ended.reported().matches("a reply was rejected: it is not JSON").count(),
        10,
        "{}",
        ended.stderr
    );
    ended.says_once("further replies rejected: 990");
    rejected(&bench, 1000, &["it is not JSON"; 1000]);
}

/// The log is bounded, whatever a reply holds; and bodies are in it only at level trace.
fn a_reply_s_text_stays_out_of_the_log(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::Content(Content::NotJson))]);
    let ended = bench.run(&bench.config().patience(1, 1, 1), &images(2)).expect(75);
    assert!(!ended.stderr.contains("signed, but this is not JSON"), "{}", ended.stderr);
    assert!(
        !ended.stderr.contains("signed_claim") && !ended.stderr.contains("claim_file"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("DEBUG"), "the level is debug, or this shows nothing");
}

#[test]
fn nesting_up_to_the_limit_is_accepted() {
    let bench = Bench::misbehaving(vec![only(1, ReplyAct::Content(Content::Nested(100)))]);
    let ended = bench.run(&bench.config(), &images(1)).expect(0);
    assert_eq!(ended.stdout.matches("[[[[").count(), 25, "all levels are printed");
}

fn a_reply_of_20_mb_is_accepted(protocol: Protocol) {
    const SIZE: usize = 20 << 20;
    let bench = protocol.misbehaving(vec![only(2, ReplyAct::Content(Content::Padded(SIZE)))]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    others_are_signed(&ended, 0);
    assert!(ended.stdout.len() > SIZE);
    let padding = ended.document()["operation_results"][1][0]["padding"].as_str().unwrap().len();
    assert!(padding > SIZE - 10_000);
}

fn a_reply_above_max_message_size_is_rejected_and_the_others_count(protocol: Protocol) {
    for number in 1..=3 {
        let bench =
            protocol.misbehaving(vec![only(number, ReplyAct::Content(Content::Padded(200_000)))]);
        let config = bench.config().set("max_message_size", "100 KiB").patience(60, 2, 2);
        let ended = bench.run(&config, &images(3)).expect(75);
        others_are_signed(&ended, number);
        assert_eq!(ended.document()["operation_results"][number as usize - 1], "");
        ended.says("a reply was rejected: it has 200").says("more than max_message_size");
        let item = format!("app:{} sha256:{:064x} key", number - 1, number - 1);
        ended.says(&item).says("the reply was rejected: it has 200");
        assert_eq!(bench.record().requests.len(), 3, "it is not asked for again");
        rejected(&bench, 3, &["it has 200"]);
    }
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::Content(Content::Padded(90_000)))]);
    let config = bench.config().set("max_message_size", "100 KiB").patience(1, 1, 1);
    bench.run(&config, &images(1)).expect(0);
}

/// The text itself is in the reply: nothing is sent.
#[test]
fn a_text_that_cannot_come_back_is_refused_before_it_is_sent() {
    let bench = Bench::new();
    let text = bench.file("text", "x".repeat(2000));
    let config = bench.config().set("max_message_size", "1 KiB");
    let arguments =
        format!("clear-sign --signing-key ABCD1234 --task-id 7 short @{}", text.display());
    let ended = bench.run(&config, &arguments).expect(2);
    ended.says("inputs: number 2 comes back with its signature, in at least 2668 bytes");
    assert_eq!(bench.record().connections.len(), 0);
}

/// It is discarded while it arrives, and so needs no memory.
fn a_reply_of_100_mb_is_rejected_by_default(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(2, ReplyAct::Content(Content::Padded(100 << 20)))]);
    let ended = bench.run(&bench.config().patience(60, 2, 2), &images(3)).expect(75);
    others_are_signed(&ended, 2);
    ended.says("a reply was rejected: it has 1048").says("more than max_message_size");
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
