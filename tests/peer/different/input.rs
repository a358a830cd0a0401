//! Arguments and files that pubtools-sign accepts, or fails on.

use openssl::base64::decode_block;

use super::{image, text};
use crate::{
    case::{Case, blob, container},
    run::Run,
};

/// pubtools-sign fails, mostly with a traceback; amqp-messenger reports what is wrong before it sends anything.
#[track_caller]
fn is_refused(case: Case) {
    let (theirs, ours) = case.both();
    theirs.does_nothing(1);
    ours.does_nothing(2);
}

/// pubtools-sign continues all the same; amqp-messenger refuses. Returns the run of pubtools-sign.
#[track_caller]
fn is_taken_by_the_reference(case: Case) -> Run {
    let (theirs, ours) = case.both();
    ours.does_nothing(2);
    theirs.signed()
}

#[test]
fn more_digests_than_references() {
    is_refused(image().words("--digest sha256:2"));
}

#[test]
fn a_reference_without_a_repository() {
    is_refused(container("--signing-key K --task-id 7 --digest sha256:1 --reference app:1"));
}

#[test]
fn a_batch_of_blobs() {
    is_refused(
        blob("--signing-key K --task-id 7 --blob-file b --signer-type batch").file("b", b"b"),
    );
}

#[test]
fn a_text_beyond_latin_1() {
    is_refused(text("€"));
    // Under amqp-messenger's own name a text is sent as UTF-8, just as it is on the command line.
    let signed = text("€ é").bench().natively().signed();
    assert_eq!(inputs(&signed), ["€".as_bytes(), "é".as_bytes()]);
}

#[test]
fn fewer_key_names_than_keys() {
    let theirs =
        is_taken_by_the_reference(image().words("--signing-key SECOND --signing-key-name one"));
    assert_eq!(theirs.record.requests.len(), 1, "the second key is not used");
}

#[test]
fn a_batch_of_several_keys_without_names() {
    let batch = image().words("--signing-key SECOND --signer-type batch");
    let theirs = is_taken_by_the_reference(batch);
    let claim = &theirs.record.requests[0].json()["claims"][0];
    assert_eq!(
        claim["sig_keynames"],
        serde_json::json!([""]),
        "one name, which is empty, for two keys"
    );
}

/// pubtools-sign asks for the same claim twice.
#[test]
fn equal_images_in_one_batch() {
    let (theirs, ours) =
        image().words("--signer-type batch --digest sha256:1 --reference r/ns/app:1").both();
    let claims = |run: &Run| run.record.requests[0].json()["claims"].as_array().unwrap().len();
    assert_eq!((claims(&theirs), claims(&ours)), (2, 1));
}

#[test]
fn an_empty_digest_repository_or_key() {
    is_taken_by_the_reference(container(
        "--signing-key K --task-id 7 --digest sha256:1 --reference r/:1",
    ));
    is_taken_by_the_reference(
        container("--signing-key K --task-id 7 --reference r/n:1 --digest").word(""),
    );
    is_taken_by_the_reference(text("one --signing-key").word(""));
}

/// None of it can be a right signature: `null` is what jq prints for a missing value.
#[test]
fn a_digest_or_reference_that_is_null_or_holds_blanks() {
    let pair = |digest, reference| {
        let case = container("--signing-key K --task-id 7 --digest").word(digest);
        is_taken_by_the_reference(case.words("--reference").word(reference))
    };
    for digest in ["null", "sha256:1\r", "sha256:1\n", "sha256:1 sha256:2"] {
        pair(digest, "r/n:1");
    }
    for reference in ["r/n:1\r", "r/n:1 r/n:2", "r/n\u{7f}:1"] {
        pair("sha256:1", reference);
    }
}

#[test]
fn a_key_that_cannot_be_right() {
    for key in ["55A34A82\r", "null", "55A34A82 37036A73"] {
        is_taken_by_the_reference(text("one --signing-key").word(key));
    }
}

/// pubtools-sign sends the last eight characters, a blank or colon among them.
#[test]
fn a_fingerprint_in_groups() {
    for (key, wrong) in [("A0EA F354 55A3 4A82", "5A3 4A82"), ("A0:EA:55:A3:4A:82", "A3:4A:82")] {
        let case = blob("--task-id 7 --blob-file b --signing-key").word(key);
        let (theirs, ours) = case.file("b", b"b").both();
        let sent = |run: &Run| run.record.requests[0].json()["sig_key_id"].clone();
        assert_eq!((sent(&theirs), sent(&ours)), (wrong.into(), "55A34A82".into()));
    }
}

#[test]
fn several_keys_with_one_name() {
    for more in ["", "--signer-type batch"] {
        let keys = image().words("--signing-key SECOND").words(more);
        is_taken_by_the_reference(keys.words("--signing-key-name one --signing-key-name one"));
    }
}

/// They become part of a queue's name, in which brokers interpret wildcards.
#[test]
fn a_task_id_with_wildcards_or_blanks() {
    for task_id in ["*", "7.>", "#", "7 8", "7,queue://other", "7?x=1", "7::8", "7%2F8"] {
        let theirs = is_taken_by_the_reference(text("one --task-id").word(task_id));
        let address = theirs.record.deliveries[0].address.clone();
        assert_eq!(
            address,
            format!("queue://Consumer.sandbox-client-{task_id}.VirtualTopic.sandbox.reply")
        );
    }
    is_taken_by_the_reference(text("one --task-id").word(""));
}

#[test]
fn a_requester_with_wildcards() {
    is_taken_by_the_reference(text("one --requester *"));
}

/// If a shell's pattern has matched nothing, pubtools-sign prints a document and ends with 0.
#[test]
fn no_text_at_all() {
    let (theirs, ours) = text("").both();
    ours.does_nothing(2);
    let theirs = theirs.ended.expect(0);
    assert_eq!(theirs.document()["operation_results"], serde_json::json!([]));
}

#[test]
fn a_reference_by_digest() {
    let reference = "r/ns/app@sha256:0123";
    let (theirs, ours) = container("--signing-key K --task-id 7 --digest sha256:0123 --reference")
        .word(reference)
        .both();
    let repo = |run: &Run| run.record.requests[0].json()["repo"].clone();
    assert_eq!(
        (repo(&theirs.signed()), repo(&ours.signed())),
        ("ns/app@sha256".into(), "ns/app".into())
    );
}

/// The contents that a run sent for signing.
fn inputs(run: &Run) -> Vec<Vec<u8>> {
    let data = |json: serde_json::Value| decode_block(json["data"].as_str().unwrap()).unwrap();
    run.record.requests.iter().map(|request| data(request.json())).collect()
}

/// pubtools-sign decodes a file, turns every line ending into "\n", and encodes it in Latin-1.
#[test]
fn a_file_s_bytes_are_signed_as_they_are() {
    let case = text("@text").file("text", "é\r\nsecond\r".as_bytes());
    let (theirs, ours) = case.both();
    assert_eq!(inputs(&theirs.signed()), [b"\xe9\nsecond\n"]);
    assert_eq!(inputs(&ours.signed()), ["é\r\nsecond\r".as_bytes()]);
    // It fails on these: a character beyond Latin-1, and bytes that are not UTF-8.
    for content in ["€".as_bytes(), b"\xff\x00"] {
        let (theirs, ours) = text("@text").file("text", content).both();
        theirs.does_nothing(1);
        assert_eq!(inputs(&ours.signed()), [content]);
    }
}

#[test]
fn only_the_first_at_sign_marks_a_file() {
    let (theirs, ours) = text("@@text").file("text", b"one").file("@text", b"two").both();
    assert_eq!((inputs(&theirs), inputs(&ours)), (vec![b"one".to_vec()], vec![b"two".to_vec()]));
}
