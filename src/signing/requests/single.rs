//! Requests that ask for one signature each.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};

use super::context::{Context, ServerKey, Stamp, body, body_with, properties};
use crate::{
    error::{Argument, Error, printable},
    signing::{
        claim,
        operation::{Image, Items},
        request::{Expected, Request},
    },
};

/// What is signed once with each key.
struct Item<'a> {
    mtype: &'static str,
    data: (&'static str, Data<'a>),
    repo: Option<&'a str>,
    image: Option<&'a Image>,
    expected: &'static str,
    subject: String,
}

/// What a request contains of an item.
enum Data<'a> {
    Text(String),
    /// Written as base64.
    Bytes(&'a [u8]),
}

/// Checks that no name is given for two keys; the same key may be given twice.
///
/// # Errors
/// [`Error::Argument`] for a name of two keys.
pub(super) fn check(keys: &[ServerKey<'_>]) -> Result<(), Error> {
    let mut ids = HashMap::new();
    let named = keys.iter().filter(|key| !key.name.is_empty());
    match named.into_iter().find(|key| *ids.entry(key.name).or_insert(&key.id) != &key.id) {
        None => Ok(()),
        Some(key) => {
            let problem = format!(
                "\"{}\" is given for several keys: expected a name for each",
                printable(key.name)
            );
            Err(Error::argument(Argument::KeyName, problem))
        }
    }
}

/// Makes the requests: for each item, one for each key.
pub(super) fn requests(
    items: &Items,
    keys: &[ServerKey<'_>],
    task_id: &str,
    context: &Context<'_>,
    next: &mut dyn FnMut() -> Stamp,
) -> Vec<Request> {
    let mut requests = Vec::new();
    let given: Vec<_> = keys.iter().map(|key| Arc::new(key.given.clone())).collect();
    let mut add = |item: Item<'_>| {
        let image = item.image.cloned().map(Arc::new);
        // The task id may take its place.
        let is_sent = context.task_id_attribute != "repo";
        let repository = item.repo.filter(|repo| is_sent && !repo.is_empty());
        for (key, given) in keys.iter().zip(&given) {
            let expected = Expected::Value {
                name: item.expected,
                image: image.clone(),
                repository: repository.map(Box::from),
                key: Arc::clone(given),
                place: requests.len(),
            };
            requests.push(request(&item, key, expected, task_id, context, next()));
        }
    };
    match items {
        Items::Images(images) => images.iter().map(of_image).for_each(&mut add),
        Items::Texts { texts, repo } => {
            for (index, text) in texts.iter().enumerate() {
                add(Item {
                    mtype: "clearsign_signature",
                    data: ("data", Data::Bytes(text.as_bytes())),
                    repo: repo.as_deref(),
                    image: None,
                    expected: "signed_data",
                    subject: format!("input {}", index + 1),
                });
            }
        }
        Items::Blobs(blobs) => {
            for (index, blob) in blobs.iter().enumerate() {
                add(Item {
                    mtype: "gpg_signature",
                    data: ("artifact", Data::Bytes(blob.as_bytes())),
                    repo: Some(""),
                    image: None,
                    expected: "signed_payload",
                    subject: format!("blob {}", index + 1),
                });
            }
        }
    }
    requests
}

fn of_image(image: &Image) -> Item<'_> {
    Item {
        mtype: "container_signature",
        data: ("claim_file", Data::Text(claim::claim_file(image))),
        repo: Some(image.reference().repository()),
        image: Some(image),
        expected: "signed_claim",
        subject: image.to_string(),
    }
}

fn request(
    item: &Item<'_>,
    key: &ServerKey<'_>,
    expected: Expected,
    task_id: &str,
    context: &Context<'_>,
    stamp: Stamp,
) -> Request {
    let mut map = Map::new();
    let mut set = |name: &str, value: Value| map.insert(name.to_owned(), value);
    set("sig_key_id", key.id.as_ref().into());
    let (data_name, data) = &item.data;
    let text = if let Data::Text(text) = data { text.as_str() } else { "" };
    set(data_name, text.into());
    set("request_id", stamp.request_id.as_str().into());
    set("created", stamp.created.into());
    set("requested_by", context.creator.into());
    set("repo", item.repo.into());
    if !key.name.is_empty() {
        set("sig_keyname", key.name.into());
    }
    // An attribute that exists already keeps its place and gets the new value, here and in the properties.
    let extra: Vec<_> = [
        Some((context.task_id_attribute, task_id)),
        item.image.map(|image| ("manifest_digest", image.digest().as_str())),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (name, value) in &extra {
        set(name, (*value).into());
    }
    let body = match data {
        // An extra attribute of the same name replaces it.
        Data::Bytes(bytes) if map[*data_name] == "" => body_with(&map, data_name, bytes),
        _ => body(&Value::Object(map)),
    };
    Request {
        id: stamp.request_id,
        body,
        properties: properties(item.mtype, context, &extra),
        subject: printable(&format!("{} key {}", item.subject, key.shown())),
        expected,
    }
}
