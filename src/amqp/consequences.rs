//! What a broker's condition means for the run: the one table of it.

use crate::{
    error::{Condition, Subject},
    session::{End, Scope},
};

/// What a condition says, wherever it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// "You may not", or "there is no such thing": trying again cannot help.
    Refusal,
    /// What was sent is wrong, and would be wrong again; the broker itself is well.
    Unfit,
    /// It may pass, or another broker may do better. So may whatever is not in the table.
    Passing,
}

/// Conditions by name. AMQP 1.0 parts 2.8.15 to 2.8.18 have the names; the rest of them passes.
const CONDITIONS: [(&str, Meaning); 4] = [
    ("amqp:unauthorized-access", Meaning::Refusal),
    ("amqp:not-found", Meaning::Refusal),
    ("amqp:not-allowed", Meaning::Refusal),
    // So brokers answer what no message of the client's will ever fulfil: Qpid Broker-J, to durable ones.
    ("amqp:precondition-failed", Meaning::Unfit),
];

/// Artemis reports conditions of its own under one name, and distinguishes them by numbers.
const ARTEMIS: (&str, [(&str, Meaning); 1]) = ("failed", [("AMQ119002", Meaning::Refusal)]);

fn meaning(condition: &Condition) -> Meaning {
    let (artemis, numbers) = ARTEMIS;
    let found = if condition.name == artemis {
        numbers.iter().find(|(number, _)| condition.description.starts_with(number))
    } else {
        CONDITIONS.iter().find(|(name, _)| condition.name == *name)
    };
    found.map_or(Meaning::Passing, |&(_, meaning)| meaning)
}

/// What a condition came for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The broker closes the connection before it answered the client's links: so it may answer a login.
    Login,
    /// The broker closes a connection that stood.
    Connection,
    Session,
    Receiver,
    Sender,
    /// The outcome of one request: rejected.
    Outcome,
}

/// What a condition means at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The run ends.
    Run,
    /// Nothing more is sent; what the broker has accepted is waited for.
    Sending,
    /// The item fails, the others go on.
    Item,
    /// As `NextBroker`; but what was never accepted fails, since it would fail again.
    Unsettled,
    /// The next broker, or the same again.
    NextBroker,
    /// The next broker, and never this one again.
    BrokerIsOut,
}

/// The table: what `condition` means at `place`.
pub(super) fn effect(condition: &Condition, place: Place) -> Effect {
    match (place, meaning(condition)) {
        (Place::Login, Meaning::Refusal) => Effect::BrokerIsOut,
        (Place::Connection | Place::Session | Place::Receiver, Meaning::Refusal) => Effect::Run,
        (Place::Sender | Place::Outcome, Meaning::Refusal) => Effect::Sending,
        (Place::Sender, Meaning::Unfit) => Effect::Unsettled,
        (Place::Outcome, _) => Effect::Item,
        (_, Meaning::Unfit | Meaning::Passing) => Effect::NextBroker,
    }
}

/// The end of what a broker ended at `place` with a condition.
pub(super) fn end(place: Place, what: Subject, condition: Condition) -> End {
    match effect(&condition, place) {
        Effect::Run | Effect::Sending => {
            End::Refused { what, condition, scope: Scope::EveryBroker }
        }
        Effect::BrokerIsOut => End::Refused { what, condition, scope: Scope::ThisBroker },
        Effect::Item | Effect::Unsettled | Effect::NextBroker => End::Closed { what, condition },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effect::{BrokerIsOut, Item, NextBroker, Run, Sending, Unsettled};

    const PLACES: [Place; 6] = [
        Place::Login,
        Place::Connection,
        Place::Session,
        Place::Receiver,
        Place::Sender,
        Place::Outcome,
    ];
    const REFUSAL: [Effect; 6] = [BrokerIsOut, Run, Run, Run, Sending, Sending];
    const UNFIT: [Effect; 6] = [NextBroker, NextBroker, NextBroker, NextBroker, Unsettled, Item];
    const PASSING: [Effect; 6] = [NextBroker, NextBroker, NextBroker, NextBroker, NextBroker, Item];

    fn row(name: &str, description: &str) -> [Effect; 6] {
        PLACES.map(|place| effect(&Condition::new(name, description), place))
    }

    #[test]
    fn the_whole_table_of_conditions() {
        for (name, expected) in [
            ("amqp:internal-error", PASSING),
            ("amqp:not-found", REFUSAL),
            ("amqp:unauthorized-access", REFUSAL),
            ("amqp:decode-error", PASSING),
            ("amqp:resource-limit-exceeded", PASSING),
            ("amqp:not-allowed", REFUSAL),
            ("amqp:invalid-field", PASSING),
            ("amqp:not-implemented", PASSING),
            ("amqp:resource-locked", PASSING),
            ("amqp:precondition-failed", UNFIT),
            ("amqp:resource-deleted", PASSING),
            ("amqp:illegal-state", PASSING),
            ("amqp:frame-size-too-small", PASSING),
            ("amqp:connection:forced", PASSING),
            ("amqp:connection:framing-error", PASSING),
            ("amqp:connection:redirect", PASSING),
            ("amqp:session:window-violation", PASSING),
            ("amqp:session:errant-link", PASSING),
            ("amqp:session:handle-in-use", PASSING),
            ("amqp:session:unattached-handle", PASSING),
            ("amqp:link:detach-forced", PASSING),
            ("amqp:link:transfer-limit-exceeded", PASSING),
            ("amqp:link:message-size-exceeded", PASSING),
            ("amqp:link:redirect", PASSING),
            ("amqp:link:stolen", PASSING),
            ("amqp:transaction:timeout", PASSING),
            ("vendor:no-idea", PASSING),
            ("AMQP:NOT-FOUND", PASSING),
            ("amqp:not-found ", PASSING),
            ("", PASSING),
        ] {
            assert_eq!(row(name, "says the broker"), expected, "{name}");
        }
    }

    #[test]
    fn a_missing_address_of_artemis_is_a_refusal_and_no_other_failure_is() {
        let words = "AMQ119002: target address queue://a does not exist";
        assert_eq!(row("failed", words), REFUSAL);
        assert_eq!(row("failed", "AMQ229102: address is full"), PASSING);
        assert_eq!(row("failed", "he said AMQ119002"), PASSING);
        assert_eq!(row("amqp:internal-error", words), PASSING);
    }
}
