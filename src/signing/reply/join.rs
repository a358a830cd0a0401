//! Several replies to one request, made one.

use std::{collections::HashSet, sync::Arc};

use super::{
    Document, Part, Reply,
    answer::another_batch,
    status::{Status, status},
    value::{errors, text},
    verdict::Verdict,
};
use crate::signing::{
    operation::Image,
    pyread::{self, Json, Kind, Value},
    request::{Expected, Request},
};

/// Joins the first reply to a request and further ones, which add to it: the last, with the claims of all.
///
/// If not everything is signed then, what an earlier one refused is still said.
pub(crate) fn join(request: &Request, first: &Reply, more: &[Arc<Part>]) -> Option<Reply> {
    let (last, middle) = more.split_last()?;
    let last = last.document();
    let alone = Reply::read(last.body().to_owned(), last.properties(), request)?;
    let Expected::Claims(batch) = &request.expected else { return Some(alone) };
    let asked = &batch.images;
    if alone.verdict == Verdict::Signed {
        return Some(alone);
    }
    let all =
        [first.whole()].into_iter().chain(middle.iter().map(|part| part.document())).chain([last]);
    let read = |document: Document<'_>| pyread::read(document.body().into()).ok();
    let wholes: Vec<Json> = all.map(read).collect::<Option<_>>()?;
    let messages: Vec<_> =
        wholes.iter().map(|whole| whole.value().get("msg")).collect::<Option<_>>()?;
    let (last_message, earlier) = messages.split_last()?;

    let mut parts: Vec<_> = messages.iter().map(|message| claims_of(*message, asked)).collect();
    drop_replaced(&mut parts);
    let mut changes = vec![("claims", Some(list(parts.concat())))];
    if another_batch(asked, *last_message).is_some() {
        changes.extend([("manifest_digest", None), ("repo", None)]);
    }
    let changed = |changes: &[Change]| {
        let message = with(*last_message, changes);
        let whole = with(wholes.last()?.value(), &[("msg", Some(message))]);
        Reply::read(whole, last.properties(), request)
    };
    let joined = changed(&changes)?;
    if joined.verdict == Verdict::Signed {
        return Some(joined);
    }
    changes.extend(carried_refusal(earlier, *last_message));
    changed(&changes)
}

/// The claims of a reply. If it says that all of it is for something else, they are not for the request, and the others
/// are not for what it says.
fn claims_of<'a>(message: Value<'a>, asked: &[Image]) -> Vec<Value<'a>> {
    if another_batch(asked, message).is_some() {
        return Vec::new();
    }
    message.get("claims").into_iter().flat_map(Value::items).collect()
}

/// Leaves out what was said of claims that failed at first and are described without an error later.
fn drop_replaced(parts: &mut [Vec<Value<'_>>]) {
    let mut later = HashSet::new();
    for part in parts.iter_mut().rev() {
        let (good, failed): (Vec<_>, Vec<_>) = part
            .iter()
            .partition(|claim| claim.kind() != Kind::Object || errors(**claim).is_empty());
        let file = |claim: &Value<'_>| text(claim.get("claim_file")).into_owned();
        *part = failed.into_iter().filter(|claim| !later.contains(&file(claim))).collect();
        later.extend(good.iter().map(file).filter(|file| !file.is_empty()));
        part.extend(good);
    }
}

/// A value of an object that is changed or added, or that is left out.
type Change = (&'static str, Option<String>);

/// The errors of earlier replies before those of the last one.
fn carried_refusal(earlier: &[Value<'_>], last: Value<'_>) -> Vec<Change> {
    let is_refusal =
        |message: &Value<'_>| status(*message) != Status::NotYet && !errors(*message).is_empty();
    let refusals: Vec<_> = earlier.iter().copied().filter(is_refusal).collect();
    if refusals.is_empty() {
        return Vec::new();
    }
    let all = refusals.iter().chain([&last]).flat_map(|message| said(*message)).collect();
    let failed = refusals.iter().find(|message| status(**message) == Status::Failure);
    let status = failed.and_then(|message| message.get("signing_status"));
    let status = status.map(|status| ("signing_status", Some(status.json().to_owned())));
    [("errors", Some(list(all)))].into_iter().chain(status).collect()
}

/// The errors that a message lists, or its only one.
fn said(message: Value<'_>) -> Vec<Value<'_>> {
    match message.get("errors") {
        Some(errors) if errors.kind() == Kind::List => errors.items().collect(),
        Some(other) if other.kind() != Kind::Null => vec![other],
        _ => Vec::new(),
    }
}

fn list(values: Vec<Value<'_>>) -> String {
    let texts: Vec<_> = values.into_iter().map(Value::json).collect();
    format!("[{}]", texts.join(", "))
}

/// The text of an object with some changes: values in their places, new ones at the end.
fn with(object: Value<'_>, changes: &[Change]) -> String {
    let change = |name: Value<'_>| changes.iter().find(|(other, _)| name.is(other));
    let kept = object.entries().filter_map(|(name, value)| match change(name) {
        None => Some(format!("{}: {}", name.json(), value.json())),
        Some((_, new)) => new.as_ref().map(|new| format!("{}: {new}", name.json())),
    });
    let is_new = |(name, _): &&Change| object.get(name).is_none();
    let added = changes
        .iter()
        .filter(is_new)
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("\"{name}\": {value}")));
    format!("{{{}}}", kept.chain(added).collect::<Vec<_>>().join(", "))
}
