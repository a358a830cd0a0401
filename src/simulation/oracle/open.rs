//! Over MQTT no more requests are open at once than the settings allow: the queue of the signing server is never filled.

use super::super::{
    plan::Outcome,
    run::Ended,
    witness::{Sending, Told},
};
use crate::{config::Protocol, signing::State};

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    if ended.settings.protocol() != Protocol::Mqtt {
        return;
    }
    let most = ended.settings.mqtt_max_open() as usize;
    // The first sending that arrives may be of a later one.
    let first_cycle = ended.settings.timeout;
    for (index, sending) in ended.witness.sendings.iter().enumerate() {
        if sending.is_same || sending.held {
            continue;
        }
        let others = (0..ended.ledger.entries().len())
            .filter(|request| *request != sending.request && is_open(ended, *request, index));
        let open = others.count() + 1;
        // What was sent last in a cycle may not have expired when the next one begins to count.
        let most = if sending.at < first_cycle { most } else { 2 * most };
        if open > most {
            broken.push(format!("{open} requests are open, {most} may be: {sending:?}"));
        }
    }
}

/// Whether a request must have been open when this sending was written.
fn is_open(ended: &Ended, request: usize, index: usize) -> bool {
    let witness = &ended.witness;
    let sending = &witness.sendings[index];
    let may_know = |told: Told| {
        if told.connection == sending.connection {
            told.end <= sending.known[0]
        } else {
            told.connection < sending.connection && witness.was_read(told)
        }
    };
    let expires = |before: &Sending| before.at + ended.settings.time_to_live();
    let comes_before = |(number, before): &(usize, &Sending)| {
        (before.connection, *number) < (sending.connection, index)
    };
    // What has no outcome on a connection that is lost may not have arrived.
    let may_be_lost = |before: &Sending| {
        before.connection != sending.connection
            && !before.outcome.is_some_and(|(_, told)| witness.was_read(told))
    };
    let before = witness.sendings.iter().enumerate().filter(comes_before);
    let last = before
        .map(|(_, before)| before)
        .filter(|before| before.request == request)
        .max_by_key(|before| before.at);
    let may_be_answered = witness.delivered.iter().any(|delivered| {
        witness.made[delivered.reply].request == request && may_know(delivered.told)
    });
    let may_be_back = |before: &Sending| {
        before.outcome.is_some_and(|(outcome, told)| {
            matches!(outcome, Outcome::Rejected(_)) && may_know(told)
        })
    };
    let failed = matches!(
        ended.ledger.entries()[request].state(),
        State::Undeliverable(_) | State::ReplyTooLarge(_)
    );
    !failed
        && !may_be_answered
        && last.is_some_and(|before| {
            !may_be_back(before) && !may_be_lost(before) && sending.at < expires(before)
        })
}
