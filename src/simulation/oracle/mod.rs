//! Judges a run by what the brokers saw: the promises that the documents make, and nothing of how the client keeps them.

mod answer;
mod blame;
mod ending;
mod open;
mod receiving;
mod refused;
mod resumed;
mod sending;
mod sessions;
mod time;

use std::{collections::HashSet, time::Duration};

use super::{
    plan::{Meaning, Reply},
    run::Ended,
    witness::{Delivered, Place, Said, Told},
};

/// What was promised and not kept.
pub(super) fn judge(ended: &Ended) -> Vec<String> {
    let mut broken = ended.witness.violations.clone();
    sessions::judge(ended, &mut broken);
    // The other promises are about one process.
    if ended.lives.len() > 1 {
        resumed::judge(ended, &mut broken);
        return broken;
    }
    sending::judge(ended, &mut broken);
    receiving::judge(ended, &mut broken);
    ending::judge(ended, &mut broken);
    refused::judge(ended, &mut broken);
    time::judge(ended, &mut broken);
    broken
}

impl Ended {
    /// Whether the broker attached both links of a connection, and the client read it.
    fn is_attached(&self, connection: usize) -> bool {
        let seen = &self.witness.connections[connection];
        let is_read = |told: Option<Told>| {
            told.is_some_and(|told| self.witness.was_read(told) && self.witness.counts(told))
        };
        is_read(seen.receiver) && is_read(seen.sender)
    }

    /// Whether a delivery is a reply to one of the requests, and one that can be understood.
    fn is_expected(&self, delivered: &Delivered) -> bool {
        let made = &self.witness.made[delivered.reply];
        match made.kind {
            Reply::Foreign | Reply::Malformed(_) => false,
            Reply::Long(_) => delivered.size <= self.settings.max_message_size,
            _ => true,
        }
    }

    /// Refusals of this kind that the client read.
    fn refusals(&self, places: &[Place]) -> impl Iterator<Item = &Said> {
        self.witness.said.iter().filter(move |said| {
            let meaning = said.condition.meaning();
            let is_refusal = match said.place {
                Place::Outcome => meaning == Meaning::Refusal,
                _ => meaning.refuses(),
            };
            places.contains(&said.place) && is_refusal && self.witness.was_read(said.told)
        })
    }

    /// The refusals after which nothing more is sent: of the sender, and of a request that was not sent again since. The
    /// anonymous terminus may be refused and the address not.
    fn refusals_of_sending(&self) -> impl Iterator<Item = &Said> {
        let sendings = &self.witness.sendings;
        self.refusals(&[Place::Sender, Place::Outcome]).filter(|said| match said.place {
            Place::Outcome => {
                let is_it = |told: Told| told == said.told;
                let refused = sendings
                    .iter()
                    .filter(|sending| sending.outcome.is_some_and(|(_, told)| is_it(told)));
                refused.clone().any(|refused| {
                    !sendings.iter().any(|other| {
                        other.request == refused.request
                            && other.at > refused.at
                            && other.at <= said.at
                    })
                })
            }
            _ => sendings.iter().any(|sending| sending.connection == said.told.connection),
        })
    }

    /// All that counts as getting on: requests, outcomes, expected replies.
    fn progress(&self) -> u32 {
        let witness = &self.witness;
        let outcomes = witness.sendings.iter().filter(|sending| sending.outcome.is_some()).count();
        let replies = self.expected_replies();
        (witness.sendings.len() + outcomes) as u32 + replies
    }

    /// How many replies the client read that may add something: to each request one of each kind.
    fn expected_replies(&self) -> u32 {
        let replies = self
            .witness
            .delivered
            .iter()
            .filter(|delivered| {
                self.is_expected(delivered) && self.witness.was_read(delivered.told)
            })
            .map(|delivered| {
                let made = &self.witness.made[delivered.reply];
                (made.request, std::mem::discriminant(&made.kind))
            });
        replies.collect::<HashSet<_>>().len() as u32
    }

    /// The number of addresses that each broker has.
    fn addresses(&self) -> u32 {
        let (_, addresses) =
            self.settings.brokers[0].host.split_once('.').expect("a simulated broker");
        addresses.parse().expect("a number")
    }

    fn cycle(&self) -> Duration {
        self.settings.timeout * self.settings.retries
    }
}
