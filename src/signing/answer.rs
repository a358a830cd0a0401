//! What a reply holds of what its request asked for.

use serde_json::{Map, Value};

use super::{
    claim::{self, Identity},
    index::{Index, signed_value},
    pyjson,
    reply::{Verdict, kind},
    request::{Expected, Request},
};
use crate::error::printable;

/// More errors than this are counted, not kept.
const MAX_ERRORS: usize = 100;

/// The signed values and the errors found in a reply.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    /// One for each value asked for, in request order; empty where it is missing or refused.
    values: Vec<&'a str>,
    errors: Vec<String>,
    /// What is wrong with a reply that has neither.
    problem: String,
}

impl<'a> Answer<'a> {
    /// Reads a reply's `msg`.
    ///
    /// Errors beat values: where the server reports an error, a value beside it is not trusted.
    pub(super) fn read(expected: &Expected, message: Option<&'a Map<String, Value>>) -> Self {
        let Some(message) = message else {
            let values = vec![""; expected.count()];
            return Self { values, problem: "it has no `msg`".to_owned(), ..Self::default() };
        };
        let errors = errors(message);
        if !errors.is_empty() {
            return Self { values: vec![""; expected.count()], errors, ..Self::default() };
        }
        match expected {
            Expected::Value(name) => {
                let problem = match message.get(*name) {
                    None => format!("it has neither `{name}` nor errors"),
                    Some(Value::String(_)) => format!("`{name}` is empty"),
                    Some(other) => format!("`{name}` is {}: expected a string", kind(other)),
                };
                Self { values: vec![text(message.get(*name))], problem, ..Self::default() }
            }
            Expected::Claims { claims, key_names } => Self::read_claims(claims, key_names, message),
        }
    }

    fn read_claims(
        claims: &[String],
        key_names: &[String],
        message: &'a Map<String, Value>,
    ) -> Self {
        let mut answer = Self::default();
        let described = match message.get("claims") {
            Some(Value::Array(described)) => described.as_slice(),
            Some(other) => {
                answer.problem = format!("`claims` is {}: expected a list", kind(other));
                &[]
            }
            None => {
                answer.problem = "it has neither `claims` nor errors".to_owned();
                &[]
            }
        };
        let index = Index::new(described.iter().filter_map(Value::as_object), claims);
        let errors = index
            .described
            .iter()
            .flat_map(|described| described.errors.iter().map(move |error| (described, error)));
        answer.errors = errors
            .clone()
            .take(MAX_ERRORS)
            .map(|(described, error)| described.names(error))
            .collect();
        match errors.count().saturating_sub(MAX_ERRORS) {
            0 => {}
            more => answer.errors.push(format!("and {more} more")),
        }
        for claim_file in claims {
            let found = index.find(claim_file);
            answer.values.extend(key_names.iter().map(|name| signed_value(&found, name)));
        }
        if answer.problem.is_empty() {
            answer.problem = "it holds no signature for any of the claims".to_owned();
        }
        answer
    }

    /// Says what the reply is worth.
    pub(super) fn verdict(self, expected: &Expected) -> Verdict {
        if !self.errors.is_empty() {
            Verdict::Refused { errors: self.errors }
        } else if self.values.iter().all(|value| value.is_empty()) {
            Verdict::Unusable { problem: self.problem }
        } else {
            let missing: Vec<_> = (0..self.values.len())
                .filter(|&i| self.values[i].is_empty())
                .map(|i| expected.name(i))
                .collect();
            if missing.is_empty() { Verdict::Signed } else { Verdict::Incomplete { missing } }
        }
    }

    /// Returns the signed values.
    pub(super) fn into_values(self) -> Vec<String> {
        self.values.into_iter().map(str::to_owned).collect()
    }
}

impl Request {
    /// The number of signed values asked for: one, or in a batch one for each claim and key.
    pub fn value_count(&self) -> usize {
        self.expected.count()
    }
}

impl Expected {
    /// The number of values asked for.
    fn count(&self) -> usize {
        match self {
            Self::Value(_) => 1,
            Self::Claims { claims, key_names } => claims.len() * key_names.len(),
        }
    }

    /// Names the value at a position, as people know it.
    fn name(&self, position: usize) -> String {
        match self {
            Self::Value(name) => (*name).to_owned(),
            Self::Claims { claims, key_names } => {
                let claim = match claim::identity(&claims[position / key_names.len()]) {
                    Some(Identity { digest, reference }) => format!("{reference} {digest}"),
                    None => format!("claim {}", position / key_names.len() + 1),
                };
                match key_names[position % key_names.len()].as_str() {
                    "" => printable(&claim),
                    key_name => printable(&format!("{claim} ({key_name})")),
                }
            }
        }
    }
}

/// The text of a value, empty where it is missing or no text.
pub(super) fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// The server's errors, in a reply or in one of its claims; none where `errors` is missing or empty.
///
/// A `signing_status` other than `success` is an error too; a missing one, or null, says nothing.
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

/// An error in the server's words: a text as it is, anything else as JSON.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => printable(&pyjson::to_string(other)),
    }
}

/// Whether Python takes a value for true: the servers' own test for an error.
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
