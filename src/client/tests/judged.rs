//! Replies whose values do not count.

use super::*;
use crate::signing::{RawReply, ReplyBody, ReplyKind};

/// Anyone who can write to the reply address could otherwise keep a run alive, or end it.
#[test]
fn a_reply_that_does_not_count_is_no_answer_and_no_progress() {
    // The script checks that the deadline stays where it is.
    let steps = [Accept(0), Forged(0), Forged(0), Quiet, Forged(0), Quiet, Reply(0)];
    let (script, ledger, result) = play(1, 9, &plan(2, 1), &steps);
    assert!(result.is_ok());
    assert_eq!((script.settled, script.steps.len()), (vec![Settled::Rejected; 3], 1));
    let entry = &ledger.entries()[0];
    let problems = vec!["forged".to_owned()];
    assert_eq!(entry.reply().unwrap().verdict, Verdict::Unverified { problems });
    assert!(entry.signed_values()[0].is_empty() && entry.state() == &State::Accepted);

    let (script, ledger, _) = play(1, 9, &plan(1, 1), &[Forged(0), Reply(0), Forged(0)]);
    assert_eq!(
        (script.settled.as_slice(), script.steps.len()),
        (&[Settled::Rejected, Settled::Accepted][..], 1)
    );
    assert_eq!(ledger.entries()[0].reply().unwrap().verdict, Verdict::Signed);
}

/// Each of both says something new after the other.
#[test]
fn replies_that_do_not_count_and_replies_that_are_no_answer_do_not_restart_the_clock_in_turn() {
    let mut ledger = ledger(1);
    ledger.begin_cycle(|_| false);
    ledger.sent(0);
    let mut reply = |rest: &str| {
        let body = format!(r#"{{"msg": {{"request_id": "id-0", {rest}}}}}"#).into_bytes();
        ledger.reply(RawReply { body: ReplyBody::Bytes(body), properties: None })
    };
    for is_first in [true, false, false] {
        let forged = reply(r#""signed_claim": "Zm9yZ2Vk""#);
        assert!(matches!(forged, ReplyKind::Unverified(_)), "{forged:?}");
        let expected = if is_first { ReplyKind::Expected } else { ReplyKind::Repeated };
        assert_eq!(reply(r#""signing_status": "in progress""#), expected);
    }
}
