//! How an act or a condition is written: `NAME`, `NAME=VALUE` or `NAME[=VALUE]`.

use std::{fmt::Display, str::FromStr, time::Duration};

use super::{Answer, Refusal};

/// One act or condition of the table.
pub(super) struct Entry<T: 'static> {
    pub(super) name: &'static str,
    pub(super) value: Value<T>,
    /// What the help says it does, or when it holds.
    pub(super) meaning: &'static str,
}

/// What may follow the name, and what is made of it.
pub(super) enum Value<T: 'static> {
    /// Nothing.
    Nothing(T),
    /// A number, under this name.
    Number(&'static str, fn(usize) -> T),
    /// A number, which may be left out.
    NumberOr(&'static str, usize, fn(usize) -> T),
    /// A number that is not 0, because multiples of 0 are not counted.
    Divisor(&'static str, fn(usize) -> T),
    /// A time with its unit.
    Time(fn(Duration) -> T),
    /// Bytes, in hexadecimal digits.
    Bytes(fn(Vec<u8>) -> T),
    /// An error condition, and the entries of its map of further information; `amqp:not-allowed` if it is left out.
    Condition(fn(Refusal) -> T),
    /// A reason code of MQTT, and what goes with it.
    Code(fn(Answer) -> T),
    /// Any text, under this name.
    Text(&'static str, fn(String) -> T),
    /// Any text, which may be left out.
    TextOr(&'static str, &'static str, fn(String) -> T),
    /// A value that the help lists, under this name.
    Listed(&'static str, fn(&str) -> Result<T, String>),
    /// One of these words, which may be left out.
    Word(&'static [&'static str], fn(Option<&str>) -> T),
}

impl<T: Clone> Entry<T> {
    /// How it is written.
    pub(super) fn syntax(&self) -> String {
        let name = self.name;
        match &self.value {
            Value::Nothing(_) => name.to_owned(),
            Value::Number(label, _)
            | Value::Divisor(label, _)
            | Value::Text(label, _)
            | Value::Listed(label, _) => {
                format!("{name}={label}")
            }
            Value::NumberOr(label, ..) | Value::TextOr(label, ..) => format!("{name}[={label}]"),
            Value::Time(_) => format!("{name}=TIME"),
            Value::Bytes(_) => format!("{name}=HEX"),
            Value::Condition(_) => format!("{name}[=CONDITION[,KEY=VALUE]…]"),
            Value::Code(_) => format!("{name}=CODE[,reference=HOST][,TEXT]"),
            Value::Word(words, _) => format!("{name}[={}]", words.join("|")),
        }
    }

    /// Makes it of what follows the name.
    pub(super) fn make(&self, value: Option<&str>) -> Result<T, String> {
        let expected = |problem: &dyn Display| {
            let found =
                value.map_or(self.name.to_owned(), |value| format!("{}={value}", self.name));
            format!("expected {}, found {found:?}: {problem}", self.syntax())
        };
        Ok(match &self.value {
            Value::Nothing(act) if value.is_none() => act.clone(),
            Value::Nothing(_) => return Err(expected(&"it takes no value")),
            Value::Number(_, make) => make(number(value).map_err(|error| expected(&error))?),
            Value::NumberOr(_, default, make) => match value {
                None => make(*default),
                value => make(number(value).map_err(|error| expected(&error))?),
            },
            Value::Divisor(_, make) => match number(value).map_err(|error| expected(&error))? {
                0 => return Err(expected(&"0 never holds")),
                number => make(number),
            },
            Value::Time(make) => {
                let time = humantime::parse_duration(value.unwrap_or_default());
                make(time.map_err(|error| expected(&error))?)
            }
            Value::Bytes(make) => match bytes(value.unwrap_or_default()) {
                Some(bytes) => make(bytes),
                None => return Err(expected(&"each byte is two hexadecimal digits")),
            },
            Value::Condition(make) => make(Refusal {
                condition: value.unwrap_or("amqp:not-allowed").to_owned(),
                description: Some("a rule of the sandbox refuses it".to_owned()),
            }),
            Value::Code(make) => {
                make(Answer::parse(value.unwrap_or_default()).map_err(|error| expected(&error))?)
            }
            Value::Text(_, make) => make(value.unwrap_or_default().to_owned()),
            Value::TextOr(_, default, make) => make(value.unwrap_or(default).to_owned()),
            Value::Listed(_, make) => {
                make(value.unwrap_or_default()).map_err(|error| expected(&error))?
            }
            Value::Word(words, make) => match value {
                Some(word) if !words.contains(&word) => return Err(expected(&"no such word")),
                word => make(word),
            },
        })
    }
}

fn number<N: FromStr<Err: Display>>(value: Option<&str>) -> Result<N, String> {
    let value = value.ok_or("there is no number")?;
    value.parse().map_err(|error: N::Err| error.to_string())
}

fn bytes(value: &str) -> Option<Vec<u8>> {
    let digits: String = value.split_whitespace().collect();
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hex || digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map(byte).collect()
}
