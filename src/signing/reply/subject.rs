//! Which image a reply is for, by what it says of that: another one is named.

use serde_json::{Map, Value};

use super::value::{kind, text};
use crate::{error::printable, signing::claim};

/// What a reply, or a claim in it, says it is for instead of what was asked for; `None` if it says nothing else.
///
/// What it does not say is not checked.
pub(super) fn another(
    map: &Map<String, Value>,
    digests: &[&str],
    repository: Option<&str>,
) -> Option<String> {
    let digest = || differs(map, "manifest_digest", digests, str::eq_ignore_ascii_case);
    let repositories = repository.as_slice();
    digest().or_else(|| differs(map, "repo", repositories, |found, asked| found == asked))
}

/// The same of the claim that a reply repeats.
pub(super) fn another_claim(
    map: &Map<String, Value>,
    digest: &str,
    reference: &str,
) -> Option<String> {
    let named = claim::identity(text(map.get("claim_file")))?;
    let is_another = named.digest != digest || named.reference != reference;
    let name = || printable(&format!("{} {}", named.reference, named.digest));
    is_another.then(|| format!("it is for another image: {}", name()))
}

fn differs(
    map: &Map<String, Value>,
    field: &str,
    asked: &[&str],
    is_same: impl Fn(&str, &str) -> bool,
) -> Option<String> {
    let expected = asked.first()?;
    match map.get(field)? {
        Value::Null => None,
        Value::String(found) => {
            let found = found.trim();
            let is_right = found.is_empty() || asked.iter().any(|asked| is_same(found, asked));
            (!is_right).then(|| {
                let (found, expected) = (printable(found), printable(expected));
                format!("it is for another image: {field} is \"{found}\", expected \"{expected}\"")
            })
        }
        other => Some(format!("\"{field}\" is {}: expected a string", kind(other))),
    }
}
