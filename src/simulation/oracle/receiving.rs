//! Nothing is lost, nothing is made up, and what is said of each request is what brokers said.

use super::super::{
    broker::A_SIZE,
    plan::{Meaning, Outcome, Reply},
    run::Ended,
    witness::{Delivered, Place, Settled, Told},
};
use super::{answer, blame};
use crate::{
    config::Protocol,
    signing::{Entry, Return, State},
};

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    let entries = ended.ledger.entries();
    for delivered in &ended.witness.delivered {
        let made = &ended.witness.made[delivered.reply];
        let is_expected = ended.is_expected(delivered);
        let entry = &entries[made.request];
        if is_expected
            && entry.reply().is_none()
            && !is_rejected(ended, entry)
            && !is_left(delivered, entry)
            && must_count(ended, delivered)
        {
            broken.push(format!("a reply to request {} is lost: {delivered:?}", made.request));
        }
        let is_mqtt = ended.settings.protocol() == Protocol::Mqtt;
        // Over MQTT what is not acknowledged would come again forever.
        let right = if is_mqtt || is_expected || made.kind == Reply::Foreign {
            Settled::Accepted
        } else {
            Settled::Rejected
        };
        if delivered.settled.is_some_and(|settled| settled != right) {
            broken.push(format!("a reply is settled wrongly: {:?}, {delivered:?}", made.kind));
        }
    }
    for (number, entry) in entries.iter().enumerate() {
        if let Some(index) = answer::lost(ended, number, entry) {
            broken.push(format!("signature {index} of request {number} is lost"));
        }
        if !is_true(ended, number, entry) {
            broken.push(format!("request {number} is said to be {:?}", entry.state()));
        }
    }
}

/// Whether a broker rejected a request: then it is not waited for, though the signing server may have it.
fn is_rejected(ended: &Ended, entry: &Entry) -> bool {
    let State::Undeliverable(condition) = entry.state() else { return false };
    condition.name != "amqp:link:message-size-exceeded" || blame::is_any(ended)
}

/// Whether a reply came behind one that was too large and ended the run: it is left to the broker.
fn is_left(delivered: &Delivered, entry: &Entry) -> bool {
    delivered.settled.is_none() && matches!(entry.state(), State::ReplyTooLarge(_))
}

/// Whether the client must have taken a reply in: it said so, or has read it while it was still waiting for replies.
fn must_count(ended: &Ended, delivered: &Delivered) -> bool {
    if delivered.settled == Some(Settled::Accepted) {
        return true;
    }
    let connection = delivered.told.connection;
    let seen = &ended.witness.connections[connection];
    let is_last = connection + 1 == ended.witness.connections.len();
    let limit = match seen.closed {
        Some(known) => known[1],
        None if is_last => return false,
        None => seen.read,
    };
    ended.is_attached(connection)
        && delivered.told.end <= limit
        && ended.witness.counts(delivered.told)
}

/// Whether the brokers saw what the ledger says of a request.
fn is_true(ended: &Ended, number: usize, entry: &Entry) -> bool {
    let witness = &ended.witness;
    let mut sendings = witness.sendings.iter().filter(|sending| sending.request == number);
    let mut had = |wanted: &[Outcome]| {
        sendings.any(|sending| {
            sending
                .outcome
                .is_some_and(|(outcome, told)| wanted.contains(&outcome) && witness.was_read(told))
        })
    };
    match entry.state() {
        State::NotSent => sendings.next().is_none(),
        State::Sent => true,
        State::Accepted => had(&[Outcome::Accepted]) || answer::is_pending(ended, number),
        State::Returned(Return::Released) => had(&[Outcome::Released]),
        State::Returned(_) => sendings.any(|sending| {
            sending.outcome.is_some_and(|(outcome, told)| {
                let is_back = match outcome {
                    Outcome::Modified { undeliverable_here } => !undeliverable_here,
                    Outcome::Rejected(said) => said.meaning() == Meaning::Passing,
                    _ => false,
                };
                is_back && witness.was_read(told)
            })
        }),
        State::NotNow(condition) => sendings.any(|sending| {
            sending.outcome.is_some_and(|(outcome, told)| {
                witness.was_read(told)
                    && matches!(outcome, Outcome::Rejected(said)
                        if said.is(condition) && said.meaning() == Meaning::Passing)
            })
        }),
        State::Undeliverable(condition) => {
            // What was accepted before stays accepted.
            let accepted = witness
                .sendings
                .iter()
                .filter(|sending| sending.request == number)
                .filter_map(|sending| sending.outcome)
                .filter(|(outcome, told)| {
                    *outcome == Outcome::Accepted && was_processed(ended, *told)
                })
                .map(|(_, told)| (told.connection, told.end))
                .min();
            let rejected = sendings.any(|sending| {
                sending.outcome.is_some_and(|(outcome, told)| {
                    witness.was_read(told)
                        && accepted.is_none_or(|accepted| accepted > (told.connection, told.end))
                        && match outcome {
                            Outcome::Rejected(said) => {
                                said.is(condition) && said.meaning() != Meaning::Passing
                            }
                            Outcome::Modified { undeliverable_here } => undeliverable_here,
                            _ => false,
                        }
                })
            });
            let by_the_link = witness.said.iter().any(|said| {
                let meaning = said.condition.meaning();
                said.place == Place::Sender
                    && (meaning.refuses() || meaning == Meaning::Unfit)
                    && said.condition.is(condition)
            });
            rejected
                || by_the_link
                || blame::is_on(ended, number, condition)
                || condition.name == "amqp:link:message-size-exceeded"
                || condition.name.ends_with("(0x95)") && witness.kinds.contains(A_SIZE)
        }
        State::ReplyTooLarge(size) => witness.delivered.iter().any(|delivered| {
            let made = &witness.made[delivered.reply];
            made.request == number
                && !ended.is_expected(delivered)
                && delivered.size == *size
                && witness.was_read(delivered.told)
        }),
        State::Answered(_) => answer::is_true(ended, number, entry),
    }
}

/// Whether the client dealt with an outcome: its connection stood when it came.
fn was_processed(ended: &Ended, told: Told) -> bool {
    let witness = &ended.witness;
    ended.is_attached(told.connection) && witness.counts(told) && witness.was_read(told)
}
