//! Values that do not count: they are cut out of their reply before it is kept, shown or recorded.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use super::{
    Parsed, Reading,
    value::{Found, signature},
};
use crate::signing::{
    judge::Judge,
    pyread::Value,
    request::{Expected, Request},
};

/// What is wrong with values, by their positions in the request. What is wrong with a reply as a whole has the number after
/// the last.
pub(crate) type Faults = BTreeMap<usize, String>;

impl Request {
    /// Takes the values out of a reply that do not count, and what cannot be used. Anyone who can write to the reply address
    /// could have sent them: they are no answer. Values that are not read, such as a second one of the same claim, are taken
    /// out without being judged: what is left could otherwise be read in another way, alone or joined with other replies.
    ///
    /// # Errors
    /// The reason in one clause, for the log, if the rest cannot be read.
    pub(crate) fn judged(
        &self,
        parsed: Parsed,
        reading: Reading,
        judge: &dyn Judge,
    ) -> Result<(Parsed, Reading, Faults), String> {
        let is_known = |position| judge.knows(self.expected.at(position).1);
        if !(0..self.expected.count()).any(is_known) {
            return Ok((parsed, reading, Faults::new()));
        }
        let mut faults = Faults::new();
        let mut places = self.unread(&parsed, &reading);
        for (position, place) in reading.values.iter().enumerate() {
            let (signed, key) = self.expected.signed(position);
            if place.is_empty() || !judge.knows(key) {
                continue;
            }
            if let Some(fault) = judge.fault(&parsed.value(place), signed, key) {
                faults.insert(position, fault);
                places.push(place.clone());
            }
        }
        let problem = reading.problem.clone();
        let (parsed, mut reading) = match places.is_empty() {
            true => (parsed, reading),
            false => {
                let rest = parsed.without(places)?;
                let reading = self.read(&rest);
                (rest, reading)
            }
        };
        // That a value is missing now is no other problem.
        reading.problem = None;
        if let Some(problem) = problem.filter(|_| reading.says_nothing_else()) {
            faults.insert(self.expected.count(), problem);
        }
        Ok((parsed, reading, faults))
    }

    /// Where a reply has signed values that are not read.
    fn unread(&self, parsed: &Parsed, reading: &Reading) -> Vec<Range<usize>> {
        let read: HashSet<_> = reading.values.iter().map(|place| place.start).collect();
        let message = parsed.message();
        let values: Vec<_> = match &self.expected {
            Expected::Value { item, .. } => {
                message.and_then(|it| it.get(item.value())).into_iter().collect()
            }
            Expected::Claims(_) => {
                let claims = message.and_then(|it| it.get("claims"));
                let claims = claims.into_iter().flat_map(Value::items);
                let signed =
                    claims.filter_map(|claim| claim.get("signed_claims")).flat_map(Value::entries);
                signed.map(|(_, value)| value).collect()
            }
        };
        let signed = values.into_iter().filter_map(|value| match signature(Some(value)) {
            Found::Signature(value) => Some(value.inner()),
            Found::Nothing | Found::Wrong(_) => None,
        });
        signed.filter(|place| !read.contains(&place.start)).collect()
    }

    /// What is wrong, a text for each value that is missing.
    pub(crate) fn problems(&self, faults: &Faults, filled: &[bool]) -> Vec<String> {
        let count = self.expected.count();
        let of_value = |position: usize| {
            let fault = faults.get(&position);
            match (fault, self.expected.name(position)) {
                (Some(fault), name) if name.is_empty() => Some(fault.clone()),
                (Some(fault), name) => Some(format!("{name}: {fault}")),
                (None, name) if name.is_empty() => None,
                (None, name) => Some(format!("no signature for {name}")),
            }
        };
        let is_missing = |position: &usize| !filled.get(*position).copied().unwrap_or(false);
        let of_values = (0..count).filter(is_missing).filter_map(of_value);
        of_values.chain(faults.get(&count).cloned()).collect()
    }
}
