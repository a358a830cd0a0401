//! The keys of an operation, and those that single items have of their own.

use std::collections::HashMap;

use super::key::Key;
use crate::error::{Argument, Error};

/// Lists of keys. Many items may have equal ones, so each list is kept once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::signing) struct KeySets {
    /// The first one is that of the operation.
    sets: Vec<Vec<Key>>,
    number_of: HashMap<Vec<Key>, usize>,
    /// The number of each item's list; items beyond the end have the first.
    of_item: Vec<usize>,
}

impl KeySets {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        let number_of = HashMap::from([(keys.clone(), 0)]);
        Self { sets: vec![keys], number_of, of_item: Vec::new() }
    }

    pub(super) fn set(&mut self, item: usize, keys: Vec<Key>) {
        let next = self.sets.len();
        let number = *self.number_of.entry(keys.clone()).or_insert(next);
        if number == next {
            self.sets.push(keys);
        }
        if self.of_item.len() <= item {
            self.of_item.resize(item + 1, 0);
        }
        self.of_item[item] = number;
    }

    /// Those of the operation.
    pub(super) fn common(&self) -> &[Key] {
        &self.sets[0]
    }

    /// The number of an item's list among [`KeySets::all`].
    pub(in crate::signing) fn number(&self, item: usize) -> usize {
        self.of_item.get(item).copied().unwrap_or(0)
    }

    pub(super) fn of(&self, item: usize) -> &[Key] {
        &self.sets[self.number(item)]
    }

    pub(in crate::signing) fn all(&self) -> &[Vec<Key>] {
        &self.sets
    }
}

/// Checks the keys of an operation.
///
/// # Errors
/// [`Error::Argument`] if there is none, or as [`check_names`].
pub(super) fn check(keys: &[Key]) -> Result<(), Error> {
    if keys.is_empty() {
        return Err(Error::argument(Argument::Keys, "none given: expected at least one"));
    }
    check_names(keys)
}

/// Checks that either all or none of the keys have names.
///
/// # Errors
/// [`Error::Argument`] if that is not so.
pub(super) fn check_names(keys: &[Key]) -> Result<(), Error> {
    let named = keys.iter().filter(|key| key.name().is_some()).count();
    if named != 0 && named != keys.len() {
        let problem =
            format!("{named} given, but {} keys: expected one for each, or none", keys.len());
        return Err(Error::argument(Argument::KeyName, problem));
    }
    Ok(())
}
