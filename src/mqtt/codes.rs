//! A table: what a broker's reason code means, by the packet that it is in.

use super::packets::Reason;
use crate::{
    error::{Condition, Subject},
    session::{End, Scope},
};

/// The packet with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Connack,
    Suback,
    Puback,
    Disconnect,
}

/// What happens because of a code at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The broker did what it was asked for.
    Success,
    /// The run ends.
    Run,
    /// Nothing more is sent; the client waits for replies to requests that the broker has.
    Sending,
    /// The item fails; the others are not affected.
    Item,
    /// The item is sent again, from the next window on.
    Later,
    /// The next broker, or the same again.
    NextBroker,
    /// The same; but what is remembered of the session does not match the broker's, and is forgotten.
    Forget,
    /// The next broker, and never this one again.
    BrokerIsOut,
}

/// The table: what `code` means at `place`. Codes without a line are known by their upper bit (MQTT 5.0, 2.4).
pub(super) fn effect(place: Place, code: u8) -> Effect {
    match (place, code) {
        (Place::Connack, 0x84 | 0x85 | 0x86 | 0x87 | 0x8a | 0x8c) => Effect::BrokerIsOut,
        (Place::Suback, 0x87 | 0x8f | 0x9e | 0xa1 | 0xa2) => Effect::Run,
        (Place::Suback | Place::Puback, 0x91) => Effect::Forget,
        // "No matching subscribers": the broker has dropped the request.
        (Place::Puback, 0x10) => Effect::Later,
        // RabbitMQ's answer if a queue is full, and the standard's.
        (Place::Puback, 0x83 | 0x97) => Effect::Later,
        (Place::Puback, 0x87 | 0x90) => Effect::Sending,
        (Place::Puback, 0x80..) => Effect::Item,
        (Place::Disconnect, 0x8e) => Effect::Run,
        (Place::Disconnect, 0x87 | 0x90 | 0x9a | 0x9b) => Effect::Sending,
        (Place::Disconnect, _) | (Place::Connack | Place::Suback, 0x80..) => Effect::NextBroker,
        _ => Effect::Success,
    }
}

/// Whether a DISCONNECT is about the broker or the connection, or about how much is sent, and not about any one request.
pub(super) fn is_of_broker(code: u8) -> bool {
    let is_too_much = matches!(code, 0x96 | 0x97 | 0x9f);
    is_too_much
        || matches!(code, 0x00 | 0x04 | 0x89 | 0x8b | 0x8d | 0x8e | 0x98 | 0x9c | 0x9d | 0xa0)
}

/// Whether a DISCONNECT because of a request is about something that passes. Artemis says so if an address is full.
pub(super) fn passes(code: u8) -> bool {
    effect(Place::Puback, code) == Effect::Later
}

/// The name of each code (MQTT 5.0, 2.4).
const NAMES: [(u8, &str); 43] = [
    (0x00, "success"),
    (0x01, "granted QoS 1"),
    (0x02, "granted QoS 2"),
    (0x04, "disconnect with will message"),
    (0x10, "no matching subscribers"),
    (0x11, "no subscription existed"),
    (0x18, "continue authentication"),
    (0x19, "re-authenticate"),
    (0x80, "unspecified error"),
    (0x81, "malformed packet"),
    (0x82, "protocol error"),
    (0x83, "implementation specific error"),
    (0x84, "unsupported protocol version"),
    (0x85, "client identifier not valid"),
    (0x86, "bad user name or password"),
    (0x87, "not authorized"),
    (0x88, "server unavailable"),
    (0x89, "server busy"),
    (0x8a, "banned"),
    (0x8b, "server shutting down"),
    (0x8c, "bad authentication method"),
    (0x8d, "keep alive timeout"),
    (0x8e, "session taken over"),
    (0x8f, "topic filter invalid"),
    (0x90, "topic name invalid"),
    (0x91, "packet identifier in use"),
    (0x92, "packet identifier not found"),
    (0x93, "receive maximum exceeded"),
    (0x94, "topic alias invalid"),
    (0x95, "packet too large"),
    (0x96, "message rate too high"),
    (0x97, "quota exceeded"),
    (0x98, "administrative action"),
    (0x99, "payload format invalid"),
    (0x9a, "retain not supported"),
    (0x9b, "QoS not supported"),
    (0x9c, "use another server"),
    (0x9d, "server moved"),
    (0x9e, "shared subscriptions not supported"),
    (0x9f, "connection rate exceeded"),
    (0xa0, "maximum connect time"),
    (0xa1, "subscription identifiers not supported"),
    (0xa2, "wildcard subscriptions not supported"),
];

/// What a code of a CONNACK in the form of 3.1.1 is among the codes of MQTT 5 (MQTT 3.1.1, 3.2.2.3).
pub(super) fn of_old_connack(code: u8) -> u8 {
    match code {
        0 => 0,
        1 => 0x84,
        2 => 0x85,
        3 => 0x88,
        4 => 0x86,
        5 => 0x87,
        _ => 0x80,
    }
}

/// A code as people read it: its name and its number.
fn name(code: u8) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == code);
    let name = known.map_or("unknown reason code", |(_, name)| name);
    format!("{name} (0x{code:02X})")
}

/// A code and what the broker says of it.
pub(super) fn condition(reason: &Reason) -> Condition {
    let mut info = reason.info.clone();
    let server = reason.server.iter().map(|server| ("server reference".into(), server.clone()));
    info.splice(0..0, server);
    Condition::new(&name(reason.code), &reason.text).with_info(&info)
}

/// The end of the connection or run after a broker's code at `place`.
pub(super) fn end(place: Place, what: Subject, reason: &Reason) -> End {
    let condition = condition(reason);
    match effect(place, reason.code) {
        Effect::Run | Effect::Sending => {
            End::Refused { what, condition, scope: Scope::EveryBroker }
        }
        Effect::BrokerIsOut => End::Refused { what, condition, scope: Scope::ThisBroker },
        Effect::Success | Effect::Item | Effect::Later | Effect::NextBroker | Effect::Forget => {
            End::Closed { what, condition }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effect::{BrokerIsOut, Forget, Item, Later, NextBroker, Run, Sending, Success};

    /// CONNACK, SUBACK, PUBACK, DISCONNECT.
    const PLACES: [Place; 4] = [Place::Connack, Place::Suback, Place::Puback, Place::Disconnect];

    #[test]
    fn the_whole_table_of_codes() {
        const FAILURE: [Effect; 4] = [NextBroker, NextBroker, Item, NextBroker];
        const SUCCESS: [Effect; 4] = [Success, Success, Success, NextBroker];
        let special = [
            (0x10, [Success, Success, Later, NextBroker]),
            (0x83, [NextBroker, NextBroker, Later, NextBroker]),
            (0x84, [BrokerIsOut, NextBroker, Item, NextBroker]),
            (0x85, [BrokerIsOut, NextBroker, Item, NextBroker]),
            (0x86, [BrokerIsOut, NextBroker, Item, NextBroker]),
            (0x87, [BrokerIsOut, Run, Sending, Sending]),
            (0x8a, [BrokerIsOut, NextBroker, Item, NextBroker]),
            (0x8c, [BrokerIsOut, NextBroker, Item, NextBroker]),
            (0x8e, [NextBroker, NextBroker, Item, Run]),
            (0x8f, [NextBroker, Run, Item, NextBroker]),
            (0x90, [NextBroker, NextBroker, Sending, Sending]),
            (0x91, [NextBroker, Forget, Forget, NextBroker]),
            (0x97, [NextBroker, NextBroker, Later, NextBroker]),
            (0x9a, [NextBroker, NextBroker, Item, Sending]),
            (0x9b, [NextBroker, NextBroker, Item, Sending]),
            (0x9e, [NextBroker, Run, Item, NextBroker]),
            (0xa1, [NextBroker, Run, Item, NextBroker]),
            (0xa2, [NextBroker, Run, Item, NextBroker]),
        ];
        for code in 0..=u8::MAX {
            let usual = if code < 0x80 { SUCCESS } else { FAILURE };
            let found = special.iter().find(|(known, _)| *known == code);
            let expected = found.map_or(usual, |(_, effects)| *effects);
            assert_eq!(PLACES.map(|place| effect(place, code)), expected, "0x{code:02X}");
        }
    }

    #[test]
    fn a_code_is_shown_by_name_and_number_with_what_the_broker_says() {
        let reason = |code, text: &str, server: Option<&str>, info: &[(&str, &str)]| Reason {
            code,
            text: text.into(),
            server: server.map(Into::into),
            info: info.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        };
        for (reason, expected) in [
            (reason(0x87, "", None, &[]), "not authorized (0x87)"),
            (reason(0x8c, "no\u{1b}", None, &[]), "bad authentication method (0x8C): no\\u{1b}"),
            (
                reason(0x9c, "", Some("b2"), &[("a", "b")]),
                "use another server (0x9C) (server reference: b2, a: b)",
            ),
            (reason(0xff, "", None, &[]), "unknown reason code (0xFF)"),
        ] {
            assert_eq!(condition(&reason).to_string(), expected);
        }
        assert!(NAMES.is_sorted_by_key(|(code, _)| code));
    }

    #[test]
    fn what_a_broker_says_of_itself_or_of_the_number_of_messages_is_about_no_request() {
        let found: Vec<_> = (0..=u8::MAX).filter(|&code| is_of_broker(code)).collect();
        let expected =
            [0x00, 0x04, 0x89, 0x8b, 0x8d, 0x8e, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0x9f, 0xa0];
        assert_eq!(found, expected);
    }

    #[test]
    fn return_codes_of_3_1_1_have_their_meaning() {
        let effects =
            [0, 1, 2, 3, 4, 5, 6].map(|code| effect(Place::Connack, of_old_connack(code)));
        let out = BrokerIsOut;
        assert_eq!(effects, [Success, out, out, NextBroker, out, out, NextBroker]);
    }
}
