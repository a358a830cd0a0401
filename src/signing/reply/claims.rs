//! The signed values, errors and problems in the claims of a batch's reply.

use std::collections::HashMap;

use super::{
    naming::{Name, Naming},
    status::{Status, status},
    subject,
    value::{
        Found, MAX_ERRORS, errors, is_no_signature, is_nothing, is_truthy, kind, line, signature,
        text,
    },
};
use crate::{
    error::printable,
    signing::{
        context::ServerKey,
        operation::Image,
        pyread::{Kind, Value},
        request,
    },
};

/// What is found of each claim and key. Work grows with the length of the reply, whatever it repeats.
pub(super) struct Claims<'a> {
    images: &'a [Image],
    keys: &'a [ServerKey],
    /// The positions of the keys of each name.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// For each claim and key.
    values: Vec<Option<Value<'a>>>,
    /// The errors of claims, each with the claim's name.
    errors: Vec<String>,
    more_errors: usize,
    /// For each claim whether it has an error.
    refused: Vec<bool>,
    /// The name of the key that signed each claim, as it is printed, if the request names none; `None` for several.
    key_of: HashMap<usize, Option<&'a str>>,
    /// The first problem of each claim: it counts if a value of the claim is missing.
    problems: HashMap<usize, String>,
    /// The first claim that was not asked for.
    other: Option<String>,
}

impl<'a> Claims<'a> {
    pub(super) fn read(
        request::Claims { images, keys }: &'a request::Claims,
        described: impl Iterator<Item = Value<'a>>,
    ) -> Self {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for (at, key) in keys.iter().enumerate() {
            by_name.entry(key.name()).or_default().push(at);
        }
        let mut found = Self {
            images,
            keys,
            by_name,
            values: vec![None; images.len() * keys.len()],
            errors: Vec::new(),
            more_errors: 0,
            refused: vec![false; images.len()],
            key_of: HashMap::new(),
            problems: HashMap::new(),
            other: None,
        };
        let mut naming = Naming::new(images);
        let named: Vec<_> = described
            .filter(|claim| claim.kind() == Kind::Object)
            .map(|claim| (claim, naming.name(claim)))
            .collect();
        let mut only: HashMap<usize, usize> = HashMap::new();
        for (_, name) in &named {
            if let Name::Only(at) = name {
                *only.entry(*at).or_default() += 1;
            }
        }
        for (claim, name) in named {
            let is_alone = |at: &usize| only.get(at) == Some(&1);
            found.take(claim, name, is_alone);
        }
        found
    }

    fn take(&mut self, claim: Value<'a>, name: Name, is_alone: impl Fn(&usize) -> bool) {
        if status(claim) == Status::NotYet {
            return;
        }
        let errors = errors(claim);
        if !errors.is_empty() {
            return self.refuse(&name, errors);
        }
        let signed = match claim.get("signed_claims") {
            Some(signed) if signed.kind() == Kind::Object => signed,
            Some(other) if is_truthy(other) => {
                if let Name::Claim(at) | Name::Only(at) = name {
                    self.problem(at, || {
                        format!("\"signed_claims\" is {}: expected an object", kind(other))
                    });
                }
                return;
            }
            _ => return,
        };
        if signed.entries().all(|(_, value)| is_no_signature(value)) {
            return;
        }
        match name {
            Name::Claim(at) => self.sign(at, claim, signed),
            Name::Only(at) if is_alone(&at) => self.sign(at, claim, signed),
            Name::Only(at) => {
                self.problem(at, || {
                    "several claims without claim_file have its digest and repository".to_owned()
                });
            }
            Name::Other(name) => {
                self.other.get_or_insert_with(|| printable(&name));
            }
            Name::Nothing => {
                self.other.get_or_insert_with(|| "a claim that is not named".to_owned());
            }
        }
    }

    fn refuse(&mut self, name: &Name, errors: Vec<String>) {
        match name {
            Name::Claim(at) | Name::Only(at) => self.refused[*at] = true,
            // It may be any of them.
            Name::Other(_) | Name::Nothing => self.refused.fill(true),
        }
        for error in errors {
            if self.errors.len() == MAX_ERRORS {
                self.more_errors += 1;
                continue;
            }
            self.errors.push(match name {
                Name::Claim(at) | Name::Only(at) => {
                    format!("{}: {error}", printable(&self.images[*at].to_string()))
                }
                Name::Other(name) => format!("{}: {error}", printable(name)),
                Name::Nothing => error,
            });
        }
    }

    /// Enters the values of a claim that is named.
    fn sign(&mut self, at: usize, claim: Value<'a>, signed: Value<'a>) {
        let image = &self.images[at];
        let repository = image.reference().repository();
        if let Some(problem) = subject::another(claim, [image].into_iter(), Some(repository)) {
            return self.problem(at, || problem);
        }
        if let ([_], Some(_)) = (self.keys, self.by_name.get("")) {
            return self.sign_unnamed(at, signed);
        }
        for (name, value) in signed.entries() {
            let name = text(Some(name));
            match (signature(Some(value)), self.by_name.get(&*name)) {
                (Found::Nothing, _) => {}
                (Found::Signature(value), Some(keys)) => {
                    for key in keys {
                        self.values[at * self.keys.len() + key].get_or_insert(value);
                    }
                }
                (Found::Wrong(problem), Some(_)) => {
                    self.problem(at, || format!("\"{}\": {problem}", printable(&name)));
                }
                (_, None) => self.problem(at, || unknown_key(&name)),
            }
        }
    }

    /// The same for a key without a name: it is that of the only signature, unless one has the empty name.
    fn sign_unnamed(&mut self, at: usize, signed: Value<'a>) {
        let is_empty = |&(name, value): &(Value<'a>, Value<'a>)| {
            name.json() == "\"\"" && !is_nothing(Some(value))
        };
        let considered: Vec<_> = match signed.entries().find(is_empty) {
            Some(empty) => vec![empty],
            None => signed.entries().collect(),
        };
        for (name, value) in considered {
            let value = match signature(Some(value)) {
                Found::Nothing => continue,
                Found::Signature(value) => value,
                Found::Wrong(problem) => {
                    self.problem(at, || format!("\"{}\": {problem}", printable(&text(Some(name)))));
                    continue;
                }
            };
            let name = name.json();
            let key = *self.key_of.entry(at).or_insert(Some(name));
            let place = &mut self.values[at];
            if place.is_none() && key == Some(name) {
                *place = Some(value);
            } else if key != Some(name) && place.map(line) != Some(line(value)) {
                *place = None;
                self.key_of.insert(at, None);
                self.problem(at, || {
                    "it is signed by several keys, and the key has no name".to_owned()
                });
            }
        }
    }

    fn problem(&mut self, at: usize, problem: impl FnOnce() -> String) {
        self.problems.entry(at).or_insert_with(problem);
    }

    /// What is wrong with the claims of which a value is missing, in the order of the request.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut is_missing = false;
        for (at, values) in self.values.chunks(self.keys.len()).enumerate() {
            if values.iter().all(Option::is_some) {
                continue;
            }
            is_missing = true;
            if let Some(problem) = self.problems.get(&at) {
                problems.push(format!("{}: {problem}", printable(&self.images[at].to_string())));
            }
        }
        if let Some(other) = self.other.as_ref().filter(|_| is_missing) {
            problems.push(format!("it has a signature for {other}"));
        }
        problems
    }

    /// The errors of claims, each with the claim's name; a limited number of them.
    pub(super) fn errors(&self) -> Vec<String> {
        let more = (self.more_errors > 0).then(|| format!("and {} more", self.more_errors));
        self.errors.iter().cloned().chain(more).collect()
    }

    /// For each claim and key whether the claim has an error.
    pub(super) fn refused(&self) -> Vec<bool> {
        self.refused.iter().flat_map(|&is_refused| vec![is_refused; self.keys.len()]).collect()
    }

    pub(super) fn into_values(self) -> Vec<Option<Value<'a>>> {
        self.values
    }
}

fn unknown_key(name: &str) -> String {
    format!("it has a signature by the key \"{}\"", printable(name))
}
