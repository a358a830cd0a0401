//! What a broker's condition or TLS alert means for the run: the one table of it.

use super::Condition;

/// What a condition says, wherever it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// “You may not”, or “there is no such thing”: trying again cannot help.
    Refusal,
    /// What was sent is wrong, and would be wrong again; the broker itself is well.
    Unfit,
    /// It may pass, or another broker may do better. So is whatever is not in the table.
    Passing,
}

/// Conditions by name. AMQP 1.0 parts 2.8.15 to 2.8.18 have the names; the rest of them passes.
const CONDITIONS: [(&str, Meaning); 4] = [
    ("amqp:unauthorized-access", Meaning::Refusal),
    ("amqp:not-found", Meaning::Refusal),
    ("amqp:not-allowed", Meaning::Refusal),
    // So brokers answer what no message of ours will ever fulfil: Qpid Broker-J, to durable ones.
    ("amqp:precondition-failed", Meaning::Unfit),
];

/// Artemis has conditions of its own under one name, and tells them apart by numbers.
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

/// Where a condition comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The broker closes the connection before it answered our links: so it may answer a login.
    Login,
    /// The broker closes a connection that stood.
    Connection,
    Session,
    Receiver,
    Sender,
    /// The outcome of one request: rejected.
    Outcome,
}

/// What a condition means where it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The run ends.
    Run,
    /// Nothing more is sent; what the broker has taken is waited for.
    Sending,
    /// The item fails, the others go on.
    Item,
    /// As `NextBroker`; but what was never taken fails, since it would fail again.
    Unsettled,
    /// The next broker, or the same again.
    NextBroker,
    /// The next broker, and never this one again.
    BrokerIsOut,
}

/// The table: what `condition` means at `place`.
pub(crate) fn effect(condition: &Condition, place: Place) -> Effect {
    match (place, meaning(condition)) {
        (Place::Login, Meaning::Refusal) => Effect::BrokerIsOut,
        (Place::Connection | Place::Session | Place::Receiver, Meaning::Refusal) => Effect::Run,
        (Place::Sender | Place::Outcome, Meaning::Refusal) => Effect::Sending,
        (Place::Sender, Meaning::Unfit) => Effect::Unsettled,
        (Place::Outcome, _) => Effect::Item,
        (_, Meaning::Unfit | Meaning::Passing) => Effect::NextBroker,
    }
}

/// Whether a condition is one of the ways to say “you may not”.
pub(super) fn is_refusal(condition: &Condition) -> bool {
    meaning(condition) == Meaning::Refusal
}

/// What an alert in the TLS handshake means (RFC 8446, 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlertMeaning {
    /// The broker does not take our certificate.
    Certificate,
    /// The broker and we do not agree on how to speak, and would not the next time.
    Handshake,
    /// The broker is in trouble, or the bytes were.
    Passing,
}

/// The table of alerts, by their numbers.
pub(crate) fn alert(number: u8) -> AlertMeaning {
    match number {
        // no, bad, unsupported, revoked, expired and unknown certificate; unknown CA, access denied, bad
        // signature; certificate required.
        41..=46 | 48 | 49 | 51 | 116 => AlertMeaning::Certificate,
        // close notify, unexpected message, bad record, decryption, overflow, decompression; decode
        // error; internal error, user canceled.
        0 | 10 | 20 | 21 | 22 | 30 | 50 | 80 | 90 => AlertMeaning::Passing,
        _ => AlertMeaning::Handshake,
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

    #[test]
    fn the_whole_table_of_alerts() {
        for (numbers, expected) in [
            (&[41, 42, 43, 44, 45, 46, 48, 49, 51, 116][..], AlertMeaning::Certificate),
            (&[0, 10, 20, 21, 22, 30, 50, 80, 90], AlertMeaning::Passing),
            (
                &[40, 47, 60, 70, 71, 86, 100, 109, 110, 112, 113, 115, 120, 255],
                AlertMeaning::Handshake,
            ),
        ] {
            for &number in numbers {
                assert_eq!(alert(number), expected, "{number}");
            }
        }
    }
}
