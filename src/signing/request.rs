//! Requests as they travel: an operation turned into JSON texts with application properties.

use std::{collections::BTreeMap, num::NonZeroUsize};

use openssl::base64;
use serde_json::{Map, Value, json};

use super::{
    claim,
    operation::{ContainerSign, Operation, wrong},
    pyjson,
};
use crate::error::{Error, printable};

/// What a request says beside the operation: taken from the configuration and the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// Who asks: the requester where one was given, else the certificate's name.
    pub creator: &'a str,
    /// The environment, such as `prod`.
    pub environment: &'a str,
    /// The name of the calling service.
    pub service: &'a str,
    /// The name under which single requests carry the task id.
    pub task_id_attribute: &'a str,
    /// Key ids by alias.
    pub key_aliases: &'a BTreeMap<String, String>,
    /// Claims in one request; `None` makes one request for each claim and key.
    pub chunk_size: Option<NonZeroUsize>,
}

/// What makes a request unique: the caller draws it, so that this module stays pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The request's id, a UUID.
    pub request_id: String,
    /// When it was made, such as `2026-01-29T12:00:00.000001Z`.
    pub created: String,
}

/// One message to the signing server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Its id, which the reply repeats.
    pub id: String,
    /// Its body, JSON text.
    pub body: String,
    /// Its application properties, in order.
    pub properties: Vec<(String, String)>,
    /// What it asks for, in words for people.
    pub subject: String,
    /// What the reply must hold.
    pub(crate) expected: Expected,
}

/// What the reply to a request must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One value under this name.
    Value(&'static str),
    /// For every claim one value for each key.
    Claims {
        /// The claims' texts, as sent.
        claims: Vec<String>,
        /// The keys' names; one empty name where any key will do.
        key_names: Vec<String>,
    },
}

impl Operation {
    /// Checks the operation and builds its requests: for each item one for each key, or batches of claims.
    ///
    /// `next` is asked once for each request, in order; its ids must differ.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] as from [`Operation::check`]; also for a batch of anything but containers, for a batch
    /// with several keys that are not all named, for an alias of nothing, and for a task id attribute that would
    /// overwrite the request's id.
    pub(crate) fn requests(
        &self,
        context: &Context<'_>,
        next: &mut dyn FnMut() -> Stamp,
    ) -> Result<Vec<Request>, Error> {
        self.check()?;
        let keys = self.resolved_keys(context)?;
        if let Some(size) = context.chunk_size {
            let Self::Container(operation) = self else {
                return Err(wrong("--signer-type", "batch signs containers only: expected single"));
            };
            return batch_requests(operation, &keys, context, size, next);
        }
        if context.task_id_attribute == "request_id" {
            let problem =
                "would overwrite the id that replies are told apart by: expected another name";
            return Err(wrong("task_id_attribute", problem));
        }
        let mut requests = Vec::new();
        let mut for_each_key = |item: &Item<'_>| {
            requests.extend(
                keys.iter().map(|key| single_request(item, key, self.task_id(), context, next())),
            );
        };
        match self {
            Self::Container(operation) => {
                for (digest, reference) in pairs(operation) {
                    for_each_key(&Item {
                        mtype: "container_signature",
                        data: ("claim_file", claim::claim_file(digest, reference)),
                        repo: claim::repository(reference),
                        manifest_digest: Some(digest),
                        expected: "signed_claim",
                        subject: format!("{reference} {digest}"),
                    });
                }
            }
            Self::Clear(operation) => {
                for (index, input) in operation.inputs.iter().enumerate() {
                    for_each_key(&Item {
                        mtype: "clearsign_signature",
                        data: ("data", base64::encode_block(&input.bytes)),
                        repo: operation.repo.as_deref(),
                        manifest_digest: None,
                        expected: "signed_data",
                        subject: format!("input {}", index + 1),
                    });
                }
            }
            Self::Blob(operation) => {
                for (index, blob) in operation.blobs.iter().enumerate() {
                    for_each_key(&Item {
                        mtype: "gpg_signature",
                        data: ("artifact", base64::encode_block(blob)),
                        repo: Some(""),
                        manifest_digest: None,
                        expected: "signed_payload",
                        subject: format!("blob {}", index + 1),
                    });
                }
            }
        }
        Ok(requests)
    }

    fn resolved_keys<'a>(&'a self, context: &Context<'a>) -> Result<Vec<Key<'a>>, Error> {
        let keys = self.keys();
        keys.ids
            .iter()
            .enumerate()
            .map(|(index, given)| {
                let id = last_8(context.key_aliases.get(given).unwrap_or(given));
                if id.trim().is_empty() {
                    return Err(wrong(
                        "--signing-key",
                        format!("`{given}` is an alias of nothing"),
                    ));
                }
                Ok(Key { id, name: keys.names.get(index).map_or("", String::as_str) })
            })
            .collect()
    }
}

/// A key as the signing server knows it.
struct Key<'a> {
    id: &'a str,
    /// Empty where the user named none.
    name: &'a str,
}

impl Key<'_> {
    fn shown(&self) -> String {
        if self.name.is_empty() {
            self.id.to_owned()
        } else {
            format!("{} ({})", self.id, self.name)
        }
    }
}

fn last_8(key: &str) -> &str {
    let start = key.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    &key[start..]
}

fn pairs(operation: &ContainerSign) -> impl Iterator<Item = (&str, &str)> {
    operation
        .digests
        .iter()
        .zip(&operation.references)
        .map(|(digest, reference)| (digest.as_str(), reference.as_str()))
}

/// What is signed once for each key.
struct Item<'a> {
    mtype: &'static str,
    data: (&'static str, String),
    repo: Option<&'a str>,
    manifest_digest: Option<&'a str>,
    expected: &'static str,
    subject: String,
}

fn single_request(
    item: &Item<'_>,
    key: &Key<'_>,
    task_id: &str,
    context: &Context<'_>,
    stamp: Stamp,
) -> Request {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("sig_key_id", key.id.into());
    set(item.data.0, item.data.1.as_str().into());
    set("request_id", stamp.request_id.as_str().into());
    set("created", stamp.created.into());
    set("requested_by", context.creator.into());
    set("repo", item.repo.into());
    if !key.name.is_empty() {
        set("sig_keyname", key.name.into());
    }
    // An attribute that is there already keeps its place and takes the new value, here and in the properties.
    let extra: Vec<_> = [
        Some((context.task_id_attribute, task_id)),
        item.manifest_digest.map(|d| ("manifest_digest", d)),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (name, value) in &extra {
        set(name, (*value).into());
    }
    Request {
        id: stamp.request_id,
        body: text(&Value::Object(body)),
        properties: properties(item.mtype, context, &extra),
        subject: printable(&format!("{} key {}", item.subject, key.shown())),
        expected: Expected::Value(item.expected),
    }
}

fn batch_requests(
    operation: &ContainerSign,
    keys: &[Key<'_>],
    context: &Context<'_>,
    size: NonZeroUsize,
    next: &mut dyn FnMut() -> Stamp,
) -> Result<Vec<Request>, Error> {
    if keys.len() > 1 && keys.iter().any(|key| key.name.is_empty()) {
        let problem = format!(
            "expected one for each of the {} keys: a batch tells signatures apart by them",
            keys.len()
        );
        return Err(wrong("--signing-key-name", problem));
    }
    let key_ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    let key_names: Vec<_> = keys.iter().map(|key| key.name.to_owned()).collect();
    let shown_keys = keys.iter().map(Key::shown).collect::<Vec<_>>().join(", ");
    let request = |batch: claim::Batch<'_>| {
        let stamp = next();
        let claims: Vec<_> = batch
            .pairs
            .iter()
            .map(|(digest, reference)| claim::claim_file(digest, reference))
            .collect();
        let described: Vec<_> = claims
            .iter()
            .zip(&batch.pairs)
            .map(|(claim_file, (digest, _))| {
                json!({
                    "claim_file": claim_file,
                    "sig_keynames": key_names,
                    "sig_key_ids": key_ids,
                    "manifest_digest": digest,
                    "repo": batch.repository,
                })
            })
            .collect();
        let body = json!({
            "claims": described,
            "request_id": stamp.request_id,
            "created": stamp.created,
            "requested_by": context.creator,
            "pipeline_run_id": operation.task_id,
        });
        let count = claims.len();
        let claim_or_claims = if count == 1 { "claim" } else { "claims" };
        let subject =
            format!("batch of {count} {claim_or_claims} for {} key {shown_keys}", batch.repository);
        Request {
            id: stamp.request_id,
            body: text(&body),
            properties: properties("batch", context, &[("pipeline_run_id", &operation.task_id)]),
            subject: printable(&subject),
            expected: Expected::Claims { claims, key_names: key_names.clone() },
        }
    };
    Ok(claim::batches(pairs(operation), size.get()).into_iter().map(request).collect())
}

/// Thousands of requests wait in memory, so no room is left unused.
fn text(body: &Value) -> String {
    let mut text = pyjson::to_string(body);
    text.shrink_to_fit();
    text
}

fn properties(mtype: &str, context: &Context<'_>, extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut properties = Vec::with_capacity(5 + extra.len());
    for (name, value) in [
        ("service", context.service),
        ("environment", context.environment),
        ("owner_id", context.creator),
        ("mtype", mtype),
        ("source", "metadata"),
    ] {
        properties.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in extra {
        match properties.iter_mut().find(|(present, _)| present == name) {
            Some((_, present)) => *present = (*value).to_owned(),
            None => properties.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    properties
}
