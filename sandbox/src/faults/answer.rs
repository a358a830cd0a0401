//! What the broker says over MQTT in place of the usual answer.

use super::Refusal;

/// A reason code, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Any number, whether the standard has it or not.
    pub code: u8,
    /// Reason String.
    pub reason: Option<String>,
    /// Server Reference, of a CONNACK or DISCONNECT.
    pub reference: Option<String>,
}

impl Answer {
    /// An answer that is only a code.
    pub fn code(code: u8) -> Self {
        Self { code, reason: None, reference: None }
    }

    /// Reads `CODE[,reference=HOST][,TEXT]`; the code is decimal, or hexadecimal after `0x`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (code, rest) = text.split_once(',').unwrap_or((text, ""));
        let number = match code.strip_prefix("0x") {
            Some(digits) => u8::from_str_radix(digits, 16),
            None => code.parse(),
        };
        let code = number.map_err(|_| "a code is a number from 0 to 255, or from 0x00 to 0xff")?;
        let (reference, reason) = match rest.strip_prefix("reference=") {
            Some(rest) => {
                let (reference, reason) = rest.split_once(',').unwrap_or((rest, ""));
                (Some(reference.to_owned()), reason)
            }
            None => (None, rest),
        };
        Ok(Self { code, reason: (!reason.is_empty()).then(|| reason.to_owned()), reference })
    }
}

/// The code that says most nearly the same.
impl From<&Refusal> for Answer {
    fn from(refusal: &Refusal) -> Self {
        let code = match refusal.condition.split(',').next() {
            Some("amqp:unauthorized-access" | "amqp:not-allowed") => 0x87,
            Some("amqp:resource-limit-exceeded") => 0x97,
            Some("amqp:connection:forced") => 0x8b,
            _ => 0x80,
        };
        Self { reason: refusal.description.clone(), ..Self::code(code) }
    }
}
