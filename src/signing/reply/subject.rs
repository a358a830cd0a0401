//! Which image a reply is for, by what it says of that: another one is named.

use serde_json::{Map, Value};

use super::value::{kind, text};
use crate::{error::printable, signing::claim};

/// What a reply, or a claim in it, says it is for instead of what was asked for; `None` if it says nothing else.
///
/// What it does not say is not checked.
pub(super) fn another<'a>(
    map: &Map<String, Value>,
    digests: impl Iterator<Item = &'a str>,
    repository: Option<&str>,
) -> Option<String> {
    differs(map, "manifest_digest", digests, str::eq_ignore_ascii_case)
        .or_else(|| differs(map, "repo", repository.into_iter(), str::eq))
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

fn differs<'a>(
    map: &Map<String, Value>,
    field: &str,
    asked: impl Iterator<Item = &'a str>,
    is_same: impl Fn(&str, &str) -> bool,
) -> Option<String> {
    let found = map.get(field)?;
    let mut asked = asked.peekable();
    let expected = *asked.peek()?;
    match found {
        Value::Null => None,
        Value::String(found) => {
            let found = found.trim();
            let is_right = found.is_empty() || asked.any(|asked| is_same(found, asked));
            (!is_right).then(|| {
                let (found, expected) = (printable(found), printable(expected));
                format!("it is for another image: {field} is \"{found}\", expected \"{expected}\"")
            })
        }
        other => Some(format!("\"{field}\" is {}: expected a string", kind(other))),
    }
}
