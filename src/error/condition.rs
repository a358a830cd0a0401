//! A broker's reason for a refusal or an end.

use std::fmt;

use super::printable;

/// An AMQP error condition with the peer's description (AMQP 1.0 part 2.8.14), or a reason code of MQTT with its reason
/// string (MQTT 5.0 section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The symbol, such as `amqp:unauthorized-access`, or name and number, `not authorized (0x87)`; empty if the peer named none.
    pub name: String,
    /// The peer's description, made printable and cut to a bounded length; may be empty.
    pub description: Box<str>,
    /// The peer's further information, such as `queue: sign, reason: maxlen`; printable and bounded as well, often empty.
    pub info: Box<str>,
}

impl Condition {
    /// Makes a condition from a peer's texts: control characters are escaped, at most 1,000 characters are kept.
    pub(crate) fn new(name: &str, description: &str) -> Self {
        let (name, description) = (printable(name), printable(description).into());
        Self { name, description, info: Box::default() }
    }

    /// The same with the entries of the peer's map of further information, as texts.
    pub(crate) fn with_info(self, entries: &[(String, String)]) -> Self {
        let entries: Vec<_> =
            entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        Self { info: printable(&entries.join(", ")).into(), ..self }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), &*self.description) {
            ("", "") => f.write_str("no condition given"),
            (name, "") => f.write_str(name),
            ("", description) => f.write_str(description),
            (name, description) => write!(f, "{name}: {description}"),
        }?;
        if self.info.is_empty() { Ok(()) } else { write!(f, " ({})", self.info) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_peer_says_is_shown_in_one_clause() {
        let info = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
        };
        let full = [("queue", "sign"), ("reason", "maxlen")];
        for (name, description, entries, expected) in [
            ("", "", &[][..], "no condition given"),
            ("amqp:x", "", &[], "amqp:x"),
            ("", "words", &[], "words"),
            ("amqp:x", "words", &[], "amqp:x: words"),
            ("amqp:x", "", &full, "amqp:x (queue: sign, reason: maxlen)"),
            ("amqp:x", "words", &full, "amqp:x: words (queue: sign, reason: maxlen)"),
            ("amqp:x", "", &[("a", "b\n\u{1b}c")], "amqp:x (a: b\\n\\u{1b}c)"),
        ] {
            let condition = Condition::new(name, description).with_info(&info(entries));
            assert_eq!(condition.to_string(), expected);
        }
    }
}
