//! Which image a reply is for, by what it says of that: another one is named.

use super::value::{is_truthy, kind, text};
use crate::{
    error::printable,
    signing::{claim, operation::Image, pyread::Value},
};

/// What a reply, or a claim in it, says it is for instead of what was asked for; `None` if it says nothing else.
///
/// What it does not say is not checked. A digest may come without its algorithm, a repository with the registry of an
/// image, or as its whole reference.
pub(super) fn another<'a>(
    object: Value<'_>,
    images: impl Iterator<Item = &'a Image> + Clone,
    repository: Option<&str>,
) -> Option<String> {
    let digests = images.clone().map(|image| image.digest().as_str());
    // A text has only a repository.
    let what = if images.clone().next().is_some() { "image" } else { "repository" };
    differs(object, "manifest_digest", what, digests, is_digest).or_else(|| {
        let references = images.map(|image| image.reference().as_str());
        let of_images = |found: &str| {
            repository.is_some_and(|repository| {
                references.clone().any(|it| is_name(found, it, repository))
            })
        };
        differs(object, "repo", what, repository.into_iter(), |found, asked| {
            found == asked.trim() || of_images(found)
        })
    })
}

fn is_digest(found: &str, asked: &str) -> bool {
    let is_without_algorithm =
        || asked.split_once(':').is_some_and(|(_, digits)| found.eq_ignore_ascii_case(digits));
    found.eq_ignore_ascii_case(asked) || is_without_algorithm()
}

/// Whether it is a reference, or its registry and repository.
fn is_name(found: &str, reference: &str, repository: &str) -> bool {
    let registry = reference.split('/').next().unwrap_or_default();
    found == reference
        || found
            .strip_prefix(registry)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| rest == repository)
}

/// The same of the claim that a reply repeats.
pub(super) fn another_claim(object: Value<'_>, image: &Image) -> Option<String> {
    let file = text(object.get("claim_file"));
    let named = if claim::is_of(&file, image) { None } else { claim::identity(&file) }?;
    let is_another =
        named.digest != image.digest().as_str() || named.reference != image.reference().as_str();
    let name = || printable(&format!("{} {}", named.reference, named.digest));
    is_another.then(|| format!("it is for another image: {}", name()))
}

fn differs<'a>(
    object: Value<'_>,
    field: &str,
    what: &str,
    asked: impl Iterator<Item = &'a str>,
    is_same: impl Fn(&str, &str) -> bool,
) -> Option<String> {
    let found = object.get(field)?;
    let mut asked = asked.peekable();
    let expected = *asked.peek()?;
    if !is_truthy(found) {
        return None;
    }
    let Some(text) = found.text() else {
        return Some(format!("\"{field}\" is {}: expected a string", kind(found)));
    };
    let found = text.trim();
    let is_right = found.is_empty() || asked.any(|asked| is_same(found, asked));
    (!is_right).then(|| {
        let (found, expected) = (printable(found), printable(expected));
        format!("it is for another {what}: {field} is \"{found}\", expected \"{expected}\"")
    })
}
