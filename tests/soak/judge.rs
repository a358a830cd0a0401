//! Compares what the client reported with what the broker saw.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use amqp_sandbox::{
    Record,
    record::{DeliveryOutcome, RequestRecord},
    types::messaging::Outcome,
};
use serde_json::Value;

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) signed: usize,
    pub(crate) refused: usize,
    pub(crate) open: usize,
    /// How often the client sent a request that it knew to be accepted.
    pub(crate) again: usize,
}

/// A reply that the client accepted is in its output, and every reply in its output was sent to it. It reports no outcome
/// that it did not receive, and sends a request that it knows to be accepted again only in a later cycle.
pub(crate) fn judge(runs: &[Value], record: &Record) -> Seen {
    let mut accepted = HashSet::new();
    let mut sent = HashSet::new();
    let mut heard: HashMap<usize, Instant> = HashMap::new();
    for delivery in &record.deliveries {
        if delivery.outcome.as_ref().is_some_and(|outcome| *outcome != DeliveryOutcome::Lost) {
            let last = heard.entry(delivery.connection).or_insert(delivery.sent);
            *last = delivery.sent.max(*last);
        }
        let Some(id) = delivery.request_id.as_deref() else { continue };
        // If it comes late, a later run receives it, too, and ignores it as a foreign reply.
        let reply = (delivery.address.as_str(), id);
        sent.insert(reply);
        if matches!(delivery.outcome, Some(DeliveryOutcome::Accepted)) {
            accepted.insert(reply);
        }
    }
    let mut sendings: HashMap<&str, Vec<&RequestRecord>> = HashMap::new();
    for request in &record.requests {
        sendings.entry(request.request_id.as_deref().unwrap()).or_default().push(request);
    }
    let mut seen = Seen::default();
    for run in runs {
        let queue = run["queue"].as_str().unwrap();
        let cycles = run["cycles"].as_u64().unwrap() as usize;
        let states = run["states"].as_array().unwrap();
        assert_eq!(states.len() as u64, run["requests"].as_u64().unwrap());
        for state in states {
            let (id, state) = (state[0].as_str().unwrap(), state[1].as_str().unwrap());
            let sendings = sendings.remove(id).unwrap_or_default();
            match state {
                "Signed" | "Refused" => {
                    assert!(sent.contains(&(queue, id)), "{id}: no such reply was sent");
                    *(if state == "Signed" { &mut seen.signed } else { &mut seen.refused }) += 1;
                }
                _ => {
                    assert!(
                        !accepted.contains(&(queue, id)),
                        "{id}: its reply was accepted, but its state is {state}"
                    );
                    assert!(
                        may_be(state, &sendings),
                        "{id} is {state}, but {:?}",
                        outcomes(&sendings)
                    );
                    seen.open += 1;
                }
            }
            let outcomes = outcomes(&sendings);
            let again = again(sendings, &heard);
            assert!(
                again < cycles,
                "{id}: accepted and sent again {again} times in {cycles} cycles, {outcomes:?}"
            );
            seen.again += again;
        }
    }
    seen
}

fn outcomes(sendings: &[&RequestRecord]) -> Vec<(usize, Option<Outcome>)> {
    sendings.iter().map(|request| (request.connection, request.outcome.clone())).collect()
}

/// Whether a request without a reply may be in this state, by its outcome at the broker.
fn may_be(state: &str, sendings: &[&RequestRecord]) -> bool {
    let told = |fits: fn(&Outcome) -> bool| {
        sendings.iter().any(|request| request.outcome.as_ref().is_some_and(fits))
    };
    match state {
        "NotSent" => sendings.is_empty(),
        // It may have been lost on the way.
        "Sent" => true,
        "Accepted" => told(|outcome| matches!(outcome, Outcome::Accepted(_))),
        "Returned" => told(|outcome| match outcome {
            Outcome::Modified(modified) => modified.undeliverable_here != Some(true),
            outcome => matches!(outcome, Outcome::Released(_)),
        }),
        "Undeliverable" => told(|outcome| match outcome {
            Outcome::Modified(modified) => modified.undeliverable_here == Some(true),
            outcome => matches!(outcome, Outcome::Rejected(_)),
        }),
        _ => false,
    }
}

/// How often a request was sent although the client knew that its last sending was accepted; each time is in a later
/// cycle than the one before.
///
/// On the same connection that is the only reason to send it again. On another connection the outcome may have been
/// lost with the first one, unless the client settled a reply that was sent after the outcome: it reads in order.
fn again(mut sendings: Vec<&RequestRecord>, heard: &HashMap<usize, Instant>) -> usize {
    // The client has one connection at a time. The broker may read late what it sent on an earlier one.
    sendings.sort_by_key(|request| (request.connection, request.number));
    let is_known = |request: &RequestRecord| {
        heard
            .get(&request.connection)
            .is_some_and(|last| request.outcome_sent.is_some_and(|sent| sent < *last))
    };
    let pairs = sendings.windows(2).filter(|pair| {
        let (earlier, later) = (pair[0], pair[1]);
        matches!(earlier.outcome, Some(Outcome::Accepted(_)))
            && (earlier.connection == later.connection || is_known(earlier))
    });
    pairs.count()
}

/// Memory and descriptors are no more at the end than at the beginning.
///
/// Large replies fragment memory for a while. A leak grows with every run, and so raises the minimum, too.
pub(crate) fn flat(runs: &[Value]) {
    let quarter = runs.len() / 4;
    for (name, slack) in [("rss", 4096), ("descriptors", 0)] {
        let values: Vec<_> = runs.iter().map(|run| run[name].as_u64().unwrap()).collect();
        let before = *values[..=quarter].iter().max().unwrap();
        let after = *values[values.len() - quarter - 1..].iter().min().unwrap();
        println!("{name}: {before} at most in the first quarter, {after} at least in the last");
        assert!(before > 0 && after <= before + before / 10 + slack, "{name} grows");
    }
}
