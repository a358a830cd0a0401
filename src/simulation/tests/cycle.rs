//! Cycles and windows: how long, how often, and what restarts the clock.

use super::*;

over_both!(
    silence_takes_every_window_of_every_cycle,
    a_cycle_sends_only_what_is_unanswered,
    an_expected_reply_restarts_the_clock,
    a_foreign_reply_does_not_restart_the_clock,
    only_an_expected_reply_restarts_the_clock,
    a_late_reply_counts_whenever_it_comes,
    a_reply_that_came_while_the_process_was_suspended_counts,
    what_came_while_the_process_was_suspended_counts_when_the_run_is_ended_then,
    an_interrupt_ends_the_longest_wait_at_once,
    the_deadline_of_the_run_ends_the_longest_wait_at_once,
    every_reply_is_settled_and_the_connection_closed,
);

fn silence_takes_every_window_of_every_cycle(protocol: Protocol) {
    let bench = over(protocol).patience(3600, 2, 3);
    let ended = bench.requests(|_| given(Outcome::Accepted)).expect(75);
    ended.took(6 * 3600);
    assert_eq!(ended.times_sent(), [3; 3]);
}

/// A second cycle sends what is open and nothing else.
fn a_cycle_sends_only_what_is_unanswered(protocol: Protocol) {
    let unanswered = |arrival: &Arrival| match (arrival.request, arrival.repetition) {
        (1, 0) => given(Outcome::Accepted),
        _ => Treatment::default(),
    };
    let ended = over(protocol).patience(3600, 1, 2).requests(unanswered).expect(0);
    ended.took(3600);
    assert_eq!(ended.times_sent(), [1, 2, 1]);
}

/// Each reply comes within the window that the one before started.
fn an_expected_reply_restarts_the_clock(protocol: Protocol) {
    let later = |arrival: &Arrival| replied_after(45 * SECOND * (arrival.request as u32 + 1));
    let ended = over(protocol).patience(60, 1, 1).items(12).requests(later).expect(0);
    ended.took(45 * 12);
    assert_eq!(ended.times_sent(), [1; 12]);
}

/// Foreign replies all the time, the last of them shortly before the window ends.
fn a_foreign_reply_does_not_restart_the_clock(protocol: Protocol) {
    let foreign = |arrival: &Arrival| Treatment {
        replies: vec![(20 * SECOND * arrival.request as u32, Reply::Foreign)],
        ..Treatment::default()
    };
    let ended = over(protocol).patience(60, 1, 1).requests(foreign).expect(75);
    ended.took(60);
    let settled = ended.witness.delivered.iter().filter(|delivered| delivered.settled.is_some());
    assert_eq!(settled.count(), 3, "they would come again forever");
}

/// Nor does a reply that cannot be understood, or a second one.
fn only_an_expected_reply_restarts_the_clock(protocol: Protocol) {
    for reply in [Reply::Malformed(0), Reply::Signed] {
        let often = move |arrival: &Arrival| match arrival.request {
            0 => Treatment {
                replies: (1..30).map(|count| (20 * SECOND * count, reply)).collect(),
                ..Treatment::default()
            },
            _ => given(Outcome::Accepted),
        };
        let ended = over(protocol).patience(60, 1, 1).requests(often).expect(75);
        ended.took(if reply == Reply::Signed { 80 } else { 60 });
    }
}

/// In the next window, and in the next cycle, which has asked for it a second time.
fn a_late_reply_counts_whenever_it_comes(protocol: Protocol) {
    for late in 0..3 {
        for (retries, send_retries, times) in [(4, 1, 1), (1, 4, 2)] {
            let treatment = || replied_after(90 * SECOND);
            let bench = over(protocol).patience(60, retries, send_retries);
            let ended = bench.requests(only(late, treatment)).expect(0);
            ended.took(90);
            assert_eq!(ended.times_sent()[late], times);
        }
    }
}

/// A process that was suspended for hours finds what came meanwhile, before it calls a deadline passed.
fn a_reply_that_came_while_the_process_was_suspended_counts(protocol: Protocol) {
    let bench = over(protocol).patience(60, 1, 1).set(|settings| settings.idle_timeout = 0);
    let ended = bench.requests(|_| replied_after(30 * SECOND)).jump(SECOND, 5 * HOUR).expect(0);
    assert_eq!(ended.answered(), [true; 3]);
}

/// A signal or the deadline that ends it then does so after what has arrived is read, and nothing more is sent.
fn what_came_while_the_process_was_suspended_counts_when_the_run_is_ended_then(protocol: Protocol) {
    let suspended =
        || over(protocol).patience(86_400, 1, 1).set(|settings| settings.idle_timeout = 0);
    let late = |_: &Arrival| replied_after(30 * SECOND);
    let ended = suspended().requests(late).jump(SECOND, 5 * HOUR).interrupt(HOUR).expect(0);
    assert_eq!(ended.answered(), [true; 3]);
    let bench = suspended().set(|settings| settings.deadline = Some(3600));
    let ended = bench.requests(late).jump(SECOND, 5 * HOUR).expect(0);
    assert_eq!(ended.answered(), [true; 3]);
    let sparse = |_, _| ConnectionPlan {
        credit: Credit::Sparse(2),
        mqtt: MqttPlan { receive_maximum: Some(2), ..MqttPlan::default() },
        ..ConnectionPlan::default()
    };
    let later = |_: &Arrival| Treatment { delay: 20 * SECOND, ..replied_after(30 * SECOND) };
    let bench = suspended().connections(sparse).requests(later);
    let ended = bench.jump(SECOND, 5 * HOUR).interrupt(HOUR).expect(130);
    assert_eq!(ended.answered(), [true, true, false]);
    assert_eq!(ended.times_sent(), [1, 1, 0]);
}

fn an_interrupt_ends_the_longest_wait_at_once(protocol: Protocol) {
    let bench = over(protocol).patience(86_400, 3, 3);
    let ended = bench.requests(|_| given(Outcome::Accepted)).interrupt(7 * HOUR).expect(130);
    ended.took(7 * 3600);
}

fn the_deadline_of_the_run_ends_the_longest_wait_at_once(protocol: Protocol) {
    let bench =
        over(protocol).patience(86_400, 3, 3).set(|settings| settings.deadline = Some(7200));
    let ended = bench
        .requests(|arrival| match arrival.request {
            0 => Treatment::default(),
            _ => given(Outcome::Accepted),
        })
        .expect(124);
    ended.took(7200);
    assert_eq!(ended.answered(), [true, false, false]);
}

/// The last reply too: what is not settled would come again.
fn every_reply_is_settled_and_the_connection_closed(protocol: Protocol) {
    let ended = over(protocol).items(12).expect(0);
    assert!(ended.witness.delivered.iter().all(|delivered| delivered.settled.is_some()));
    assert!(ended.witness.connections[0].closed.is_some(), "no Close");
}
