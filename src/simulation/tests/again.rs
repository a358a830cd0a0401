//! What becomes of a request that was accepted, or may have arrived, because of a later sending of it: nothing.

use super::*;

/// The second cycle asks again by another broker; the signing server answers the first sending later.
fn answered_late(arrival: &Arrival) -> Treatment {
    match arrival.repetition {
        0 => replied_after(90 * SECOND),
        _ => Treatment::default(),
    }
}

/// The first connection ends before the second cycle, and the second is like that.
fn second(plan: impl Fn() -> ConnectionPlan + 'static) -> Bench {
    let connections = move |_, number| match number {
        0 => with_fault(Trigger::After(30 * SECOND), Fault::Cut(End::Eof)),
        _ => plan(),
    };
    Bench::new().patience(60, 1, 3).connections(connections)
}

#[test]
fn a_request_that_was_accepted_survives_a_next_broker_that_finds_it_too_large() {
    let plan = || ConnectionPlan { max_message_size: Some(100), ..ConnectionPlan::default() };
    let ended = second(plan).requests(answered_late).expect(0);
    ended.took(90);
    assert_eq!(ended.times_sent(), [1; 3]);
}

/// Refused at its attach, or detached when the request comes again: the window is finished, with all replies in it.
#[test]
fn a_request_that_was_accepted_survives_a_sender_that_is_refused_later() {
    let refused =
        || ConnectionPlan { sender: Answer::Refuses(REFUSALS[0]), ..ConnectionPlan::default() };
    let in_time = |_: &Arrival| replied_after(50 * SECOND);
    let bench = second(refused).set(|settings| settings.sender_target = "address");
    bench.requests(in_time).expect(0).took(50);
    let detached = || with_fault(Trigger::AtRequest(0), Fault::DetachSender(REFUSALS[0]));
    second(detached).requests(answered_late).expect(0).took(90);
}

/// Without a word of the broker: what was on the wire may have arrived.
#[test]
fn a_request_that_was_in_doubt_survives_whatever_becomes_of_a_later_sending() {
    for outcome in [
        Outcome::Rejected(Condition::new("amqp:resource-limit-exceeded")),
        Outcome::Modified { undeliverable_here: true },
        Outcome::Released,
        Outcome::Forgotten,
    ] {
        let treatment = move |arrival: &Arrival| match arrival.repetition {
            0 => Treatment { outcome: Outcome::Never, ..replied_after(45 * SECOND) },
            _ => given(outcome),
        };
        let ended = second(ConnectionPlan::default).requests(treatment).expect(0);
        ended.took(45);
        assert_eq!(ended.times_sent(), [2; 3], "{outcome:?}");
    }
    let large = || ConnectionPlan { max_message_size: Some(100), ..ConnectionPlan::default() };
    let treatment =
        |_: &Arrival| Treatment { outcome: Outcome::Never, ..replied_after(45 * SECOND) };
    second(large).requests(treatment).expect(0).took(45);
}

/// There is no credit in the second cycle: its window is waited, for the reply to the first.
#[test]
fn a_cycle_that_sends_nothing_waits_for_what_was_accepted_before() {
    for outcome in [Outcome::Accepted, Outcome::Never] {
        for is_lost in [true, false] {
            let treatment = move |_: &Arrival| Treatment { outcome, ..replied_after(170 * SECOND) };
            let cut = Trigger::After(30 * SECOND);
            let plan = move |_, number| ConnectionPlan {
                credit: if number == 0 { Credit::TakenBack(1, 9 * HOUR) } else { Credit::Never },
                fault: is_lost.then_some((cut, Fault::Cut(End::Eof))).filter(|_| number == 0),
                ..ConnectionPlan::default()
            };
            let bench = Bench::new().items(1).patience(60, 1, 2).connections(plan);
            bench.requests(treatment).expect(0).took(170);
        }
    }
}
