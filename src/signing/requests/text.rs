//! What messages of every kind are made of: JSON text, and application properties.

use std::borrow::Cow;

use crate::signing::context::Common;

/// The application properties of a message, by their names.
pub(super) type Properties<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// The application properties of a message; an extra one of the same name replaces the value.
pub(super) fn properties<'a>(
    mtype: &'a str,
    common: &'a Common,
    extra: impl Iterator<Item = (&'a str, &'a str)>,
) -> Properties<'a> {
    let mut properties = Vec::with_capacity(9);
    properties.extend([
        ("service", Cow::Borrowed(&*common.service)),
        ("environment", Cow::Borrowed(&*common.environment)),
        ("owner_id", Cow::Borrowed(&*common.creator)),
        ("mtype", Cow::Borrowed(mtype)),
        ("source", Cow::Borrowed("metadata")),
    ]);
    for (name, value) in extra {
        set(&mut properties, name, Cow::Borrowed(value));
    }
    properties
}

/// Adds a value, or replaces the one that has the same name, which keeps its place.
pub(super) fn set<'a, T>(values: &mut Vec<(&'a str, T)>, name: &'a str, value: T) {
    match values.iter_mut().find(|(present, _)| *present == name) {
        Some((_, present)) => *present = value,
        None => values.push((name, value)),
    }
}
