//! Nothing is sent twice without need, and nothing where it may not be.

use std::time::Duration;

use super::super::{
    plan::{Condition, Meaning, Outcome, Reply},
    run::Ended,
    witness::{Place, Sending},
};
use super::{answer, open};

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    let witness = &ended.witness;
    for sending in witness.sendings.iter().filter(|sending| !sending.held && !sending.is_same) {
        let knew = |told| witness.was_known(told, sending.connection, sending.known);
        let (number, at) = (sending.request, sending.at);
        for said in ended.refusals_of_sending().filter(|said| knew(said.told)) {
            broken.push(format!("request {number} is sent at {at:?} after {said:?}"));
        }
        let final_places = [Place::Connection, Place::Session, Place::Receiver];
        for said in ended.refusals(&final_places).filter(|said| knew(said.told)) {
            if ended.is_attached(said.told.connection) {
                broken.push(format!("request {number} is sent at {at:?} after {said:?}"));
            }
        }
        let is_answered = witness.delivered.iter().any(|delivered| {
            ended.is_expected(delivered)
                && witness.made[delivered.reply].kind != Reply::NotYet
                && witness.made[delivered.reply].request == number
                && ended.is_attached(delivered.told.connection)
                && knew(delivered.told)
        });
        if is_answered {
            broken.push(format!("request {number} is sent at {at:?}, but is answered"));
        }
    }
    open::judge(ended, broken);
    for request in 0..ended.ledger.entries().len() {
        let mut sendings: Vec<_> =
            witness.sendings.iter().filter(|sending| sending.request == request).collect();
        // What goes by a slow line may come after what was written later.
        sendings.sort_by_key(|sending| sending.at);
        judge_repetitions(ended, &sendings, broken);
        let returned = sendings.iter().filter(|sending| is_returned(sending)).count();
        let mut connections: Vec<_> = sendings.iter().map(|sending| sending.connection).collect();
        connections.dedup();
        let most = ended.settings.send_retries as usize + returned + connections.len();
        if sendings.len() > most {
            broken.push(format!("request {request} is sent {} times", sendings.len()));
        }
    }
}

fn is_returned(sending: &Sending) -> bool {
    let returned = [Outcome::Released, Outcome::Modified { undeliverable_here: false }];
    sending.outcome.is_some_and(|(outcome, _)| {
        returned.contains(&outcome) || matches!(outcome, Outcome::Rejected(said) if passes(said))
    })
}

/// Whether a rejection for this reason gives a request back.
fn passes(condition: Condition) -> bool {
    condition.meaning() == Meaning::Passing
}

/// Why a request may come again: it was given back, it has no outcome and the connection is another, or a new cycle.
fn judge_repetitions(ended: &Ended, sendings: &[&Sending], broken: &mut Vec<String>) {
    let witness = &ended.witness;
    let is_attached = |number: &usize| ended.is_attached(*number);
    let first = (0..witness.connections.len()).find(is_attached);
    let since = first.map_or(Duration::ZERO, |first| witness.connections[first].since);
    let mut cycles = 0;
    let new = |(_, again): &(usize, &&Sending)| !again.is_same;
    for (index, again) in sendings.iter().enumerate().skip(1).filter(new) {
        let before = sendings[index - 1];
        let knew = |sending: &&Sending| {
            let (outcome, told) = sending.outcome?;
            let knew = witness.was_known(told, again.connection, again.known);
            knew.then_some(outcome)
        };
        let outcomes: Vec<_> = sendings[..index].iter().map(knew).collect();
        // The signing server has what it said "not yet" to.
        let is_accepted =
            outcomes.contains(&Some(Outcome::Accepted)) || answer::is_pending(ended, again.request);
        // What the client wrote on a connection that was lost may be answered, whether it arrived or not.
        let is_slow = ended.busy > Duration::ZERO;
        let last = if is_slow { again.connection } else { before.connection };
        // On a slow line it may have been decided long before it was written.
        let may_have_arrived =
            (0..last).any(|number| is_attached(&number)) || is_slow && again.held;
        let needs_a_cycle = match outcomes[index - 1] {
            Some(Outcome::Accepted) => true,
            Some(Outcome::Rejected(said)) if passes(said) => false,
            Some(Outcome::Rejected(_) | Outcome::Modified { undeliverable_here: true }) => {
                if !is_accepted && !may_have_arrived {
                    broken.push(format!("request {} is sent again: {before:?}", again.request));
                }
                false
            }
            Some(Outcome::Released | Outcome::Modified { .. }) => false,
            _ => before.connection == again.connection && before.outcome.is_none(),
        };
        cycles += u32::from(needs_a_cycle && !before.held && !again.held);
        if again.at < since + ended.cycle() * cycles {
            broken.push(format!("request {} is sent again too early: {again:?}", again.request));
        }
    }
}
