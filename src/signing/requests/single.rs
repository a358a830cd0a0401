//! Requests that ask for one signature each.

use std::{collections::HashMap, sync::Arc};

use super::{
    Keys,
    text::{self, Properties, set},
};
use crate::{
    error::{Argument, Error, printable},
    signing::{
        claim,
        context::{Common, ServerKey},
        operation::{Items, Operation},
        pieces, pyjson,
        request::{Expected, Item, Place, Request},
    },
};

/// Checks that no name is given for two keys; the same key may be given twice.
///
/// # Errors
/// [`Error::Argument`] for a name of two keys.
pub(super) fn check(keys: &[ServerKey]) -> Result<(), Error> {
    let mut ids = HashMap::new();
    let mut named = keys.iter().filter(|key| !key.name().is_empty());
    match named.find(|key| *ids.entry(key.name()).or_insert(&key.id) != &key.id) {
        None => Ok(()),
        Some(key) => {
            let problem = format!(
                "\"{}\" is given for several keys: expected a name for each",
                printable(key.name())
            );
            Err(Error::argument(Argument::KeyName, problem))
        }
    }
}

/// Makes the requests: for each item, one for each key.
pub(super) fn requests(
    operation: &Operation,
    keys: &[Keys],
    request: &mut dyn FnMut(Expected),
) -> Vec<Place> {
    let keys = numbered(keys);
    let count = operation.value_count();
    let mut places = Vec::with_capacity(count);
    // The request for each image and key, unless images that are given twice are asked for twice.
    let images = match operation.items() {
        Items::Images(images) if !operation.repeats() => &images[..],
        _ => &[],
    };
    let mut asked = HashMap::with_capacity(if images.is_empty() { 0 } else { count });
    let mut made = 0_u32;
    for (number, item) in items(operation.items()).enumerate() {
        for (key_number, key) in &keys[operation.key_sets().number(number)] {
            let earlier =
                images.get(number).map(|image| *asked.entry((image, key_number)).or_insert(made));
            places.push(Place { request: earlier.unwrap_or(made), value: 0 });
            if earlier.is_none_or(|earlier| earlier == made) {
                made += 1;
                request(Expected::Value { item: item.clone(), key: Arc::clone(key) });
            }
        }
    }
    places
}

/// The keys of each list with their numbers; equal ones have the same.
fn numbered(keys: &[Keys]) -> Vec<Vec<(usize, Arc<ServerKey>)>> {
    let mut numbers = HashMap::new();
    let mut number = |key: &ServerKey| {
        let next = numbers.len();
        let number = numbers.entry((key.id.clone(), key.name().to_owned())).or_insert(next);
        (*number, Arc::new(key.clone()))
    };
    keys.iter().map(|keys| keys.iter().map(&mut number).collect()).collect()
}

fn items(items: &Items) -> Box<dyn Iterator<Item = Item> + '_> {
    match items {
        Items::Images(images) => Box::new(images.iter().cloned().map(Item::Image)),
        Items::Texts { texts, .. } => {
            Box::new(texts.iter().cloned().zip(1..).map(|(text, number)| Item::Text(text, number)))
        }
        Items::Blobs(blobs) => {
            Box::new(blobs.iter().cloned().zip(1..).map(|(blob, number)| Item::Blob(blob, number)))
        }
    }
}

/// Appends the body of a message.
///
/// # Errors
/// [`Error::InputFile`] if a file cannot be read.
pub(super) fn write_body(
    out: &mut Vec<u8>,
    request: &Request,
    item: &Item,
    key: &ServerKey,
) -> Result<(), Error> {
    let common = &*request.common;
    let repo = match item {
        Item::Image(image) => Field::Text(image.reference().repository()),
        Item::Text(..) => common.repo.as_ref().map_or(Field::Null, |repo| Field::Text(repo)),
        Item::Blob(..) => Field::Text(""),
    };
    let (mut id, mut fields) = ([0; 36], Vec::with_capacity(10));
    fields.extend([
        ("sig_key_id", Field::Text(&key.id)),
        (data_name(item), Field::Signed(item)),
        ("request_id", Field::Text(request.id.text(&mut id))),
        ("created", Field::Text(&common.created)),
        ("requested_by", Field::Text(&common.creator)),
        ("repo", repo),
    ]);
    if !key.name().is_empty() {
        set(&mut fields, "sig_keyname", Field::Text(key.name()));
    }
    for (name, value) in extra(common, item) {
        set(&mut fields, name, Field::Text(value));
    }
    let mut body = pyjson::Object::begin(out);
    for (name, field) in fields {
        match field {
            Field::Text(text) => body.text(name, text),
            Field::Null => body.name(name).extend_from_slice(b"null"),
            Field::Signed(item) => write_signed(body.name(name), item)?,
        }
    }
    body.end();
    Ok(())
}

/// The value of an attribute.
enum Field<'a> {
    Text(&'a str),
    Null,
    /// What is signed.
    Signed(&'a Item),
}

/// What is signed, as base64 in quotes.
fn write_signed(out: &mut Vec<u8>, item: &Item) -> Result<(), Error> {
    out.push(b'"');
    match item {
        Item::Image(image) => claim::write_claim_file(out, image),
        Item::Text(text, _) => pieces::write(out, &text.read()?),
        Item::Blob(blob, _) => pieces::write(out, &blob.read()?),
    }
    out.push(b'"');
    Ok(())
}

/// The application properties of a message.
pub(super) fn properties<'a>(common: &'a Common, item: &'a Item) -> Properties<'a> {
    text::properties(mtype(item), common, extra(common, item))
}

/// What is both in the body and in the properties. An attribute that exists already keeps its place and gets the new
/// value.
fn extra<'a>(common: &'a Common, item: &'a Item) -> impl Iterator<Item = (&'a str, &'a str)> {
    let task = (common.task_id_attribute.as_str(), common.task_id.as_str());
    let digest = item.image().map(|image| ("manifest_digest", image.digest().as_str()));
    [Some(task), digest].into_iter().flatten()
}

/// The name of what is signed.
fn data_name(item: &Item) -> &'static str {
    match item {
        Item::Image(_) => "claim_file",
        Item::Text(..) => "data",
        Item::Blob(..) => "artifact",
    }
}

fn mtype(item: &Item) -> &'static str {
    match item {
        Item::Image(_) => "container_signature",
        Item::Text(..) => "clearsign_signature",
        Item::Blob(..) => "gpg_signature",
    }
}

/// About how many bytes the data of a message has.
pub(super) fn size(item: &Item) -> u64 {
    match item {
        Item::Image(image) => 4 * image.reference().as_str().len() as u64,
        Item::Text(text, _) => pieces::length_of(text.size()),
        Item::Blob(blob, _) => pieces::length_of(blob.size()),
    }
}

pub(super) fn subject(item: &Item, key: &ServerKey) -> String {
    let key = key.shown();
    match item {
        Item::Image(image) => format!("{image} key {key}"),
        Item::Text(_, number) => format!("input {number} key {key}"),
        Item::Blob(_, number) => format!("blob {number} key {key}"),
    }
}
