//! What a broker of MQTT refuses has its consequence, and only that has it.

use super::super::{
    broker::NO_REQUESTS,
    run::Ended,
    witness::{Place, Said},
};
use crate::{
    config::Protocol,
    error::Error,
    signing::{Entry, State},
};

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    if ended.settings.protocol() != Protocol::Mqtt {
        return;
    }
    for said in ended.refusals(&[Place::Login, Place::Receiver, Place::Connection]) {
        if let Some(problem) = ignored(ended, said) {
            broken.push(format!("{problem}: {said:?}, {:?}", ended.result));
        }
    }
    for broker in 0..ended.settings.brokers.len() {
        if is_given_up(ended) && !has_refused(ended, broker) {
            broken.push(format!("broker {broker} is given up, and has refused nothing"));
        }
    }
}

/// What is wrong with how the client goes on after a refusal that it has read.
fn ignored(ended: &Ended, said: &Said) -> Option<&'static str> {
    let (connections, number) = (&ended.witness.connections, said.told.connection);
    if connections[number].closed.is_some() || !ended.witness.counts(said.told) {
        return None;
    }
    if said.place == Place::Login {
        // Of several addresses each may be another machine.
        let broker = Some(connections[number].broker).filter(|_| ended.addresses() == 1);
        let is_asked_again =
            connections[number + 1..].iter().any(|seen| Some(seen.broker) == broker);
        return is_asked_again.then_some("a broker that refuses the client is asked again");
    }
    // What was taken before it forbade to send is waited for, and may be all.
    let is_open = |entry: &Entry| {
        !matches!(
            entry.state(),
            State::Undeliverable(_) | State::ReplyTooLarge(_) | State::Answered(_)
        )
    };
    let is_right = match &ended.result {
        Err(Error::Interrupted | Error::Deadline { .. }) => true,
        Err(error) => error.is_refusal(),
        Ok(()) => !ended.ledger.entries().iter().any(is_open),
    };
    (!is_right).then_some("a refusal does not end the run")
}

/// Whether the run ended because every broker is said to have refused it.
fn is_given_up(ended: &Ended) -> bool {
    let all = matches!(&ended.result, Err(error @ Error::Unreachable { .. }) if error.is_refusal());
    all && !ended.witness.kinds.contains(NO_REQUESTS)
}

fn has_refused(ended: &Ended, broker: usize) -> bool {
    let mut refusals = ended.refusals(&[Place::Tls, Place::Login]);
    refusals.any(|said| ended.witness.connections[said.told.connection].broker == broker)
}
