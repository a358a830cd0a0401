//! The command line, what is printed without a document, and exit statuses.

use amqp_sandbox::{ReplyAct, When};

use super::{image, images, text};
use crate::case::{bundle, clear};

fn refusal() -> ReplyAct {
    ReplyAct::ServerError { errors: vec!["no such key".into()], signing_status: "failure".into() }
}

#[test]
fn the_bundle_signs_blobs_too() {
    let case = bundle("msg-blob-sign --signing-key K --task-id 7 --blob-file b").file("b", b"b");
    let (theirs, ours) = case.both();
    theirs.does_nothing(2);
    ours.signed();
}

#[test]
fn cosign_is_left_to_the_reference() {
    let (theirs, ours) = bundle("cosign-container-sign --help").without_config_file().both();
    assert!(theirs.ended.expect(0).stdout.contains("cosign"));
    ours.ended.says("use pubtools-sign itself for cosign");
    ours.does_nothing(2);
}

#[test]
fn help_has_a_short_form_and_there_is_a_version() {
    for option in ["-h", "--version"] {
        let (theirs, ours) = clear(option).without_config_file().both();
        theirs.does_nothing(2);
        assert_ne!(ours.ended.expect(0).stdout, "");
    }
    let (theirs, ours) = clear("--help").without_config_file().both();
    for run in [theirs, ours] {
        assert!(run.ended.expect(0).stdout.contains("Usage: pubtools-sign-msg-clear-sign "));
    }
}

/// pubtools-sign looks for `signed_claim`, which a batch does not have.
#[test]
fn the_values_of_a_batch_are_printed_raw() {
    let (theirs, ours) = images().words("--signer-type batch --raw").both();
    assert_eq!((theirs.ended.status, theirs.ended.stdout.as_str()), (1, ""));
    assert_eq!(ours.signed().ended.stdout.lines().filter(|line| !line.is_empty()).count(), 3);
}

/// pubtools-sign stops at the first refusal and does not print the signed values after it.
#[test]
fn raw_values_behind_a_refusal_are_printed() {
    let prepared = images().words("--raw").bench();
    let lines = |stdout: &str| stdout.lines().map(|line| !line.is_empty()).collect::<Vec<_>>();
    prepared.act_on(2, refusal());
    let theirs = prepared.reference();
    assert_eq!((theirs.ended.status, lines(&theirs.ended.stdout)), (1, vec![true]));
    prepared.act_on(2, refusal());
    let ours = prepared.ours();
    assert_eq!((ours.ended.status, lines(&ours.ended.stdout)), (1, vec![true, false, true]));
    for run in [theirs, ours] {
        run.ended.says("no such key");
    }
}

/// Under its own name amqp-messenger has a separate exit status for refusals, whatever it prints.
#[test]
fn a_refusal_has_a_status_by_our_own_name() {
    let prepared = image().act(refusal()).bench();
    let theirs = prepared.reference().signed();
    let ours = prepared.natively();
    theirs.sends_the_same_requests(&ours);
    assert_eq!((ours.ended.status, ours.printed()), (1, theirs.printed()));
}

#[test]
fn an_empty_requester_is_a_mistake_by_our_own_name() {
    let prepared = text("one --requester").word("").bench();
    prepared.reference().signed();
    prepared.natively().does_nothing(2);
}

#[test]
fn nothing_that_is_there_is_missing_in_raw_output() {
    let case = || images().words("--raw").patience(1, 1, 1).rule(When::Any, ReplyAct::NoReply);
    let (theirs, ours) = case().both();
    // pubtools-sign prints a traceback, because the document's first result is empty.
    assert_eq!((theirs.ended.status, theirs.ended.stdout.as_str()), (1, ""));
    theirs.ended.says("IndexError");
    assert_eq!((ours.ended.status, ours.ended.stdout.as_str()), (1, "\n\n\n"));
}
