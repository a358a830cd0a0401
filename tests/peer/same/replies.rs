//! Replies of several kinds.

use std::time::Duration;

use amqp_sandbox::{ReplyAct, When};

use crate::case::{Case, blob, clear, container};

fn images() -> Case {
    container(
        "--signing-key K --task-id 7 --digest sha256:1 --reference r/n:1 --digest sha256:2 --reference r/n:2",
    )
}

fn refusal() -> ReplyAct {
    ReplyAct::ServerError {
        errors: vec!["no such key: «K»".into(), "try another".into()],
        signing_status: "failure".into(),
    }
}

cases! {
    is_the_same_by_its_name,

    a_refusal: images().act(refusal());
    a_refusal_of_a_text: clear("--signing-key K --task-id 7 hello").act(refusal());
    a_refusal_of_a_blob: blob("--signing-key K --task-id 7 --blob-file b").file("b", b"b").act(refusal());
    a_refusal_of_a_batch: images().words("--signer-type batch").act(refusal());
    a_text_s_reply_without_errors: clear("--signing-key K --task-id 7 hello").act(ReplyAct::WithoutErrors);
}

cases! {
    is_the_same,

    a_foreign_reply_before_the_right_one: images().act(ReplyAct::ForeignReplyFirst);
    a_broker_that_takes_one_at_a_time: images().sandbox(|options| options.credit = 1);
}

cases! {
    signs_the_same,

    a_second_reply_to_the_same_request: images().act(ReplyAct::ReplyTwice);
    replies_in_another_order: images()
        .words("--signing-key L")
        .rule(When::EveryNth(2), ReplyAct::Delay(Duration::from_millis(300)));
}

/// JSON with everything that can be written in more than one way.
const UNUSUAL: &str = r#" {"z": 1E400, "w": [1.0, 1e5, 1e16, 1e-5, -0.0, 0.1, 123456789012345678901234567890],
    "v": {"b": {}, "a": [], "b": null}, "u": "\u00e9é\ud83d\ude00😀\/\u2028\u007f\b\f\n\r\t\"\\", "": true,
    "msg": {"errors": ["no"], "request_id": "REQUEST", "number": 1.10}} "#;

/// Python prints a number that is too large for it as Infinity, which is not JSON; amqp-messenger does the same.
#[test]
fn unusual_json() {
    let prepared = clear("--signing-key K --task-id 7 hello").act(ReplyAct::NoReply).bench();
    let [theirs, ours] = [prepared.reference_program(), prepared.our_program()].map(|program| {
        let run = prepared.answered(program, UNUSUAL, &[("größe", "é"), ("", "")]);
        let id = run.record.requests[0].request_id.clone().unwrap();
        (run.ended.status, run.ended.stdout.replace(&id, "<request>"))
    });
    assert_eq!(ours, theirs);
    assert!(theirs.0 == 0 && theirs.1.contains(r#"{"z": Infinity, "#), "{}", theirs.1);
}
