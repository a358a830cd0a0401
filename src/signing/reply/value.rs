//! Reads values in a reply: texts, and the signing server's errors.

use serde_json::{Map, Value};

use crate::{error::printable, signing::pyjson};

/// More errors than this are counted, not kept.
pub(super) const MAX_ERRORS: usize = 100;

/// The name of a JSON type, for error messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The text of a value; empty if it is missing or not a string.
pub(super) fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// The server's errors, in a reply or in one of its claims; none if `errors` is missing or empty.
///
/// A `signing_status` other than `success` is an error, too; a missing one or null is not.
pub(super) fn errors(map: &Map<String, Value>) -> Vec<String> {
    let mut errors = match map.get("errors") {
        Some(Value::Array(errors)) => {
            let mut said: Vec<_> = errors.iter().take(MAX_ERRORS).map(words).collect();
            if errors.len() > MAX_ERRORS {
                said.push(format!("and {} more", errors.len() - MAX_ERRORS));
            }
            said
        }
        Some(error) if is_truthy(error) => vec![words(error)],
        _ => Vec::new(),
    };
    if errors.is_empty() {
        match map.get("signing_status") {
            None | Some(Value::Null) => {}
            Some(Value::String(status)) if status == "success" => {}
            Some(status) => errors.push(format!("signing_status is {}", words(status))),
        }
    }
    errors
}

/// An error as the server sent it: a string as it is, anything else as JSON.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => printable(&pyjson::to_string(other)),
    }
}

/// Whether a value is true in Python; the servers themselves test errors this way.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}
