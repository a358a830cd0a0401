//! With a state file a process may be killed at any moment.

use super::*;
use crate::simulation::{killed::Kill, run::Kind};

/// Kills the run after no step, after one, and so on, and expects this status each time; returns how often that was.
fn at_each_step(left: Option<u64>, status: u8, bench: impl Fn() -> Bench) -> usize {
    for steps in 0.. {
        let kill = Kill { steps, pause: SECOND, left };
        let ended = bench().kill(kill).expect(status);
        if ended.lives.len() == 1 {
            return steps as usize;
        }
        assert!(ended.times_sent().iter().all(|times| (1..=2).contains(times)), "{steps}");
    }
    unreachable!("the run ends")
}

/// Between any two steps, with what was written or without what was not synced, or with half a line.
#[test]
fn killed_at_any_step_a_run_goes_on_and_asks_for_nothing_that_it_had() {
    for (kind, left) in [
        (Kind::Container, None),
        (Kind::Container, Some(0)),
        (Kind::Batch(2), Some(50)),
        (Kind::Batch(2), None),
    ] {
        let late = |arrival: &Arrival| replied_after(SECOND * arrival.order as u32 / 10);
        let bench = || Bench::new().kind(kind).items(6).requests(late);
        assert!(at_each_step(left, 0, bench) > 20);
    }
}

/// The rest may come to another process, or not at all; then there is the part.
#[test]
fn an_answer_in_parts_survives_a_kill_at_any_step() {
    for (rest, status) in [(vec![(5 * SECOND, Reply::Rest)], 0), (vec![], 75)] {
        let bench = || {
            let parts = [vec![(SECOND, Reply::Incomplete)], rest.clone()].concat();
            let in_parts = move |arrival: &Arrival| match arrival.repetition {
                0 => Treatment { replies: parts.clone(), ..Treatment::default() },
                _ => given(Outcome::Accepted),
            };
            let bench = Bench::new().kind(Kind::Batch(3)).patience(20, 1, 1);
            bench.requests(in_parts)
        };
        assert!(at_each_step(None, status, bench) > 10);
    }
}

/// The broker has them, and the first process knew it: the second one waits for the replies.
#[test]
fn what_was_accepted_is_waited_for_before_it_is_sent_again() {
    let ended = |pause, is_dropped: bool| {
        let kill = Kill { steps: 30, pause, left: None };
        let in_a_while = move |arrival: &Arrival| match arrival.repetition {
            0 if is_dropped => given(Outcome::Accepted),
            _ => replied_after(30 * SECOND),
        };
        Bench::new().patience(60, 1, 2).requests(in_a_while).kill(kill).expect(0)
    };
    assert_eq!(ended(10 * SECOND, false).times_sent(), [1; 3]);
    assert_eq!(ended(70 * SECOND, true).times_sent(), [2; 3]);
}

/// The first process did not know whether the broker has them; their replies are there when the second one connects.
#[test]
fn replies_that_wait_are_taken_in_before_anything_is_sent_again() {
    let mut times_in_doubt = 0;
    for steps in 0.. {
        let never =
            |_: &Arrival| Treatment { outcome: Outcome::Never, ..replied_after(40 * SECOND) };
        let kill = Kill { steps, pause: 50 * SECOND, left: None };
        let ended = Bench::new().patience(60, 1, 2).requests(never).kill(kill).expect(0);
        let first = ended.lives[0].connections;
        let (sent, replied) = (&ended.witness.sendings, &ended.witness.delivered);
        if replied.iter().any(|delivered| delivered.told.connection < first) {
            break;
        }
        assert_eq!(ended.times_sent(), [1; 3], "{steps}");
        times_in_doubt += usize::from(sent.iter().any(|sending| sending.connection < first));
    }
    assert!(times_in_doubt > 0);
}
