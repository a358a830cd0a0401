//! Reads values in a reply: texts, and the signing server's errors.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::status::{Status, status};
use crate::{
    error::printable,
    signing::{base64::one_line, pyjson},
};

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

/// What is found in place of a signed value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// Nothing, or a word for it.
    Nothing,
    /// Base64, on one line.
    Signature(Cow<'a, str>),
    /// Something else, for this reason.
    Wrong(String),
}

/// Whether a value is missing, null or blank.
pub(super) fn is_nothing(value: Option<&Value>) -> bool {
    value.is_none_or(|value| {
        value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
    })
}

/// What other languages print for nothing.
const WORDS_FOR_NOTHING: [&str; 8] =
    ["none", "null", "nil", "undefined", "nan", "n/a", "true", "false"];

/// Reads a signed value.
pub(super) fn signature(value: Option<&Value>) -> Found<'_> {
    match value {
        None | Some(Value::Null) => Found::Nothing,
        Some(Value::String(text)) => {
            let word = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
            if word.is_empty()
                || WORDS_FOR_NOTHING.iter().any(|nothing| word.eq_ignore_ascii_case(nothing))
            {
                return Found::Nothing;
            }
            one_line(text).map_or_else(Found::Wrong, Found::Signature)
        }
        Some(other) => Found::Wrong(format!("it is {}: expected a string", kind(other))),
    }
}

/// The server's errors, in a reply or in one of its claims; none if `errors` is missing or empty.
///
/// A `signing_status` that says so is an error, too.
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
    if errors.is_empty() && status(map) == Status::Failure {
        errors.push(status_in_words(map));
    }
    errors
}

/// The status of a reply that has one.
pub(super) fn status_in_words(map: &Map<String, Value>) -> String {
    format!("signing_status is {}", map.get("signing_status").map(words).unwrap_or_default())
}

/// An error as the server sent it: a string as it is unless it is blank, anything else as JSON.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) if !text.trim().is_empty() => printable(text),
        other => printable(&pyjson::to_string(other)),
    }
}

/// Whether a value is true in Python; the servers themselves test fields this way.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}
