//! No more requests are outstanding at once than the plan allows, and what becomes of a request with which connections end.

use super::*;

/// The number of requests that were sent before each wait, with at most two outstanding.
fn sent_before(count: usize, steps: &[Step]) -> Vec<usize> {
    let plan = Plan { max_outstanding: 2, ..plan(2, 2) };
    play(count, 99, &plan, steps).0.sent_before
}

#[test]
fn only_a_reply_a_return_or_a_failure_makes_room() {
    for (steps, expected) in [
        (&[Accept(0), Accept(1), Credit(9), Foreign, Stop][..], &[2, 2, 2, 2, 2][..]),
        (&[Reply(1), Reply(0), Reply(1), Stop], &[2, 3, 4, 4]),
        // A reply is no news of a request that the broker has returned.
        (&[Return(0), Accept(1), Reply(0), Reply(1), Stop], &[2, 3, 3, 3, 4]),
        (&[Reject(0), Forget(1), Reply(1), Stop], &[2, 3, 3, 4]),
    ] {
        assert_eq!(sent_before(9, steps), expected, "{steps:?}");
    }
}

#[test]
fn what_was_in_doubt_when_a_connection_was_lost_is_sent_again_before_anything_else() {
    let plan = Plan { max_outstanding: 2, ..plan(2, 2) };
    let (script, ..) = play(4, 99, &plan, &[Accept(0), Reconnect, Return(1), Reply(0), Stop]);
    // The broker has the first request, and the second one may be sent.
    assert_eq!((script.sent, script.sent_before), (vec![0, 1, 1, 2, 3], vec![2, 2, 3, 4, 5]));
}

#[test]
fn a_returned_request_waits_for_its_window_and_a_cycle_begins_with_none() {
    let first = [Accept(0), Return(1), Accept(2), Quiet];
    let steps = [&first[..], &[Reply(0), Stop]].concat();
    assert_eq!(sent_before(3, &steps), [2, 2, 3, 3, 3, 4]);
    // In the second cycle, two of the three that are open.
    let steps = [&first[..], &[Quiet, Reply(0), Stop]].concat();
    assert_eq!(sent_before(3, &steps), [2, 2, 3, 3, 3, 5, 6]);
}

/// Connections end whenever it is sent.
#[test]
fn a_request_with_which_connections_end_fails_even_if_it_may_have_arrived() {
    for was_accepted in [false, true] {
        let mut ledger = ledger(1);
        ledger.begin_cycle(|_| false);
        ledger.sent(0);
        ledger.all_out();
        if was_accepted {
            ledger.outcome(0, Outcome::Accepted);
        }
        ledger.connection_lost();
        ledger.outcome(0, Outcome::Fatal(Condition::new("", "")));
        assert_eq!((ledger.open(), ledger.has_unsent()), (usize::from(was_accepted), false));
    }
}

/// The windows of a cycle are all that it waits, however many requests wait for room.
#[test]
fn a_cycle_that_waits_for_room_takes_no_longer_than_its_windows() {
    let plan = Plan { max_outstanding: 2, ..plan(3, 2) };
    let (script, _, result) =
        play(5, 99, &plan, &[Accept(0), Accept(1), Quiet, Quiet, Quiet, Quiet, Quiet, Quiet, Stop]);
    assert!(result.is_ok());
    assert_eq!(script.steps.len(), 1, "two cycles of three windows");
}

/// The signing server may not know their key.
#[test]
fn requests_that_are_never_answered_leave_room_for_the_others_in_the_next_cycle() {
    let plan = Plan { max_outstanding: 2, ..plan(1, 3) };
    let steps = [Accept(0), Accept(1), Quiet, Reply(2), Reply(3), Reply(4), Quiet];
    let (script, ledger, _) = play(5, 99, &plan, &steps);
    let answered: Vec<_> = ledger.entries().iter().map(is_answered).collect();
    assert_eq!(script.sent, [0, 1, 2, 3, 4, 0, 1, 0, 1]);
    assert_eq!(answered, [false, false, true, true, true]);
}

/// The script holds that the deadline is moved, for a request that had to wait for room as for one that goes out at once.
#[test]
fn a_request_that_waited_for_room_has_as_much_time_as_the_others() {
    let plan = Plan { max_outstanding: 1, ..plan(1, 1) };
    let (script, ledger, _) = play(3, 99, &plan, &[Reject(0), Accept(1), Reply(1), Reply(2)]);
    assert_eq!((script.sent, ledger.open()), (vec![0, 1, 2], 0));
}
