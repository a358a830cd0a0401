//! Several replies to one request: "not yet", parts, and what replaces what.

use super::*;
use crate::simulation::run::Kind;

fn replies(replies: &[(u32, Reply)]) -> Treatment {
    let replies = replies.iter().map(|&(at, reply)| (at * SECOND, reply)).collect();
    Treatment { replies, ..Treatment::default() }
}

/// The first "not yet" restarts the clock, further ones do not; the next cycle sends it again.
#[test]
fn not_yet_is_waited_on() {
    let answered = |_: &Arrival| replies(&[(50, Reply::NotYet), (100, Reply::Signed)]);
    let ended = Bench::new().patience(60, 1, 1).items(1).requests(answered).expect(0);
    ended.took(100);
    let never =
        |_: &Arrival| replies(&[(30, Reply::NotYet), (50, Reply::NotYet), (70, Reply::NotYet)]);
    let ended = Bench::new().patience(60, 1, 1).items(1).requests(never).expect(75);
    ended.took(90);
    let later = |arrival: &Arrival| match arrival.repetition {
        0 => replies(&[(30, Reply::NotYet)]),
        _ => replies(&[(10, Reply::Signed)]),
    };
    let ended = Bench::new().patience(60, 1, 2).items(1).requests(later).expect(0);
    ended.took(100);
    assert_eq!(ended.times_sent(), [2]);
}

/// A refusal ends its request at once; what comes while the run goes on counts.
#[test]
fn a_signature_replaces_a_refusal_while_the_run_goes_on() {
    for (other, status, seconds) in [(40, 0, 40), (10, 1, 10)] {
        let treatment = move |arrival: &Arrival| match arrival.request {
            0 => replies(&[(5, Reply::Refused), (20, Reply::Signed)]),
            _ => replies(&[(other, Reply::Signed)]),
        };
        let ended = Bench::new().patience(60, 1, 1).items(2).requests(treatment).expect(status);
        ended.took(seconds);
    }
}

/// The rest of a batch is waited for until the silence of its window ends, and not asked for again.
#[test]
fn a_batch_in_parts() {
    let batch = || Bench::new().patience(60, 3, 3).items(3).kind(Kind::Batch(3));
    let both = |_: &Arrival| replies(&[(50, Reply::Incomplete), (100, Reply::Rest)]);
    let ended = batch().requests(both).expect(0);
    ended.took(100);
    assert_eq!(ended.times_sent(), [1]);
    let ended = batch()
        .requests(|_| replies(&[(50, Reply::Incomplete), (70, Reply::Incomplete)]))
        .expect(75);
    ended.took(110);
    assert_eq!(ended.times_sent(), [1]);
    let refused = |_: &Arrival| replies(&[(50, Reply::Incomplete), (70, Reply::Refused)]);
    batch().requests(refused).expect(1).took(70);
}
