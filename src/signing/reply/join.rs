//! Several replies to one request, made one.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Parsed, Reply,
    answer::another_batch,
    message,
    status::{Status, status},
    value::{errors, text},
    verdict::Verdict,
};
use crate::signing::{
    pyread,
    request::{Claim, Expected, Request},
};

/// Joins the first reply to a request and further ones, which add to it: the last, with the claims of all.
///
/// If not everything is signed then, what an earlier one refused is still said.
pub(crate) fn join(request: &Request, first: &Reply, mut more: Vec<Parsed>) -> Option<Reply> {
    let mut last = more.pop()?;
    let mut verdict = request.read(&last).verdict(request);
    if let Expected::Claims { claims, .. } = &request.expected
        && verdict != Verdict::Signed
    {
        let mut earlier = vec![pyread::read_first(&first.document)?];
        earlier.extend(more.into_iter().map(|parsed| parsed.whole));
        let wholes = earlier.iter_mut().chain([&mut last.whole]);
        let mut parts: Vec<_> = wholes.map(|whole| claims_of(whole, claims)).collect();
        drop_replaced(&mut parts);
        last.message_mut()?.insert("claims".to_owned(), parts.concat().into());
        verdict = request.read(&last).verdict(request);
        if verdict != Verdict::Signed {
            for whole in earlier.iter().rev() {
                carry_refusal(message(whole)?, last.message_mut()?);
            }
            verdict = request.read(&last).verdict(request);
        }
    }
    Some(last.into_reply(verdict))
}

impl Parsed {
    fn message_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.whole.get_mut("msg")?.as_object_mut()
    }
}

/// Takes the claims of a reply. If it says that all of it is for something else, they are not for the request, and the
/// others are not for what it says.
fn claims_of(whole: &mut Value, asked: &[Claim]) -> Vec<Value> {
    let Some(message) = whole.get_mut("msg").and_then(Value::as_object_mut) else {
        return Vec::new();
    };
    let is_another = another_batch(asked, message).is_some();
    if is_another {
        message.remove("manifest_digest");
        message.remove("repo");
    }
    match message.get_mut("claims") {
        Some(Value::Array(claims)) if !is_another => std::mem::take(claims),
        _ => Vec::new(),
    }
}

/// Leaves out what was said of claims that failed at first and are described without an error later.
fn drop_replaced(parts: &mut [Vec<Value>]) {
    let mut later = HashSet::new();
    for part in parts.iter_mut().rev() {
        let (good, failed): (Vec<_>, Vec<_>) = std::mem::take(part)
            .into_iter()
            .partition(|claim| claim.as_object().is_none_or(|claim| errors(claim).is_empty()));
        let file = |claim: &Value| text(claim.get("claim_file")).to_owned();
        part.extend(failed.into_iter().filter(|claim| !later.contains(&file(claim))));
        later.extend(good.iter().map(file).filter(|file| !file.is_empty()));
        part.extend(good);
    }
}

/// Puts the errors of an earlier reply before those of a later one.
fn carry_refusal(from: &Map<String, Value>, to: &mut Map<String, Value>) {
    if status(from) == Status::NotYet || errors(from).is_empty() {
        return;
    }
    let list = |map: &Map<String, Value>| match map.get("errors") {
        Some(Value::Array(errors)) => errors.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other.clone()],
    };
    to.insert("errors".to_owned(), [list(from), list(to)].concat().into());
    if status(from) == Status::Failure {
        to.insert("signing_status".to_owned(), from["signing_status"].clone());
    }
}
