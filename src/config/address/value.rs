//! What a value may hold that goes into an address.

use crate::error::printable;

/// Characters and their meaning in the syntax of some broker's addresses; docs/brokers.md has the same by broker.
///
/// A value with one of them could reach an address that the template's author did not intend.
const MEANINGS: [(&str, &str); 5] = [
    (",", "which separates addresses on ActiveMQ"),
    ("?", "which begins options on ActiveMQ and Artemis"),
    ("%", "which begins an encoded character on RabbitMQ"),
    ("://", "which begins an address on ActiveMQ and Artemis"),
    ("::", "which separates address and queue on Artemis"),
];

/// What makes a value unfit for an address, if anything.
///
/// `slashes` is whether it may hold slashes.
pub(super) fn fault(value: &str, slashes: bool, blanks: bool) -> Option<String> {
    if value.is_empty() {
        return Some("it is empty".into());
    }
    let shown = || printable(value);
    let unfit = |c: &char| c.is_control() || "*>#".contains(*c) || (!blanks && c.is_whitespace());
    if let Some(c) = value.chars().find(unfit) {
        let what = match c {
            '*' | '>' | '#' => "wildcard",
            _ if c.is_control() => "control character",
            _ => "blank",
        };
        return Some(format!("\"{}\" holds the {what} {c:?}", shown()));
    }
    // MQTT and IBM MQ: a wildcard only if it is a whole segment.
    if value.split(['.', '/']).any(|segment| segment == "+") {
        return Some(format!("\"{}\" holds the wildcard '+'", shown()));
    }
    if let Some((text, meaning)) = MEANINGS.iter().find(|(text, _)| value.contains(text)) {
        return Some(format!("\"{}\" holds '{text}', {meaning}", shown()));
    }
    if !slashes && value.contains('/') {
        let meaning = "which separates exchange and key on RabbitMQ and Broker-J";
        return Some(format!("\"{}\" holds '/', {meaning}", shown()));
    }
    if value.starts_with(':') || value.ends_with(':') {
        return Some(format!("\"{}\" begins or ends with ':'; \"::\" could result", shown()));
    }
    if value.trim() != value {
        let meaning = "which ActiveMQ removes";
        return Some(format!("\"{}\" begins or ends with a blank, {meaning}", shown()));
    }
    if value.split('.').any(|segment| segment == "VirtualTopic") {
        let meaning = "which begins a topic's name on ActiveMQ";
        return Some(format!("\"{}\" holds the segment VirtualTopic, {meaning}", shown()));
    }
    None
}

/// What makes a value unfit for a topic of MQTT, if anything.
pub(super) fn fault_in_topic(value: &str, blanks: bool) -> Option<String> {
    let meanings =
        [('+', "which is a wildcard in MQTT"), ('/', "which separates levels of a topic in MQTT")];
    match meanings.iter().find(|(c, _)| value.contains(*c)) {
        Some((c, meaning)) => Some(format!("\"{}\" holds {c:?}, {meaning}", printable(value))),
        None => fault(value, false, blanks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_have_them_are_accepted() {
        for value in [
            "1234",
            "0190a3c2-7f6e-7c1b-9d2e-1b2c3d4e5f60",
            "build_7.1",
            "a+b",
            "Me and I",
            "client.example.com",
            "Acme Inc.",
            "user@example.com",
            "user@EXAMPLE.COM:7",
            "system:serviceaccount:ns:name",
            "Jürgen",
            "release=1",
            "O'Neil & Sons (EMEA)",
            "a;b",
            "{x}",
            "~",
            "$X",
            "a|b",
            "\"q\"",
            "[::1",
            "VirtualTopics",
        ] {
            let fault = fault(value, false, true);
            assert_eq!(fault.is_some(), value.contains("::"), "{value}: {fault:?}");
        }
        for value in ["host/name", "ns/app", "a//b", "/etc/client.pem"] {
            assert_eq!(fault(value, true, true), None, "{value}");
            assert!(fault(value, false, true).unwrap().contains("holds '/'"), "{value}");
        }
    }

    #[test]
    fn what_could_mean_another_address_is_named() {
        for (value, expected) in [
            ("", "it is empty"),
            ("a*", "\"a*\" holds the wildcard '*'"),
            ("a>", "the wildcard '>'"),
            ("a#", "the wildcard '#'"),
            ("+", "the wildcard '+'"),
            ("a.+", "the wildcard '+'"),
            ("+/a", "the wildcard '+'"),
            ("a\tb", "\"a\\tb\" holds the control character '\\t'"),
            ("a\r", "the control character '\\r'"),
            ("a\u{85}", "the control character '\\u{85}'"),
            ("Doe, Jane", "\"Doe, Jane\" holds ',', which separates addresses on ActiveMQ"),
            ("1,queue://Victim,queue://b", "holds ','"),
            ("a?consumer.exclusive=true", "holds '?', which begins options on ActiveMQ"),
            ("a%2Fb", "holds '%', which begins an encoded character on RabbitMQ"),
            ("topic://x", "holds '://', which begins an address"),
            ("x::victim", "holds '::', which separates address and queue on Artemis"),
            ("a::", "holds '::'"),
            (":a", "begins or ends with ':'"),
            ("queue:", "begins or ends with ':'"),
            (" a", "begins or ends with a blank"),
            ("a ", "begins or ends with a blank"),
            (" ", "begins or ends with a blank"),
            ("a\u{a0}", "begins or ends with a blank"),
            ("a.VirtualTopic.b", "holds the segment VirtualTopic"),
            ("VirtualTopic", "holds the segment VirtualTopic"),
        ] {
            let fault = fault(value, true, true).unwrap();
            assert!(fault.contains(expected), "{fault}");
        }
        assert_eq!(fault("a b", true, false).unwrap(), "\"a b\" holds the blank ' '");
    }

    #[test]
    fn in_a_topic_more_is_refused() {
        for (value, expected) in [
            ("a+b", "\"a+b\" holds '+', which is a wildcard in MQTT"),
            ("a/b", "\"a/b\" holds '/', which separates levels of a topic in MQTT"),
            ("a#", "the wildcard '#'"),
            ("a*", "the wildcard '*'"),
            ("a>", "the wildcard '>'"),
            ("a\tb", "the control character"),
            ("x::y", "holds '::'"),
            ("", "it is empty"),
        ] {
            assert!(fault_in_topic(value, true).unwrap().contains(expected), "{value}");
        }
        for value in ["Me and I", "client.example.com", "$X", "1234"] {
            assert_eq!(fault_in_topic(value, true), None, "{value}");
        }
        assert!(fault_in_topic("a b", false).is_some());
    }
}
