//! What messages of every kind are made of: JSON text, and application properties.

use std::sync::Arc;

use serde_json::Value;

use crate::signing::{context::Common, pieces, pyjson};

/// A message's body.
pub(super) fn body(body: &Value) -> Arc<String> {
    Arc::new(pyjson::to_string(body))
}

/// The same, with bytes as base64 in place of the empty text of one attribute. They may be large: no other copy is made.
pub(super) fn body_with(body: &Value, attribute: &str, bytes: &[u8]) -> Arc<String> {
    let text = pyjson::to_string(body);
    let name = format!("\"{attribute}\": \"");
    // In a value the quotes would be escaped.
    let place = text.find(&name).map_or(text.len(), |at| at + name.len());
    let mut whole = String::with_capacity(text.len() + pieces::length(bytes));
    whole.push_str(&text[..place]);
    pieces::pieces(bytes).for_each(|piece| whole.push_str(&piece));
    whole.push_str(&text[place..]);
    Arc::new(whole)
}

/// The application properties of a message; an extra one of the same name replaces the value.
pub(super) fn properties(
    mtype: &str,
    common: &Common,
    extra: &[(&str, &str)],
) -> Vec<(String, String)> {
    let mut properties = Vec::with_capacity(5 + extra.len());
    for (name, value) in [
        ("service", common.service.as_str()),
        ("environment", common.environment.as_str()),
        ("owner_id", common.creator.as_str()),
        ("mtype", mtype),
        ("source", "metadata"),
    ] {
        properties.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in extra {
        set(&mut properties, name, value);
    }
    properties
}

/// Adds a property, or replaces the value of the one that has the same name.
pub(super) fn set(properties: &mut Vec<(String, String)>, name: &str, value: &str) {
    match properties.iter_mut().find(|(present, _)| present == name) {
        Some((_, present)) => *present = value.to_owned(),
        None => properties.push((name.to_owned(), value.to_owned())),
    }
}
