//! Brokers that end a connection because of a message without saying which.

use super::super::{
    plan::Meaning,
    run::Ended,
    witness::{Place, Said},
};
use crate::{config::Protocol, error};

/// How often a request must end a connection over MQTT before it is held to be the reason.
const ENDS: u32 = 3;

/// What brokers said that may have been about one of several messages.
fn blames(ended: &Ended) -> impl Iterator<Item = &Said> {
    ended.witness.said.iter().filter(|said| {
        let is_blame = match said.condition.meaning() {
            Meaning::Unfit => matches!(said.place, Place::Connection | Place::Session),
            Meaning::BadMessage => {
                matches!(said.place, Place::Connection | Place::Session | Place::Sender)
            }
            _ => false,
        };
        is_blame && ended.witness.was_read(said.told)
    })
}

/// Whether a message may have been blamed.
pub(super) fn is_any(ended: &Ended) -> bool {
    blames(ended).count() > 1
}

/// Whether a request may have been blamed, for this reason.
pub(super) fn is_on(ended: &Ended, request: usize, condition: &error::Condition) -> bool {
    match ended.settings.protocol() {
        // Twice, on different connections.
        Protocol::Amqp => blames(ended).any(|said| {
            said.condition.is(condition)
                && blames(ended).any(|first| first.told.connection < said.told.connection)
        }),
        Protocol::Mqtt => (0..ended.settings.brokers.len())
            .any(|broker| ends_in_a_row(ended, broker, request) >= ENDS),
    }
}

/// How often in a row connections to a broker ended when this request was the oldest without an outcome.
fn ends_in_a_row(ended: &Ended, broker: usize, request: usize) -> u32 {
    let witness = &ended.witness;
    let (mut most, mut count) = (0, 0);
    for (number, seen) in witness.connections.iter().enumerate() {
        // What a broker says of itself is about no request.
        let is_of_broker = witness.said.iter().any(|said| {
            said.told.connection == number
                && said.place == Place::Connection
                && said.condition.meaning() == Meaning::Passing
                && witness.was_read(said.told)
        });
        if seen.broker != broker || seen.closed.is_some() || is_of_broker {
            continue;
        }
        let mut open = witness.sendings.iter().filter(|sending| {
            let is_known = |told| witness.was_read(told) && witness.counts(told);
            sending.connection == number && !sending.outcome.is_some_and(|(_, told)| is_known(told))
        });
        match open.next() {
            Some(oldest) if oldest.request == request => count += 1,
            Some(_) => count = 0,
            // It may have been on its way.
            None if seen.receiver.is_some_and(|told| witness.was_read(told)) => count += 1,
            None => {}
        }
        most = most.max(count);
    }
    most
}
