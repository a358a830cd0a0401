//! Replies whose values do not count.

use super::*;

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
