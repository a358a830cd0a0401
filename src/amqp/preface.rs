//! What the first bytes of a peer show if it does not open an AMQP 1.0 connection.

use crate::{
    error::{Condition, Phase, Subject},
    session::{End, Scope},
};

/// The number of bytes of the protocol header (AMQP 1.0 part 2.2), or of what a peer sends in its place.
const LENGTH: usize = 8;

/// The first bytes of a peer.
#[derive(Default)]
pub(super) struct Preface(Vec<u8>);

impl Preface {
    /// Keeps the bytes that still belong to the first ones.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let missing = LENGTH.saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend(&bytes[..missing]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.0.len() == LENGTH
    }

    /// Why no connection was opened: the engine's `condition`, unless the bytes give a better reason.
    pub(super) fn explain(&self, condition: Option<&Condition>, phase: Phase) -> End {
        End::Protocol(match *self.0 {
            [b'A', b'M', b'Q', b'P', 3, 1, 0, 0, ..] if phase == Phase::Open => {
                let condition = Condition::new("", "the broker requires SASL");
                let scope = Scope::ThisBroker;
                return End::Refused { what: Subject::WithoutSasl, condition, scope };
            }
            [b'A', b'M', b'Q', b'P', 0, 1, 0, 0, ..] if phase == Phase::Sasl => {
                "the broker does not support SASL".into()
            }
            [b'A', b'M', b'Q', b'P', 0, 0, 9, ..] => {
                "the port speaks AMQP 0-9-1, not AMQP 1.0".into()
            }
            [0x15 | 0x16, 3, ..] => "the port speaks TLS; use amqps:// for it".into(),
            // A CONNACK, or a DISCONNECT (MQTT 5.0 §3.2 and §3.14).
            [0x20, 2..=127, 0 | 1, ..] | [0xe0, 0..=2, ..] => {
                "the port speaks MQTT, not AMQP; use mqtt:// or mqtts:// for it".into()
            }
            [] | [b'A', b'M', b'Q', b'P', ..] => match condition {
                Some(condition) => condition.to_string(),
                None => "the broker hung up before its Open".into(),
            },
            _ => {
                let bytes = self.0.escape_ascii();
                format!("the port does not speak AMQP: it sent \"{bytes}\"")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MQTT: &str = "the port speaks MQTT, not AMQP; use mqtt:// or mqtts:// for it";

    fn explained(bytes: &[u8], phase: Phase) -> String {
        let mut preface = Preface::default();
        preface.extend(bytes);
        let condition = Condition::new("amqp:x", "jargon");
        match preface.explain(Some(&condition), phase) {
            End::Protocol(problem) => problem,
            End::Refused { what: Subject::WithoutSasl, scope: Scope::ThisBroker, .. } => {
                "SASL".into()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_protocol_is_known_by_its_first_bytes() {
        for (bytes, phase, expected) in [
            (&b"AMQP\x03\x01\0\0"[..], Phase::Open, "SASL"),
            (b"AMQP\x03\x01\0\0", Phase::Sasl, "amqp:x: jargon"),
            (b"AMQP\0\x01\0\0", Phase::Sasl, "the broker does not support SASL"),
            (b"AMQP\0\x01\0\0", Phase::Open, "amqp:x: jargon"),
            (b"AMQP\0\0\x09\x01", Phase::Open, "the port speaks AMQP 0-9-1, not AMQP 1.0"),
            (
                b"\x15\x03\x03\0\x02\x02\x46",
                Phase::Open,
                "the port speaks TLS; use amqps:// for it",
            ),
            (b"\x20\x02\0\x01", Phase::Open, MQTT),
            (b"\x20\x03\0\x84\0", Phase::Sasl, MQTT),
            (b"\xe0\x01\x82", Phase::Open, MQTT),
            (b"", Phase::Open, "amqp:x: jargon"),
        ] {
            assert_eq!(explained(bytes, phase), expected, "{}", bytes.escape_ascii());
        }
        let http = "the port does not speak AMQP: it sent \"HTTP/1.1\"";
        assert_eq!(explained(b"HTTP/1.1 400 Bad Request", Phase::Open), http);
    }

    #[test]
    fn the_first_bytes_may_come_one_by_one() {
        let mut preface = Preface::default();
        assert!(preface.is_empty());
        for byte in b"0123456789" {
            preface.extend(&[*byte]);
        }
        assert_eq!(preface.0, b"01234567");
    }
}
