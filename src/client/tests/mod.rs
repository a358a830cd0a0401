//! The loops against a scripted broker, without sockets, and without time passing.

mod fates;
mod interleavings;
mod judged;
mod outstanding;
mod script;
mod secured;

use super::*;
use crate::{
    error::Condition,
    signing::{Entry, Outcome, Return, State, Verdict},
};
use script::{Script, Settled, Step, Step::*, ledger};

fn plan(retries: u32, send_retries: u32) -> Plan {
    Plan {
        timeout: Duration::from_secs(3600),
        retries,
        send_retries,
        max_outstanding: usize::MAX,
        max_message_size: 1 << 20,
        releases_foreign: false,
    }
}

/// Runs a script over `count` requests; returns the script, the ledger and the result.
fn play(
    count: usize,
    credit: usize,
    plan: &Plan,
    steps: &[Step],
) -> (Script, Ledger, Result<(), Error>) {
    play_on(Script::new(credit, plan.retries, steps), count, plan)
}

fn play_on(mut script: Script, count: usize, plan: &Plan) -> (Script, Ledger, Result<(), Error>) {
    let mut ledger = ledger(count);
    script.has_bound = plan.max_outstanding < usize::MAX;
    let result = sign(&mut script, &mut ledger, &(), plan);
    (script, ledger, result)
}

fn is_answered(entry: &Entry) -> bool {
    matches!(entry.state(), State::Answered(_))
}

/// The request was sent twice, and the broker accepted it once: a reply is on its way.
#[test]
fn an_accepted_request_is_waited_for_whatever_the_outcome_of_another_sending() {
    let condition = Condition::new("amqp:precondition-failed", "");
    for outcome in
        [Outcome::Undeliverable(condition), Outcome::Returned(Return::Released), Outcome::Unknown]
    {
        let mut ledger = ledger(1);
        ledger.outcome(0, Outcome::Accepted);
        ledger.outcome(0, outcome);
        assert_eq!(ledger.entries()[0].state(), &State::Accepted);
        assert_eq!(ledger.open(), 1);
    }
}

/// It was on the socket of a connection that is gone.
#[test]
fn a_request_that_may_have_arrived_is_waited_for_whatever_the_outcome_of_another_sending() {
    for is_out in [true, false] {
        let mut ledger = ledger(1);
        ledger.begin_cycle(|_| false);
        ledger.sent(0);
        if is_out {
            ledger.all_out();
        }
        ledger.connection_lost();
        ledger.sent(0);
        let condition = Condition::new("amqp:link:message-size-exceeded", "");
        ledger.outcome(0, Outcome::Undeliverable(condition));
        assert_eq!((ledger.open() == 1, ledger.awaits_any()), (is_out, is_out));
        assert!(!ledger.has_unsent());
        ledger.begin_cycle(|_| false);
        assert_eq!(ledger.has_unsent(), is_out, "the next cycle tries again");
    }
}

/// It is sent again by the next cycle; the report must not say that the broker never confirmed it.
#[test]
fn an_accepted_request_that_is_sent_again_stays_accepted_and_is_in_doubt() {
    let (_, mut ledger, _) = play(1, 9, &plan(1, 2), &[Accept(0), Quiet, Quiet]);
    assert_eq!(ledger.entries()[0].state(), &State::Accepted);
    ledger.connection_lost();
    assert!(ledger.has_unsent());
}

/// What the broker has may be answered; then the run ends.
#[test]
fn a_file_that_is_gone_ends_the_sending_but_not_the_waiting() {
    let mut script = Script::new(9, 1, &[Quiet, Reply(0)]);
    script.unreadable.insert(1);
    let (script, ledger, result) = play_on(script, 3, &plan(1, 2));
    assert!(matches!(result, Err(Error::InputFile { .. })), "{result:?}");
    assert_eq!(script.sent, [0]);
    assert_eq!(ledger.entries()[1].state(), &State::NotSent);

    let mut script = Script::new(9, 1, &[Accept(0), Reply(0)]);
    script.unreadable.insert(1);
    let (script, ledger, result) = play_on(script, 3, &plan(1, 2));
    assert!(matches!(result, Err(Error::InputFile { .. })), "{result:?}");
    assert!(is_answered(&ledger.entries()[0]));
    assert_eq!(script.settled, [Settled::Accepted]);
    assert_eq!(ledger.entries()[2].state(), &State::NotSent);
}

#[test]
fn all_is_answered_in_one_cycle() {
    let (script, ledger, result) =
        play(3, 9, &plan(2, 2), &[Accept(0), Reply(1), Accept(1), Reply(0), Reply(2)]);
    assert!(result.is_ok() && ledger.entries().iter().all(is_answered));
    assert_eq!((script.sent, script.settled), (vec![0, 1, 2], vec![Settled::Accepted; 3]));
}

#[test]
fn credit_bounds_what_is_sent_and_replies_are_taken_in_meanwhile() {
    let (script, ledger, _) =
        play(3, 1, &plan(1, 1), &[Reply(0), Credit(1), Reply(1), Credit(1), Reply(2)]);
    assert!(ledger.entries().iter().all(is_answered));
    assert_eq!(script.sent, [0, 1, 2]);
}

#[test]
fn without_credit_the_windows_of_a_cycle_are_skipped() {
    // One quiet for each sending; a window would need one more.
    let (script, ledger, result) = play(1, 0, &plan(5, 2), &[Quiet, Quiet, Credit(1), Reply(0)]);
    assert!(result.is_ok());
    assert_eq!((script.sent.len(), script.steps.len()), (0, 2));
    assert!(matches!(ledger.entries()[0].state(), State::NotSent));
}

/// Handed over is not sent: with nothing on the socket there are no windows to wait for.
#[test]
fn a_request_that_is_held_back_is_not_waited_for() {
    // One quiet for the sending of each cycle; a window would need one more.
    let mut held = Script::new(9, 5, &[Quiet, Quiet, Reply(0)]);
    held.held = true;
    let (script, ledger, result) = play_on(held, 2, &plan(5, 2));
    let states: Vec<_> = ledger.entries().iter().map(Entry::state).collect();
    assert!(result.is_ok() && states == [&State::Sent, &State::NotSent], "{states:?}");
    assert_eq!((script.sent.len(), script.steps.len()), (1, 1));
}

/// It would come twice by one connection.
#[test]
fn a_request_that_waits_for_the_socket_is_not_handed_over_again_by_the_next_cycle() {
    let mut held = Script::new(9, 1, &[Quiet, Credit(9), Reply(0), Reply(1)]);
    held.held = true;
    let (script, ledger, _) = play_on(held, 2, &plan(1, 2));
    assert!(ledger.entries().iter().all(is_answered));
    assert_eq!(script.sent, [0, 1]);
}

/// What was held back was lost with its connection, and the next one grants no credit.
#[test]
fn what_was_held_back_on_a_lost_connection_is_not_waited_for() {
    let mut held = Script::new(1, 5, &[Reconnect, Quiet, Reply(0)]);
    held.held = true;
    let (script, ledger, _) = play_on(held, 1, &plan(5, 1));
    assert_eq!((script.steps.len(), ledger.open()), (1, 1), "no window follows");
}

/// The reply to the earlier sending is on its way: by a broker's word, or perhaps.
#[test]
fn a_cycle_that_can_send_nothing_waits_for_what_was_sent_before() {
    for earlier in [&[Accept(0)][..], &[], &[Forget(0)], &[Reconnect]] {
        // One quiet for the window of the first cycle, one for the sending of the second.
        let steps: Vec<_> = earlier.iter().chain(&[Quiet, Quiet, Reply(0)]).cloned().collect();
        let (script, ledger, _) = play(1, 1, &plan(1, 2), &steps);
        assert!(ledger.entries().iter().all(is_answered), "{earlier:?}");
        assert_eq!(script.sent, [0]);
    }
    // What was returned is not on its way to anyone.
    let (script, ..) = play(1, 1, &plan(1, 2), &[Return(0), Quiet, Quiet, Reply(0)]);
    assert_eq!(script.steps.len(), 1);
}

#[test]
fn the_second_cycle_sends_what_is_open() {
    let steps = [Accept(0), Accept(1), Reject(2), Reply(0), Quiet, Reply(1)];
    let (script, ledger, _) = play(4, 9, &plan(1, 2), &steps);
    assert_eq!(script.sent, [0, 1, 2, 3, 1, 3]);
    assert!(
        is_answered(&ledger.entries()[1]) && matches!(ledger.entries()[3].state(), State::Sent)
    );
}

#[test]
fn a_returned_request_is_sent_again_with_the_next_window() {
    let (script, ledger, _) =
        play(2, 9, &plan(2, 1), &[Return(0), Accept(1), Quiet, Reply(0), Reply(1)]);
    assert_eq!(script.sent, [0, 1, 0]);
    assert!(ledger.entries().iter().all(is_answered));
}

/// Not with the first window, though it was returned before that began.
#[test]
fn a_request_that_is_returned_while_others_are_sent_waits_for_the_second_window() {
    for (retries, sent) in [(1, &[0, 1][..]), (2, &[0, 1, 0])] {
        let steps = [Return(0), Credit(9), Accept(1), Quiet, Reply(1)];
        let (script, ..) = play(2, 1, &plan(retries, 1), &steps);
        assert_eq!(script.sent, sent);
    }
}

#[test]
fn a_request_that_is_returned_until_the_end_is_known_as_returned() {
    let (script, ledger, _) = play(1, 9, &plan(2, 1), &[Return(0), Quiet, Return(0), Quiet]);
    assert_eq!(script.sent, [0, 0]);
    assert_eq!(ledger.entries()[0].state(), &State::Returned(Return::Released));
}

#[test]
fn after_a_lost_connection_only_requests_without_an_outcome_are_sent_again() {
    let (script, ..) =
        play(4, 9, &plan(1, 1), &[Accept(0), Reply(1), Forget(2), Reconnect, Reply(0), Quiet]);
    assert_eq!(script.sent, [0, 1, 2, 3, 2, 3]);
}

#[test]
fn a_rejected_request_is_final_but_a_reply_to_it_counts_all_the_same() {
    let (script, ledger, _) = play(2, 9, &plan(1, 2), &[Reject(0), Reply(0), Reply(1)]);
    assert_eq!(script.sent, [0, 1]);
    assert!(ledger.entries().iter().all(is_answered));
    let (script, ledger, _) = play(2, 9, &plan(1, 2), &[Reject(0), Reject(1)]);
    assert_eq!((script.sent.len(), ledger.open()), (2, 0));
}

#[test]
fn other_replies_are_accepted_and_broken_ones_rejected() {
    let (script, ..) = play(1, 9, &plan(1, 1), &[Foreign, Malformed, Reply(0)]);
    assert_eq!(script.settled, [Settled::Accepted, Settled::Rejected, Settled::Accepted]);
    assert_eq!(script.progress, 1, "only the expected one is progress");
}

/// Otherwise two clients would release one reply to each other forever.
#[test]
fn a_foreign_reply_is_released_once_and_then_accepted() {
    let plan = Plan { releases_foreign: true, ..plan(1, 1) };
    let (script, ..) = play(1, 9, &plan, &[Foreign, Malformed, Foreign, Foreign, Reply(0)]);
    let [accepted, rejected, released] = [Settled::Accepted, Settled::Rejected, Settled::Released];
    assert_eq!(script.settled, [released, rejected, accepted, accepted, accepted]);
}

#[test]
fn after_a_refusal_the_client_waits_for_accepted_requests_in_their_window() {
    let steps = [Accept(0), RefuseSending, Reply(0), Credit(9), Reply(1)];
    let (script, ledger, result) = play(2, 1, &plan(9, 9), &steps);
    assert!(matches!(result, Err(Error::Refused { .. })));
    assert_eq!(script.sent, [0], "nothing is sent after a refusal");
    assert!(is_answered(&ledger.entries()[0]));
    assert_eq!(script.steps.len(), 2, "and the client does not wait once no reply can come");
}

#[test]
fn a_refusal_ends_the_run_at_once_if_the_broker_has_nothing() {
    for steps in [&[RefuseSending][..], &[Reject(0), RefuseSending]] {
        let (script, _, result) = play(2, 1, &plan(9, 9), steps);
        assert!(result.is_err() && script.steps.is_empty());
    }
}

#[test]
fn a_refusal_is_reported_unless_everything_is_answered() {
    let (.., result) =
        play(2, 9, &plan(1, 1), &[Accept(0), Accept(1), RefuseSending, Reply(0), Reply(1)]);
    assert!(
        result.is_ok(),
        "if the broker refuses more after it has everything, nothing is missing"
    );
    let (.., result) = play(2, 9, &plan(1, 1), &[Accept(0), RefuseSending, Reject(1), Reply(0)]);
    assert!(result.is_err());
}

#[test]
fn a_refusal_waits_one_window_not_more() {
    let (script, _, result) = play(1, 1, &plan(9, 9), &[Accept(0), RefuseSending, Quiet, Reply(0)]);
    assert!(result.is_err());
    assert_eq!(script.steps.len(), 1);
}
