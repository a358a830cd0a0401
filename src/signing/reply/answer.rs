//! The signed values and errors in a reply.

use serde_json::{Map, Value};

use super::{
    index::{Index, signed_value},
    value::{MAX_ERRORS, errors, kind, text},
    verdict::Verdict,
};
use crate::signing::{
    operation::Key,
    request::{Claim, Expected},
};

/// The signed values and the errors found in a reply.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    /// One for each value asked for, in request order; empty if it is missing or refused.
    values: Vec<&'a str>,
    errors: Vec<String>,
    /// The problem of a reply that has neither.
    problem: String,
}

impl<'a> Answer<'a> {
    /// Reads a reply's `msg`.
    ///
    /// Errors take precedence: if the server reports an error, a value beside it is not trusted.
    pub(super) fn read(expected: &Expected, message: Option<&'a Map<String, Value>>) -> Self {
        let Some(message) = message else {
            let values = vec![""; expected.count()];
            return Self { values, problem: "it has no \"msg\"".to_owned(), ..Self::default() };
        };
        let errors = errors(message);
        if !errors.is_empty() {
            return Self { values: vec![""; expected.count()], errors, ..Self::default() };
        }
        match expected {
            Expected::Value { name, .. } => {
                let problem = match message.get(*name) {
                    None => format!("it has neither \"{name}\" nor errors"),
                    Some(Value::String(_)) => format!("\"{name}\" is empty"),
                    Some(other) => format!("\"{name}\" is {}: expected a string", kind(other)),
                };
                Self { values: vec![text(message.get(*name))], problem, ..Self::default() }
            }
            Expected::Claims { claims, keys } => Self::read_claims(claims, keys, message),
        }
    }

    fn read_claims(claims: &[Claim], keys: &[Key], message: &'a Map<String, Value>) -> Self {
        let mut answer = Self::default();
        let described = match message.get("claims") {
            Some(Value::Array(described)) => described.as_slice(),
            Some(other) => {
                answer.problem = format!("\"claims\" is {}: expected a list", kind(other));
                &[]
            }
            None => {
                answer.problem = "it has neither \"claims\" nor errors".to_owned();
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
        for claim in claims {
            let found = index.find(&claim.text);
            let names = keys.iter().map(|key| key.name().unwrap_or_default());
            answer.values.extend(names.map(|name| signed_value(&found, name)));
        }
        if answer.problem.is_empty() {
            answer.problem = "it holds no signature for any of the claims".to_owned();
        }
        answer
    }

    /// Decides on the verdict.
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
