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
    /// The broker does not understand what the client asks for. RabbitMQ says so of every address of a wrong form.
    Unsupported,
    /// No message of the client would be acceptable; the broker itself works.
    Unfit,
    /// One message is wrong, and would be wrong again.
    BadMessage,
    /// A state of the broker, which passes.
    Passing,
    /// Any other condition: it may be temporary, or another broker may do better.
    Unclear,
}

/// Conditions by name. AMQP 1.0 parts 2.8.15 to 2.8.18 define the names.
const CONDITIONS: [(&str, Meaning); 16] = [
    ("amqp:unauthorized-access", Meaning::Refusal),
    ("amqp:not-found", Meaning::Refusal),
    ("amqp:not-allowed", Meaning::Refusal),
    ("amqp:invalid-field", Meaning::Unsupported),
    ("amqp:not-implemented", Meaning::Unsupported),
    // Broker-J's answer to durable messages, RabbitMQ's to a message that is too large.
    ("amqp:precondition-failed", Meaning::Unfit),
    ("amqp:link:message-size-exceeded", Meaning::BadMessage),
    // ActiveMQ's answer to a message that is too large.
    ("amqp:decode-error", Meaning::BadMessage),
    ("amqp:frame-size-too-small", Meaning::BadMessage),
    // The answer of ActiveMQ, Artemis and Broker-J if an address is full.
    ("amqp:resource-limit-exceeded", Meaning::Passing),
    ("amqp:resource-locked", Meaning::Passing),
    ("amqp:resource-deleted", Meaning::Passing),
    ("amqp:internal-error", Meaning::Passing),
    ("amqp:connection:forced", Meaning::Passing),
    ("amqp:link:detach-forced", Meaning::Passing),
    ("amqp:link:transfer-limit-exceeded", Meaning::Passing),
];

/// Artemis reports its own conditions under one name, and distinguishes them by numbers.
const ARTEMIS: (&str, [(&str, Meaning); 2]) =
    ("failed", [("AMQ119002", Meaning::Refusal), ("AMQ229102", Meaning::Passing)]);

fn meaning(condition: &Condition) -> Meaning {
    let (artemis, numbers) = ARTEMIS;
    let found = if condition.name == artemis {
        numbers.iter().find(|(number, _)| condition.description.starts_with(number))
    } else {
        CONDITIONS.iter().find(|(name, _)| condition.name == *name)
    };
    found.map_or(Meaning::Unclear, |&(_, meaning)| meaning)
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
    /// The item is sent again, from the next window on.
    Later,
    /// As `NextBroker`; but requests that were never accepted fail, since they would fail again.
    Unsettled,
    /// As `NextBroker`; but the largest request on its way is probably the reason, and fails if that happens again.
    Blame,
    /// The next broker, or the same again.
    NextBroker,
    /// The next broker, and never this one again.
    BrokerIsOut,
}

/// The table: what `condition` means at `place`.
pub(super) fn effect(condition: &Condition, place: Place) -> Effect {
    use Meaning::{BadMessage, Passing, Refusal, Unclear, Unfit, Unsupported};
    match (place, meaning(condition)) {
        (Place::Login, Refusal | Unsupported) => Effect::BrokerIsOut,
        (Place::Connection | Place::Session | Place::Receiver, Refusal | Unsupported) => {
            Effect::Run
        }
        (Place::Sender, Refusal | Unsupported) | (Place::Outcome, Refusal) => Effect::Sending,
        (Place::Sender, Unfit) => Effect::Unsettled,
        (Place::Connection | Place::Session, Unfit | BadMessage) | (Place::Sender, BadMessage) => {
            Effect::Blame
        }
        (Place::Outcome, Passing) => Effect::Later,
        (Place::Outcome, Unsupported | Unfit | BadMessage | Unclear) => Effect::Item,
        (_, Unfit | BadMessage | Passing | Unclear) => Effect::NextBroker,
    }
}

/// The end of the connection or run after a broker's condition at `place`.
pub(super) fn end(place: Place, what: Subject, condition: Condition) -> End {
    match effect(&condition, place) {
        Effect::Run | Effect::Sending => {
            End::Refused { what, condition, scope: Scope::EveryBroker }
        }
        Effect::BrokerIsOut => End::Refused { what, condition, scope: Scope::ThisBroker },
        Effect::Item | Effect::Later | Effect::Unsettled | Effect::Blame | Effect::NextBroker => {
            End::Closed { what, condition }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effect::{Blame, BrokerIsOut, Item, Later, NextBroker, Run, Sending, Unsettled};

    const PLACES: [Place; 6] = [
        Place::Login,
        Place::Connection,
        Place::Session,
        Place::Receiver,
        Place::Sender,
        Place::Outcome,
    ];
    const REFUSAL: [Effect; 6] = [BrokerIsOut, Run, Run, Run, Sending, Sending];
    const UNSUPPORTED: [Effect; 6] = [BrokerIsOut, Run, Run, Run, Sending, Item];
    const UNFIT: [Effect; 6] = [NextBroker, Blame, Blame, NextBroker, Unsettled, Item];
    const BAD_MESSAGE: [Effect; 6] = [NextBroker, Blame, Blame, NextBroker, Blame, Item];
    const PASSING: [Effect; 6] =
        [NextBroker, NextBroker, NextBroker, NextBroker, NextBroker, Later];
    const UNCLEAR: [Effect; 6] = [NextBroker, NextBroker, NextBroker, NextBroker, NextBroker, Item];

    fn row(name: &str, description: &str) -> [Effect; 6] {
        PLACES.map(|place| effect(&Condition::new(name, description), place))
    }

    #[test]
    fn the_whole_table_of_conditions() {
        for (name, expected) in [
            ("amqp:internal-error", PASSING),
            ("amqp:not-found", REFUSAL),
            ("amqp:unauthorized-access", REFUSAL),
            ("amqp:decode-error", BAD_MESSAGE),
            ("amqp:resource-limit-exceeded", PASSING),
            ("amqp:not-allowed", REFUSAL),
            ("amqp:invalid-field", UNSUPPORTED),
            ("amqp:not-implemented", UNSUPPORTED),
            ("amqp:resource-locked", PASSING),
            ("amqp:precondition-failed", UNFIT),
            ("amqp:resource-deleted", PASSING),
            ("amqp:illegal-state", UNCLEAR),
            ("amqp:frame-size-too-small", BAD_MESSAGE),
            ("amqp:connection:forced", PASSING),
            ("amqp:connection:framing-error", UNCLEAR),
            ("amqp:connection:redirect", UNCLEAR),
            ("amqp:session:window-violation", UNCLEAR),
            ("amqp:session:errant-link", UNCLEAR),
            ("amqp:session:handle-in-use", UNCLEAR),
            ("amqp:session:unattached-handle", UNCLEAR),
            ("amqp:link:detach-forced", PASSING),
            ("amqp:link:transfer-limit-exceeded", PASSING),
            ("amqp:link:message-size-exceeded", BAD_MESSAGE),
            ("amqp:link:redirect", UNCLEAR),
            ("amqp:link:stolen", UNCLEAR),
            ("amqp:transaction:timeout", UNCLEAR),
            ("vendor:no-idea", UNCLEAR),
            ("AMQP:NOT-FOUND", UNCLEAR),
            ("amqp:not-found ", UNCLEAR),
            ("", UNCLEAR),
        ] {
            assert_eq!(row(name, "says the broker"), expected, "{name}");
        }
    }

    #[test]
    fn the_failures_of_artemis_are_known_by_their_numbers() {
        let words = "AMQ119002: target address queue://a does not exist";
        assert_eq!(row("failed", words), REFUSAL);
        assert_eq!(row("failed", "AMQ229102: address is full"), PASSING);
        assert_eq!(row("failed", "Missing to field"), UNCLEAR);
        assert_eq!(row("failed", "he said AMQ119002"), UNCLEAR);
        assert_eq!(row("amqp:internal-error", words), PASSING);
    }
}
