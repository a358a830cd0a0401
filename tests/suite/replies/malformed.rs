//! Replies that cannot be understood: they are rejected with a reason, and do not count.

use amqp_sandbox::{Carrier, Content, ReplyAct, Rule, When};

use super::{about, all_but, filled, only, others_are_signed, rejected};
use crate::harness::{Bench, LONG, Protocol, images};

over_both!(
    a_malformed_reply_is_rejected_and_the_others_count,
    after_a_malformed_reply_the_client_continues_to_wait,
    of_many_malformed_replies_the_number_is_reported,
    a_reply_s_text_stays_out_of_the_log,
);

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
