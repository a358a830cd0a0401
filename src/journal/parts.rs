//! What decides the requests of an operation, by name: a state file is for one operation.

use serde_json::{Map, Value};

use crate::error::printable;

/// A part of what decides the requests.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    /// Whether a reader can compare its values.
    pub(crate) is_readable: bool,
}

impl Part {
    pub(crate) fn new(name: &'static str, value: impl Into<Value>) -> Self {
        Self { name, value: value.into(), is_readable: true }
    }

    /// The digest of something, which is named.
    pub(crate) fn digest(name: &'static str, digest: String) -> Self {
        Self { name, value: digest.into(), is_readable: false }
    }
}

/// Says in which parts an operation differs from that of a file, if it does.
pub(super) fn difference(parts: &[Part], file: &Map<String, Value>) -> Option<String> {
    // A part that a file has not has no value in it.
    let differs = |part: &&Part| file.get(part.name).unwrap_or(&Value::Null) != &part.value;
    let (readable, digests): (Vec<_>, Vec<_>) =
        parts.iter().filter(differs).partition(|part| part.is_readable);
    let readable: Vec<_> = readable
        .into_iter()
        .map(|part| {
            let there = shown(file.get(part.name).unwrap_or(&Value::Null));
            format!("{} is {there} there and {} now", part.name, shown(&part.value))
        })
        .collect();
    if !readable.is_empty() {
        return Some(readable.join(", "));
    }
    // Other parts are in what the digests are of, so these say something only if all else is equal.
    let first = digests.first()?;
    Some(format!("{} are not those of the file", first.name))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", printable(text)),
        Value::Null => "none".to_owned(),
        other => printable(&other.to_string()),
    }
}
