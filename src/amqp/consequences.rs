//! What a broker's condition means for the run, in one table.

use crate::{
    error::{Condition, Subject},
    session::{End, Scope},
};

/// The meaning of a condition, wherever it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// "You may not", or "there is no such thing": trying again cannot help.
    Refusal,
    /// The message is wrong, and would be wrong again; the broker itself works.
    Unfit,
    /// It may be temporary, or another broker may do better. Any condition outside the table counts as this.
    Passing,
}

/// Conditions by name. AMQP 1.0 parts 2.8.15 to 2.8.18 define the names; the others are temporary.
const CONDITIONS: [(&str, Meaning); 4] = [
    ("amqp:unauthorized-access", Meaning::Refusal),
    ("amqp:not-found", Meaning::Refusal),
    ("amqp:not-allowed", Meaning::Refusal),
    // A broker's answer if no message of the client will ever be acceptable: Qpid Broker-J's, to durable messages.
    ("amqp:precondition-failed", Meaning::Unfit),
];

/// Artemis reports its own conditions under one name, and distinguishes them by numbers.
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

/// The place where a condition occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The broker closes the connection before it answers the client's links: this may be its answer to a login.
    Login,
    /// The broker closes an established connection.
    Connection,
    Session,
    Receiver,
    Sender,
    /// The outcome of one request: rejected.
    Outcome,
}

/// What happens because of a condition at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The run ends.
    Run,
    /// Nothing more is sent; the client waits for replies to accepted requests.
    Sending,
    /// The item fails; the others are not affected.
    Item,
    /// As `NextBroker`; but requests that were never accepted fail, since they would fail again.
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

/// The end of the connection or run after a broker's condition at `place`.
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
