//! Replies that are missing, useless, or of an unusual form.

use amqp_sandbox::{Carrier, Content, ReplyAct, RequestAct, When};
use serde_json::{Value, json};

use super::{image, images, text};
use crate::{case::Case, run::Run};

fn status(run: &Run) -> (i32, Value) {
    (run.ended.status, run.ended.document()["signer_result"]["status"].clone())
}

/// Whether each result is present.
fn results(run: &Run) -> Vec<bool> {
    let document = run.ended.document();
    document["operation_results"].as_array().unwrap().iter().map(Value::is_array).collect()
}

/// pubtools-sign drops the reply and everything in it, and reports success.
#[track_caller]
fn is_no_success(act: ReplyAct) {
    let (theirs, ours) = image().patience(1, 1, 1).act(act).both();
    assert_eq!((status(&theirs), results(&theirs)), ((0, json!("ok")), vec![false]));
    assert_eq!((status(&ours), results(&ours)), ((1, json!("error")), vec![false]));
}

#[test]
fn useless_replies_are_no_success() {
    for content in
        [Content::NotJson, Content::Empty, Content::JsonList, Content::NoMsg, Content::NoId]
    {
        is_no_success(ReplyAct::Content(content));
    }
}

/// pubtools-sign ignores the reply or fails, depending on the kind of number; amqp-messenger reports a broken reply.
#[test]
fn an_id_that_is_no_string_is_no_id() {
    let (theirs, ours) =
        image().patience(1, 1, 1).act(ReplyAct::Content(Content::NumericId)).both();
    assert_eq!((status(&theirs), status(&ours)), ((1, json!("error")), (1, json!("error"))));
}

#[test]
fn a_reply_with_neither_a_value_nor_an_error_is_no_success() {
    let (theirs, ours) = image().act(ReplyAct::WithoutResult).both();
    assert_eq!((status(&theirs), results(&theirs)), ((0, json!("ok")), vec![true]));
    assert_eq!((status(&ours), results(&ours)), ((1, json!("error")), vec![true]));
}

#[test]
fn a_batch_with_claims_left_out_is_no_success() {
    let (theirs, ours) = images()
        .words("--signer-type batch")
        .patience(1, 1, 1)
        .act(ReplyAct::PartialBatch(1))
        .both();
    assert_eq!((status(&theirs), results(&theirs)), ((0, json!("ok")), vec![true]));
    assert_eq!((status(&ours), results(&ours)), ((1, json!("error")), vec![true]));
}

#[test]
fn what_cannot_be_a_right_signature_is_no_success() {
    for (name, text) in [
        ("signed_claim", "None"),
        ("signed_claim", " \n"),
        ("signed_claim", "no base64"),
        ("manifest_digest", "sha256:2"),
        ("repo", "ns/other"),
    ] {
        let (theirs, ours) = image().act(ReplyAct::Field(name.into(), text.into())).both();
        assert_eq!((status(&theirs), results(&theirs)), ((0, json!("ok")), vec![true]));
        assert_eq!((status(&ours), results(&ours)), ((1, json!("error")), vec![true]));
    }
}

/// The first reply ends it for pubtools-sign.
#[test]
fn a_reply_that_says_not_yet_is_waited_on() {
    let (theirs, ours) = image().act(ReplyAct::InProgressFirst).both();
    let signed = |run: &Run| run.ended.messages()[0].get("signed_claim").is_some();
    assert_eq!((status(&theirs), signed(&theirs)), ((0, json!("ok")), false));
    assert_eq!((status(&ours), signed(&ours)), ((0, json!("ok")), true));
}

#[test]
fn a_batch_may_be_answered_in_parts() {
    let (theirs, ours) = images().words("--signer-type batch").act(ReplyAct::InParts).both();
    let claims = |run: &Run| run.ended.messages()[0]["claims"].as_array().unwrap().len();
    assert_eq!((status(&theirs), claims(&theirs)), ((0, json!("ok")), 1));
    assert_eq!((status(&ours), claims(&ours)), ((0, json!("ok")), 3));
}

/// pubtools-sign ends with a traceback and prints nothing of what it received.
#[test]
fn a_reply_without_errors_has_none() {
    let (theirs, ours) = image().act(ReplyAct::WithoutErrors).both();
    assert_eq!((theirs.ended.status, theirs.ended.stdout.as_str()), (1, ""));
    ours.signed();
}

#[track_caller]
fn is_understood(carrier: Carrier) {
    let (theirs, ours) = image().patience(1, 1, 1).act(ReplyAct::Carrier(carrier)).both();
    assert_eq!((results(&theirs), results(&ours.signed())), (vec![false], vec![true]));
}

#[test]
fn replies_in_data_sections_are_understood() {
    is_understood(Carrier::Data(1));
    is_understood(Carrier::Data(3));
    is_understood(Carrier::Binary);
}

#[test]
fn what_was_received_is_printed_though_some_is_missing() {
    let prepared = images().patience(1, 1, 1).bench();
    prepared.act_on(2, ReplyAct::NoReply);
    let theirs = prepared.reference();
    prepared.act_on(2, ReplyAct::NoReply);
    let ours = prepared.ours();
    theirs.sends_the_same_requests(&ours);
    assert_eq!(
        (status(&theirs), results(&theirs)),
        ((1, json!("error")), vec![false, false, false])
    );
    assert_eq!((status(&ours), results(&ours)), ((1, json!("error")), vec![true, false, true]));
}

/// Both send the same requests the same number of times, and report the timeout, each in its own words.
#[track_caller]
fn is_unanswered(case: Case) {
    let prepared = case.patience(1, 1, 2).act(ReplyAct::NoReply).bench();
    let (theirs, ours) = (prepared.reference(), prepared.ours());
    theirs.sends_the_same_requests(&ours);
    for run in [&theirs, &ours] {
        assert_eq!((status(run), results(run)), ((1, json!("error")), vec![false]));
        let message = run.ended.document()["signer_result"]["error_message"].clone();
        assert!(message.as_str().unwrap().starts_with("MessagingTimeout : "), "{message}");
    }
    let rest =
        |run: &Run| run.ended.stdout.split_once("\"operation_results\"").unwrap().1.to_owned();
    assert_eq!(rest(&theirs), rest(&ours));
}

#[test]
fn no_reply_is_reported_in_other_words() {
    is_unanswered(image());
    is_unanswered(text("one"));
}

/// For pubtools-sign the run has failed with the first cycle: it keeps sending, and discards the replies.
#[test]
fn replies_of_a_later_cycle_count() {
    let (theirs, ours) =
        images().patience(1, 1, 2).rule(When::Delivery(1), RequestAct::Drop).both();
    theirs.sends_the_same_requests(&ours);
    assert_eq!(
        (status(&theirs), results(&theirs)),
        ((1, json!("error")), vec![false, false, false])
    );
    assert_eq!((status(&ours), results(&ours)), ((0, json!("ok")), vec![true, true, true]));
}

/// Python accepts and prints some texts that are not JSON; amqp-messenger prints only what every reader accepts.
#[test]
fn what_is_no_json_is_not_printed() {
    const REPLY: &str =
        r#"{"a": NaN, "b": "\ud800", "msg": {"errors": ["no"], "request_id": "REQUEST"}}"#;
    let prepared = text("one").act(ReplyAct::NoReply).bench();
    for (program, printed) in [
        (prepared.reference_program(), r#"{"a": NaN, "b": "\ud800", "#),
        (prepared.our_program(), r#"{"a": null, "b": "\ufffd", "#),
    ] {
        let ended = prepared.answered(program, REPLY, &[]).ended.expect(0);
        assert!(ended.stdout.contains(printed), "{}", ended.stdout);
        // A reply without application properties has null in their place.
        assert!(ended.stdout.contains("}, null]]"), "{}", ended.stdout);
    }
}
