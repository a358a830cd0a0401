//! Topics and client ids (MQTT 5.0 sections 4.7 and 3.1.3.1).

use crate::error::printable;

/// The most bytes of a string in a packet (MQTT 5.0 section 1.5.4).
const LONGEST: usize = 65_535;

/// The topic that an address names: without `topic://`.
///
/// # Errors
/// Why it is no topic that a run can use, and what to do.
pub(in crate::config) fn topic(address: String) -> Result<String, String> {
    let shown = || printable(&address);
    let topic = match address.split_once("://") {
        Some(("topic", topic)) => topic,
        Some((scheme, _)) if is_scheme(scheme) => {
            let scheme = printable(scheme);
            return Err(format!(
                "\"{}\" is no topic, and MQTT has nothing else; write a topic, without {scheme}://",
                shown()
            ));
        }
        _ => &address,
    };
    let problem = if topic.is_empty() {
        "names no topic; write one".into()
    } else if topic.starts_with("$share/") {
        "shares its messages with other clients, which would get replies of this one; write the topic without $share/ and the group".into()
    } else if topic.starts_with('$') {
        "begins with '$', as only topics of the broker itself do; use another topic".into()
    } else if let Some(c) = topic.chars().find(|c| matches!(c, '+' | '#')) {
        format!("holds the wildcard {c:?}; name one topic")
    } else if let Some(c) = topic.chars().find(is_refused) {
        format!("holds {c:?}, for which brokers end the connection; remove it")
    } else if topic.len() > LONGEST {
        return Err(too_long("topic", topic));
    } else {
        return Ok(topic.to_owned());
    };
    Err(format!("\"{}\" {problem}", shown()))
}

/// A client id that a packet can hold.
///
/// # Errors
/// Why it is none.
pub(in crate::config) fn client_id(id: String) -> Result<String, String> {
    match id.len() {
        0..=LONGEST => Ok(id),
        _ => Err(too_long("client id", &id)),
    }
}

fn too_long(what: &str, text: &str) -> String {
    format!("a {what} of {} bytes is too long; at most {LONGEST} are possible", text.len())
}

/// Whether an address would begin with it on ActiveMQ or Artemis.
fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
}

/// Control characters and those that Unicode will never assign: a broker may end the connection for them (MQTT 5.0
/// section 1.5.4), and some do.
fn is_refused(c: &char) -> bool {
    let code = u32::from(*c);
    c.is_control() || (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_scheme_is_stripped() {
        for (address, expected) in [
            ("topic://sign", "sign"),
            ("topic://VirtualTopic.example.sign", "VirtualTopic.example.sign"),
            ("a/b/sign", "a/b/sign"),
            ("a.b.sign", "a.b.sign"),
            ("/a//b/", "/a//b/"),
            ("topic:///a", "/a"),
            ("a/$SYS", "a/$SYS"),
            ("a://b/c d", "x"),
            ("a1://b", "a1://b"),
            ("Jürgen/答", "Jürgen/答"),
        ] {
            match topic(address.to_owned()) {
                Ok(topic) => assert_eq!(topic, expected),
                Err(problem) => assert_eq!(expected, "x", "{problem}"),
            }
        }
        assert_eq!(topic("a".repeat(LONGEST)).unwrap().len(), LONGEST);
        assert_eq!(topic(format!("topic://{}", "a".repeat(LONGEST))).unwrap().len(), LONGEST);
    }

    #[test]
    fn what_is_no_topic_is_refused() {
        for (address, expected) in [
            (
                "queue://sign",
                "\"queue://sign\" is no topic, and MQTT has nothing else; write a topic, without queue://",
            ),
            ("temp-queue://x", "without temp-queue://"),
            ("Topic://x", "without Topic://"),
            ("topic://", "\"topic://\" names no topic; write one"),
            ("$share/group/sign", "shares its messages with other clients"),
            ("topic://$share/group/sign", "shares its messages with other clients"),
            ("$SYS/broker", "begins with '$'"),
            ("$queue/sign", "begins with '$'"),
            ("$aws/rules/x", "begins with '$'"),
            ("a/+/b", "\"a/+/b\" holds the wildcard '+'; name one topic"),
            ("a+b", "holds the wildcard '+'"),
            ("a/#", "holds the wildcard '#'"),
            ("a\tb", "holds '\\t', for which brokers end the connection"),
            ("a\u{7f}", "holds '\\u{7f}'"),
            ("a\u{fffe}", "holds '\\u{fffe}'"),
            ("a\u{1ffff}", "holds '\\u{1ffff}'"),
            ("a\u{fdd0}", "holds '\\u{fdd0}'"),
        ] {
            let problem = topic(address.to_owned()).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
        let problem = topic("a".repeat(LONGEST + 1)).unwrap_err();
        assert_eq!(problem, "a topic of 65536 bytes is too long; at most 65535 are possible");
        let problem = client_id("a".repeat(LONGEST + 1)).unwrap_err();
        assert_eq!(problem, "a client id of 65536 bytes is too long; at most 65535 are possible");
        assert_eq!(client_id("a".repeat(LONGEST)).unwrap().len(), LONGEST);
    }
}
