//! Nothing is lost with a process that is killed, and nothing that it had is asked for again.

use std::collections::BTreeSet;

use super::{
    super::{killed::Life, run::Ended, witness::Settled},
    answer,
};
use crate::signing::{Entry, State, Verdict};

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    for (number, entry) in ended.ledger.entries().iter().enumerate() {
        if let Some(index) = answer::lost(ended, number, entry) {
            broken.push(format!("signature {index} of request {number} is lost"));
        }
        if matches!(entry.state(), State::Answered(_)) && !answer::is_true(ended, number, entry) {
            broken.push(format!("request {number} is said to be {:?}", entry.state()));
        }
        for (before, pair) in ended.lives.windows(2).enumerate() {
            let connections = pair[0].connections..pair[1].connections;
            let is_had = was_accepted(ended, number, entry, connections.start)
                || was_left(&ended.lives[..=before], number);
            let mut asked = ended.witness.sendings.iter().filter(|sending| {
                sending.request == number && connections.contains(&sending.connection)
            });
            if is_had && asked.next().is_some() {
                broken.push(format!("request {number} was signed, and is asked for again"));
            }
        }
    }
    for life in &ended.lives {
        let signed: BTreeSet<_> = life.signed.iter().collect();
        if signed.len() < life.signed.len() {
            broken.push(format!("a reply is reported twice: {life:?}"));
        }
    }
    let entries = ended.ledger.entries().iter().enumerate();
    let is_signed =
        |entry: &Entry| entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed);
    let signed: BTreeSet<_> =
        entries.filter(|(_, entry)| is_signed(entry)).map(|(number, _)| number).collect();
    let reported = ended.lives.last().map(|life| life.signed.iter().copied().collect());
    if reported.as_ref() != Some(&signed) {
        broken.push(format!("{signed:?} are signed, but {reported:?} are reported"));
    }
}

/// Whether one of these processes had the signatures of a request, and the machine has not failed since.
fn was_left(lives: &[Life], number: usize) -> bool {
    lives.iter().rev().take_while(|life| life.is_whole).any(|life| life.signed.contains(&number))
}

/// Whether earlier processes have told the broker that they have everything that a request asks for.
fn was_accepted(ended: &Ended, number: usize, entry: &Entry, begins: usize) -> bool {
    let mut had = BTreeSet::new();
    for delivered in &ended.witness.delivered {
        let made = &ended.witness.made[delivered.reply];
        if made.request == number
            && ended.is_expected(delivered)
            && delivered.told.connection < begins
            && delivered.settled == Some(Settled::Accepted)
        {
            let values = made.values.iter().enumerate();
            had.extend(values.filter(|(_, value)| !value.is_empty()).map(|(index, _)| index));
        }
    }
    had.len() == entry.request().value_count()
}
