//! Requests on their way: which delivery carries which request, and to which request an outcome belongs.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    consequences::{self, Effect, Place},
    proton,
};
use crate::{
    error::Condition,
    signing::{Outcome, Return},
};

/// The deliveries of one connection that have no outcome yet. A request may be on its way more than once.
pub(super) struct Outbound {
    /// The ledger's numbers of the requests, and their sizes in bytes, by the tags of their deliveries.
    in_flight: BTreeMap<u64, (usize, usize)>,
    /// The tag that each request was sent under last, up to the last request that was sent; 0 for none.
    latest: Vec<u64>,
    /// Whether the broker has accepted anything yet.
    has_accepted: bool,
    next_tag: u64,
}

impl Outbound {
    pub(super) fn new() -> Self {
        let (in_flight, latest) = (BTreeMap::new(), Vec::new());
        Self { in_flight, latest, has_accepted: false, next_tag: 1 }
    }

    /// Notes that a request of that many bytes is sent, and returns the tag of its delivery.
    pub(super) fn sent(&mut self, entry: usize, size: usize) -> u64 {
        let tag = self.next_tag;
        self.next_tag += 1;
        self.in_flight.insert(tag, (entry, size));
        self.latest.resize(self.latest.len().max(entry + 1), 0);
        self.latest[entry] = tag;
        tag
    }

    /// Notes the outcome of a delivery, and returns the request if the outcome is news of it.
    pub(super) fn outcome(&mut self, tag: u64, outcome: &proton::Outcome) -> Option<usize> {
        // The request may have been given up when the sender ended.
        let (entry, _) = self.in_flight.remove(&tag)?;
        let is_accepted = *outcome == proton::Outcome::Accepted;
        self.has_accepted |= is_accepted;
        // If the request was sent again since, the outcome matters only if the broker has accepted it.
        (is_accepted || self.latest[entry] == tag).then_some(entry)
    }

    /// Gives up the requests without an outcome, if nothing was ever accepted: then the broker accepted none of them.
    ///
    /// Qpid Broker-J ends a link this way if an address is missing or if it accepts no durable messages. If anything was
    /// accepted, some of the other requests may also be on their way to the signing server.
    pub(super) fn give_up_unaccepted(&mut self) -> Vec<usize> {
        if self.has_accepted {
            return Vec::new();
        }
        std::mem::take(&mut self.in_flight).into_values().map(|(entry, _)| entry).collect()
    }

    /// The largest of the requests without an outcome; of equal ones the first.
    pub(super) fn largest(&self) -> Option<usize> {
        let largest = self.in_flight.iter().max_by_key(|(tag, (_, size))| (*size, Reverse(**tag)));
        largest.map(|(_, (entry, _))| *entry)
    }
}

/// What an AMQP outcome means for a request (AMQP 1.0 part 3.4).
pub(super) fn meaning(outcome: proton::Outcome) -> Outcome {
    match outcome {
        proton::Outcome::Accepted => Outcome::Accepted,
        proton::Outcome::Rejected(condition) => {
            match consequences::effect(&condition, Place::Outcome) {
                Effect::Later => Outcome::NotNow(condition),
                _ => Outcome::Undeliverable(condition),
            }
        }
        proton::Outcome::Released => Outcome::Returned(Return::Released),
        proton::Outcome::Modified { undeliverable_here: false } => {
            Outcome::Returned(Return::Modified)
        }
        proton::Outcome::Modified { undeliverable_here: true } => {
            let words = "modified by the broker as undeliverable here";
            Outcome::Undeliverable(Condition::new("", words))
        }
        proton::Outcome::Forgotten => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition() -> Condition {
        Condition::new("amqp:decode-error", "no")
    }

    #[test]
    fn an_outcome_is_about_the_request_that_its_delivery_carries_and_comes_once() {
        let mut outbound = Outbound::new();
        let (first, second) = (outbound.sent(7, 9), outbound.sent(3, 9));
        assert_eq!(outbound.outcome(second, &proton::Outcome::Released), Some(3));
        assert_eq!(outbound.outcome(second, &proton::Outcome::Released), None);
        assert_eq!(outbound.outcome(first, &proton::Outcome::Accepted), Some(7));
        assert_eq!(outbound.outcome(99, &proton::Outcome::Accepted), None);
    }

    #[test]
    fn only_an_acceptance_of_an_earlier_sending_is_news() {
        for (outcome, expected) in [
            (proton::Outcome::Accepted, Some(0)),
            (proton::Outcome::Rejected(condition()), None),
            (proton::Outcome::Released, None),
            (proton::Outcome::Modified { undeliverable_here: true }, None),
            (proton::Outcome::Forgotten, None),
        ] {
            let mut outbound = Outbound::new();
            let first = outbound.sent(0, 9);
            let second = outbound.sent(0, 9);
            assert_eq!(outbound.outcome(first, &outcome), expected, "{outcome:?}");
            assert_eq!(outbound.outcome(second, &outcome), Some(0), "{outcome:?}");
        }
    }

    #[test]
    fn what_has_no_outcome_is_given_up_only_if_nothing_was_ever_accepted() {
        let mut outbound = Outbound::new();
        let tags = [5, 4, 6].map(|entry| outbound.sent(entry, 9));
        outbound.outcome(tags[1], &proton::Outcome::Rejected(condition()));
        assert_eq!(outbound.give_up_unaccepted(), [5, 6]);
        assert_eq!(outbound.outcome(tags[0], &proton::Outcome::Accepted), None, "it was given up");

        let mut outbound = Outbound::new();
        let tags = [0, 1].map(|entry| outbound.sent(entry, 9));
        outbound.outcome(tags[0], &proton::Outcome::Accepted);
        assert!(outbound.give_up_unaccepted().is_empty());
        assert_eq!(outbound.outcome(tags[1], &proton::Outcome::Released), Some(1));
    }

    #[test]
    fn the_largest_request_is_the_first_of_those_without_an_outcome() {
        let mut outbound = Outbound::new();
        assert_eq!(outbound.largest(), None);
        let tags =
            [(7, 10), (5, 30), (3, 30), (2, 20)].map(|(entry, size)| outbound.sent(entry, size));
        assert_eq!(outbound.largest(), Some(5));
        outbound.outcome(tags[1], &proton::Outcome::Accepted);
        assert_eq!(outbound.largest(), Some(3));
    }

    #[test]
    fn each_outcome_has_its_meaning() {
        let here = |undeliverable_here| meaning(proton::Outcome::Modified { undeliverable_here });
        assert_eq!(meaning(proton::Outcome::Accepted), Outcome::Accepted);
        let rejected = meaning(proton::Outcome::Rejected(condition()));
        assert_eq!(rejected, Outcome::Undeliverable(condition()));
        let full = || Condition::new("amqp:resource-limit-exceeded", "full");
        assert_eq!(meaning(proton::Outcome::Rejected(full())), Outcome::NotNow(full()));
        assert_eq!(meaning(proton::Outcome::Released), Outcome::Returned(Return::Released));
        assert_eq!(here(false), Outcome::Returned(Return::Modified));
        assert!(
            matches!(here(true), Outcome::Undeliverable(condition) if condition.name.is_empty())
        );
        assert_eq!(meaning(proton::Outcome::Forgotten), Outcome::Unknown);
    }
}
