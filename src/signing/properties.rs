//! Application properties of replies.

use std::{borrow::Cow, collections::HashMap};

/// Each name once, as in a `dict` of Python: the first place and the last value count.
pub(crate) fn once<T>(pairs: Vec<(Cow<'_, str>, T)>) -> Vec<(Cow<'_, str>, T)> {
    let mut names: Vec<_> = pairs.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    if names.windows(2).all(|names| names[0] != names[1]) {
        return pairs;
    }
    let mut kept: Vec<(Cow<'_, str>, T)> = Vec::new();
    let mut places = HashMap::new();
    for (name, value) in pairs {
        let place = *places.entry(name.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(kept) => kept.1 = value,
            None => kept.push((name, value)),
        }
    }
    kept
}
