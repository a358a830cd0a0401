//! Reads values in a reply: texts, and the signing server's errors.

use std::borrow::Cow;

use super::status::{Status, status};
use crate::{
    error::printable,
    signing::{
        base64::one_line,
        pyread::{Kind, Value},
    },
};

/// More errors than this are counted, not kept.
pub(super) const MAX_ERRORS: usize = 100;

/// The name of a JSON type, for error messages.
pub(super) fn kind(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::List => "a list",
        Kind::Object => "an object",
    }
}

/// The text of a value; empty if it is missing or not a string.
pub(super) fn text(value: Option<Value<'_>>) -> Cow<'_, str> {
    value.and_then(Value::text).unwrap_or_default()
}

/// What is found in place of a signed value.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// Nothing, or a word for it.
    Nothing,
    /// A string of base64.
    Signature(Value<'a>),
    /// Something else, for this reason.
    Wrong(String),
}

/// Whether a value is missing, null or blank.
pub(super) fn is_nothing(value: Option<Value<'_>>) -> bool {
    value.is_none_or(|value| {
        value.kind() == Kind::Null || value.text().is_some_and(|text| text.trim().is_empty())
    })
}

/// What other languages print for nothing.
const WORDS_FOR_NOTHING: [&str; 8] =
    ["none", "null", "nil", "undefined", "nan", "n/a", "true", "false"];

/// Reads a signed value.
pub(super) fn signature(value: Option<Value<'_>>) -> Found<'_> {
    let Some(value) = value.filter(|value| value.kind() != Kind::Null) else {
        return Found::Nothing;
    };
    match value.text() {
        None => Found::Wrong(format!("it is {}: expected a string", kind(value))),
        Some(text) if stands_for_nothing(&text) => Found::Nothing,
        Some(text) => one_line(&text).map_or_else(Found::Wrong, |_| Found::Signature(value)),
    }
}

/// Whether in place of a signed value there is nothing, or a word for it.
pub(super) fn is_no_signature(value: Value<'_>) -> bool {
    value.kind() == Kind::Null || value.text().is_some_and(|text| stands_for_nothing(&text))
}

fn stands_for_nothing(text: &str) -> bool {
    let word = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    word.is_empty() || WORDS_FOR_NOTHING.iter().any(|nothing| word.eq_ignore_ascii_case(nothing))
}

/// The base64 of a signed value, on one line.
pub(super) fn line(value: Value<'_>) -> Cow<'_, str> {
    match text(Some(value)) {
        Cow::Borrowed(text) => one_line(text).unwrap_or_default(),
        Cow::Owned(text) => Cow::Owned(one_line(&text).unwrap_or_default().into_owned()),
    }
}

/// The server's errors, in a reply or in one of its claims; none if `errors` is missing or empty.
///
/// A `signing_status` that says so is an error, too.
pub(super) fn errors(object: Value<'_>) -> Vec<String> {
    let mut errors = match object.get("errors") {
        Some(errors) if errors.kind() == Kind::List => {
            let mut said: Vec<_> = errors.items().take(MAX_ERRORS).map(words).collect();
            let more = errors.items().skip(MAX_ERRORS).count();
            said.extend((more > 0).then(|| format!("and {more} more")));
            said
        }
        Some(error) if is_truthy(error) => vec![words(error)],
        _ => Vec::new(),
    };
    if errors.is_empty() && status(object) == Status::Failure {
        errors.push(status_in_words(object));
    }
    errors
}

/// The status of a reply that has one.
pub(super) fn status_in_words(object: Value<'_>) -> String {
    format!("signing_status is {}", object.get("signing_status").map(words).unwrap_or_default())
}

/// An error as the server sent it: a string as it is unless it is blank, anything else as JSON.
fn words(value: Value<'_>) -> String {
    match value.text() {
        Some(text) if !text.trim().is_empty() => printable(&text),
        _ => printable(value.json()),
    }
}

/// Whether a value is true in Python; the servers themselves test fields this way.
pub(super) fn is_truthy(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Number => value.json().parse() != Ok(0.0),
        _ => !matches!(value.json(), "null" | "false" | "\"\"" | "[]" | "{}"),
    }
}
