//! A table: what to do about a reason code of an MQTT broker.

use super::SMALLER;
use crate::{Condition, Subject};

/// The code in the name of a condition, such as `not authorized (0x87)`.
fn code(condition: &Condition) -> Option<u8> {
    let (_, digits) = condition.name.strip_suffix(')')?.rsplit_once("(0x")?;
    u8::from_str_radix(digits, 16).ok()
}

/// One clause for the user; `None` if it is no reason code, or there is nothing to add to it.
pub(super) fn remedy(what: &Subject, condition: &Condition) -> Option<&'static str> {
    Some(match (code(condition)?, what) {
        (0x84, _) => "set mqtt_version: \"3.1.1\", if the signing server needs no properties",
        (0x85, _) => "set mqtt_client_id to one that the broker allows",
        (0x86, _) => {
            "check username and password_file, or whether the broker knows the name in the certificate"
        }
        (0x87 | 0x8a | 0x8c, Subject::Connection) => {
            "check that the client may connect: its certificate, or username and password_file"
        }
        (0x8e, _) => {
            "give each run a client id of its own: put {task_id} into mqtt_client_id, or leave the key out"
        }
        (0x8f, Subject::Listening(_)) => {
            "check topic_listen_to: the broker does not accept such a topic"
        }
        (0x90, Subject::Sending(_)) => {
            "check topic_send_to: the broker does not accept such a topic"
        }
        (0x95, _) => SMALLER,
        (0x9c | 0x9d, _) => "put the broker that is named into messaging_brokers",
        _ => return None,
    })
}

/// Whether a smaller request would have been accepted.
pub(super) fn is_too_large(condition: &Condition) -> bool {
    code(condition) == Some(0x95)
}

/// Whether no signing server has subscribed to the topic.
pub(super) fn is_unheard(condition: &Condition) -> bool {
    code(condition) == Some(0x10)
}

/// Whether the same request would get this code again.
pub(super) fn is_lasting(condition: &Condition) -> bool {
    matches!(code(condition), Some(0x90 | 0x95 | 0x99))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_from_its_name() {
        for (name, expected) in [
            ("not authorized (0x87)", Some(0x87)),
            ("unknown reason code (0xFF)", Some(0xff)),
            ("amqp:not-found", None),
            ("failed (0xyz)", None),
            ("", None),
        ] {
            assert_eq!(code(&Condition::new(name, "(0x01)")), expected, "{name}");
        }
    }

    #[test]
    fn the_remedy_depends_on_what_was_refused() {
        let condition = Condition::new("not authorized (0x87)", "");
        let listening = Subject::Listening("a".into());
        assert!(remedy(&Subject::Connection, &condition).unwrap().contains("username"));
        assert_eq!(remedy(&listening, &condition), None);
        assert!(is_lasting(&Condition::new("packet too large (0x95)", "")));
        assert!(!is_lasting(&condition));
    }
}
