//! What brokers do to requests, and to the link that they come by.

use super::*;

/// With little credit nothing follows the rejected request; what was accepted before is still waited for.
#[test]
fn a_refused_request_stops_the_sending() {
    for condition in REFUSALS {
        for refused in 0..4 {
            let plan = || ConnectionPlan { credit: Credit::Sparse(1), ..ConnectionPlan::default() };
            let treatment = move |arrival: &Arrival| {
                if arrival.request == refused {
                    given(Outcome::Rejected(condition))
                } else {
                    replied_after(30 * SECOND)
                }
            };
            let bench = Bench::new().items(5).connections(move |_, _| plan());
            let ended = bench.requests(treatment).expect(77);
            assert_eq!(ended.witness.sendings.len(), refused + 1, "after {condition:?}");
            assert_eq!(ended.answered(), [0, 1, 2, 3, 4].map(|item| item < refused));
            assert!(ended.words().contains(&*condition.shown()), "{}", ended.words());
        }
    }
}

/// What was accepted and is never answered is waited for until its window ends, and not longer.
#[test]
fn a_refused_request_leaves_the_window_of_the_accepted() {
    let treatment = |arrival: &Arrival| match arrival.request {
        0 => given(Outcome::Accepted),
        1 => given(Outcome::Rejected(REFUSALS[2])),
        _ => Treatment::default(),
    };
    let ended = Bench::new().patience(60, 3, 3).requests(treatment).expect(77);
    ended.took(60);
    assert_eq!((ended.answered(), ended.times_sent()), (vec![false, false, true], vec![1; 3]));
}

#[test]
fn what_is_given_back_is_sent_again_from_the_next_window_on() {
    for outcome in [Outcome::Released, Outcome::Modified { undeliverable_here: false }] {
        for number in 0..3 {
            let back = move |arrival: &Arrival| match arrival.repetition {
                0 if arrival.request == number => given(outcome),
                _ => Treatment::default(),
            };
            let ended = Bench::new().patience(60, 2, 1).requests(back).expect(0);
            ended.took(60);
            assert_eq!(ended.times_sent(), [0, 1, 2].map(|item| 1 + usize::from(item == number)));
        }
    }
}

/// Once in each window.
#[test]
fn what_is_always_given_back_is_sent_once_in_each_window() {
    for outcome in [Outcome::Released, Outcome::Modified { undeliverable_here: false }] {
        let ended = Bench::new().patience(60, 4, 2).requests(move |_| given(outcome)).expect(75);
        ended.took(60 * 4 * 2);
        assert_eq!(ended.times_sent(), [8; 3]);
    }
}

#[test]
fn without_credit_each_cycle_takes_the_timeout_and_has_no_windows() {
    let plan = || ConnectionPlan { credit: Credit::Never, ..ConnectionPlan::default() };
    let ended = Bench::new().patience(3600, 5, 2).connections(move |_, _| plan()).expect(75);
    ended.took(2 * 3600);
    assert_eq!(ended.times_sent(), [0; 3]);
}

/// Credit that comes late is used in the cycle that waits for it.
#[test]
fn credit_that_comes_late_is_used() {
    let plan =
        || ConnectionPlan { credit: Credit::Late(50 * SECOND, 9), ..ConnectionPlan::default() };
    let ended = Bench::new().patience(60, 5, 2).connections(move |_, _| plan()).expect(0);
    ended.took(50);
    assert_eq!(ended.times_sent(), [1; 3]);
}

#[test]
fn a_request_that_is_neither_settled_nor_answered_is_waited_for() {
    let ended =
        Bench::new().patience(60, 1, 1).requests(only(1, || given(Outcome::Never))).expect(75);
    ended.took(60);
    assert_eq!(ended.answered(), [true, false, true]);
}

#[test]
fn undeliverable_here_counts_as_rejected() {
    for outcome in [
        Outcome::Modified { undeliverable_here: true },
        Outcome::Rejected(Condition::new("amqp:decode-error")),
        Outcome::Rejected(Condition::new("amqp:precondition-failed")),
    ] {
        let ended = Bench::new().requests(only(1, move || given(outcome))).expect(75);
        ended.took(0);
        assert_eq!((ended.answered(), ended.times_sent()), (vec![true, false, true], vec![1; 3]));
    }
}

#[test]
fn a_refused_link_ends_the_run_at_once_and_nothing_is_sent() {
    for condition in REFUSALS {
        let forms: [fn(Condition) -> Answer; 3] =
            [Answer::Refuses, Answer::Detaches, Answer::EndsSession];
        for form in forms {
            for target in ["auto", "address", "anonymous"] {
                for is_receiver in [true, false] {
                    let answer = form(condition);
                    let plan = move |_, _| {
                        let good = ConnectionPlan::default();
                        if is_receiver {
                            ConnectionPlan { receiver: answer, ..good }
                        } else {
                            ConnectionPlan { sender: answer, ..good }
                        }
                    };
                    let bench = Bench::new().set(|settings| settings.sender_target = target);
                    let ended = bench.connections(plan).expect(77);
                    ended.took(0);
                    assert_eq!(ended.times_sent(), [0; 3]);
                }
            }
        }
    }
}

/// What passes is not a refusal: the next broker may do better, and else the same again until the timeout.
#[test]
fn a_sender_refused_for_a_passing_reason_leaves_the_next_broker() {
    let refuses = |broker, _| ConnectionPlan {
        sender: if broker == 0 {
            Answer::Refuses(Condition::new("amqp:resource-locked"))
        } else {
            Answer::Attaches
        },
        ..ConnectionPlan::default()
    };
    let bench = || Bench::new().set(|settings| settings.sender_target = "address");
    let ended = bench().brokers(2).connections(refuses).expect(0);
    ended.took(0);
    let ended = bench().connections(refuses).expect(69);
    ended.took(60);
    assert!(ended.connections() > 5, "{} connections", ended.connections());
}

/// The first request, which was accepted, is answered; for what has no outcome one window is waited.
#[test]
fn a_sender_detached_later_leaves_the_window_of_the_accepted() {
    let detach = Fault::DetachSender(REFUSALS[0]);
    let plan = move |_, _| ConnectionPlan {
        credit: Credit::Sparse(1),
        ..with_fault(Trigger::AtRequest(1), detach.clone())
    };
    let bench = Bench::new().patience(60, 3, 3).connections(plan);
    let ended = bench.requests(|_| replied_after(30 * SECOND)).expect(77);
    assert_eq!(ended.answered(), [true, false, false]);
    ended.took(90);
}

#[test]
fn a_request_is_not_sent_again_though_its_accepting_broker_is_lost() {
    for how in [End::Eof, End::Reset] {
        let plan = first_with(Trigger::After(SECOND), Fault::Cut(how));
        let ended =
            Bench::new().connections(plan).requests(|_| replied_after(30 * SECOND)).expect(0);
        ended.took(30);
        assert_eq!((ended.connections(), ended.times_sent()), (2, vec![1; 3]));
    }
}

/// The second cycle asks again, since no reply has come; what the broker says of that sending takes nothing back.
#[test]
fn what_was_accepted_stays_accepted_whatever_becomes_of_a_later_sending() {
    for outcome in [
        Outcome::Rejected(Condition::new("amqp:resource-limit-exceeded")),
        Outcome::Modified { undeliverable_here: true },
        Outcome::Released,
        Outcome::Forgotten,
    ] {
        let treatment = move |arrival: &Arrival| match arrival.repetition {
            0 => replied_after(90 * SECOND),
            _ => given(outcome),
        };
        let ended = Bench::new().patience(60, 1, 3).requests(treatment).expect(0);
        ended.took(90);
        assert_eq!(ended.times_sent(), [2; 3], "{outcome:?}");
    }
}

/// The request was sent again meanwhile: what the broker says of the earlier sending is no news, unless it accepts it.
#[test]
fn a_late_rejection_of_an_earlier_sending_is_ignored() {
    let treatment = |arrival: &Arrival| match arrival.repetition {
        0 => Treatment {
            delay: 90 * SECOND,
            ..given(Outcome::Rejected(Condition::new("amqp:resource-locked")))
        },
        _ => Treatment { outcome: Outcome::Never, ..replied_after(50 * SECOND) },
    };
    let ended = Bench::new().patience(60, 1, 3).requests(treatment).expect(0);
    ended.took(110);
    assert_eq!(ended.times_sent(), [2; 3]);
}
