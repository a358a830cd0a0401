//! The signed values and errors in a reply.

use super::{
    claims::Claims,
    reading::Reading,
    status::{Status, status},
    subject,
    value::{Found, MAX_ERRORS, errors, kind, signature, status_in_words},
};
use crate::signing::{
    operation::Image,
    pyread::{Kind, Value},
    request::{self, Expected, Request},
};

/// The signed values and the errors found in a reply.
#[derive(Debug, Default)]
pub(super) struct Answer<'a> {
    /// One for each value asked for, in request order; `None` if it is missing, refused or unusable.
    values: Vec<Option<Value<'a>>>,
    errors: Vec<String>,
    /// For each value whether an error is about it.
    refused: Vec<bool>,
    /// What the server says if it is not done yet.
    pending: Option<String>,
    /// Why values cannot be used.
    problems: Vec<String>,
    /// The problem of a reply that has neither a value nor an error.
    nothing: String,
}

impl<'a> Answer<'a> {
    /// Reads a reply's `msg`.
    ///
    /// If the server reports an error, a single value beside it is not trusted. In a batch each claim says for itself
    /// whether it is signed.
    pub(super) fn read(request: &'a Request, message: Option<Value<'a>>) -> Self {
        let expected = &request.expected;
        let none = || vec![None; expected.count()];
        let Some(message) = message else {
            let nothing = "it has no \"msg\"".to_owned();
            return Self { values: none(), nothing, ..Self::default() };
        };
        let mut answer = match expected {
            Expected::Value { item, .. } => Self::read_value(item.value(), request, message),
            Expected::Claims(batch) => Self::read_claims(batch, message),
        };
        let errors = errors(message);
        if status(message) == Status::NotYet {
            let mut said = [vec![status_in_words(message)], errors].concat();
            said.append(&mut answer.errors);
            limit(&mut said, MAX_PROBLEMS);
            answer.pending = Some(said.join("; "));
        } else if !errors.is_empty() {
            answer.errors.splice(0..0, errors);
            answer.refused = vec![true; expected.count()];
            limit(&mut answer.errors, MAX_ERRORS + 1);
        }
        let is_trusted = answer.errors.is_empty() && answer.pending.is_none();
        if matches!(expected, Expected::Value { .. }) && !is_trusted {
            answer.values = none();
        }
        answer
    }

    fn read_value(name: &str, request: &Request, message: Value<'a>) -> Self {
        let mut answer = Self { values: vec![None], ..Self::default() };
        let value = message.get(name);
        match signature(value) {
            Found::Nothing => {
                answer.nothing = match value.map(Value::kind) {
                    None => format!("it has neither \"{name}\" nor errors"),
                    Some(Kind::Null) => format!("\"{name}\" is null: expected a string"),
                    Some(_) => format!("\"{name}\" is empty"),
                };
            }
            Found::Wrong(problem) => answer.problems.push(format!("\"{name}\": {problem}")),
            Found::Signature(value) => match another(request, message) {
                None => answer.values[0] = Some(value),
                Some(problem) => answer.problems.push(problem),
            },
        }
        answer
    }

    fn read_claims(batch: &'a request::Claims, message: Value<'a>) -> Self {
        let described = message.get("claims");
        let nothing = match described {
            Some(described) if described.kind() == Kind::List => {
                "it holds no signature for any of the claims".to_owned()
            }
            Some(other) => format!("\"claims\" is {}: expected a list", kind(other)),
            None => "it has neither \"claims\" nor errors".to_owned(),
        };
        let described = described.into_iter().flat_map(Value::items);
        let found = Claims::read(batch, described);
        let errors = found.errors();
        let mut refused = found.refused();
        let mut problems = found.problems();
        let mut values = found.into_values();
        if let Some(problem) = another_batch(&batch.images, message) {
            values.fill(None);
            problems = vec![problem];
            refused.fill(true);
        }
        limit(&mut problems, MAX_PROBLEMS);
        Self { values, errors, refused, problems, nothing, pending: None }
    }

    /// Returns what of it decides on the verdict.
    pub(super) fn into_reading(self) -> Reading {
        let is_refusal = self.pending.is_none() && !self.errors.is_empty();
        let refused = if is_refusal { self.refused } else { vec![false; self.values.len()] };
        let problem = if !self.problems.is_empty() {
            Some(self.problems.join("; "))
        } else {
            self.values.iter().all(Option::is_none).then_some(self.nothing)
        };
        let places = self.values.into_iter().map(|value| value.map_or(0..0, Value::inner));
        let values = places.collect();
        Reading { values, refused, errors: self.errors, pending: self.pending, problem }
    }
}

/// More problems than this are counted.
const MAX_PROBLEMS: usize = 5;

/// Cuts a list, and says by how much.
fn limit(list: &mut Vec<String>, most: usize) {
    if let Some(more) = list.len().checked_sub(most).filter(|more| *more > 0) {
        list.truncate(most);
        list.push(format!("and {more} more"));
    }
}

/// What the reply to a batch says it is for, all of it, instead of what was asked for.
pub(super) fn another_batch(images: &[Image], message: Value<'_>) -> Option<String> {
    let repository = images.first().map(|image| image.reference().repository());
    subject::another(message, images.iter(), repository)
}

/// What a single reply says it is for instead of what was asked for.
fn another(request: &Request, message: Value<'_>) -> Option<String> {
    let (image, repository) = request.named();
    subject::another(message, image.into_iter(), repository)
        .or_else(|| subject::another_claim(message, image?))
}
