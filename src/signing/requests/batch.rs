//! Requests that ask for the signatures of many images.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::Arc,
};

use super::{
    Keys,
    text::{self, Properties},
};
use crate::{
    error::{Argument, Error, printable},
    signing::{
        claim,
        context::{Common, ServerKey},
        operation::{Image, KeySets},
        pyjson::{self, Object},
        request::{Claims, Expected, Place, Request},
    },
};

/// The name under which a batch carries the task id.
const TASK: &str = "pipeline_run_id";

/// Checks that the reply can say which key a signature is by.
///
/// # Errors
/// [`Error::Argument`] if there are several keys and not all have names, or some the same.
pub(super) fn check(keys: &[ServerKey]) -> Result<(), Error> {
    if keys.len() > 1 && keys.iter().any(|key| key.name().is_empty()) {
        let problem = format!(
            "expected one for each of the {} keys: a batch distinguishes signatures by them",
            keys.len()
        );
        return Err(Error::argument(Argument::KeyName, problem));
    }
    let mut names = HashSet::new();
    if let Some(key) = keys.iter().find(|key| !names.insert(key.name())) {
        let problem = format!(
            "\"{}\" is given for several keys: a batch distinguishes signatures by them",
            printable(key.name())
        );
        return Err(Error::argument(Argument::KeyName, problem));
    }
    Ok(())
}

/// Makes the requests: for each repository and list of keys, batches of at most `size` claims.
pub(super) fn requests(
    images: &[Image],
    sets: &KeySets,
    keys: &[Keys],
    size: NonZeroUsize,
    request: &mut dyn FnMut(Expected),
) -> Vec<Place> {
    let mut count = 0;
    let placed = images.iter().enumerate().map(|(item, image)| {
        let (set, place) = (sets.number(item), count);
        count += keys[set].len();
        Placed { image, set, place }
    });
    let signed = placed.filter(|placed| !keys[placed.set].is_empty());
    let batches = batches(signed, size.get());
    let mut places = vec![Place::default(); count];
    for (number, batch) in batches.into_iter().enumerate() {
        let keys = &keys[batch.set];
        let values = batch.claims.iter().enumerate().flat_map(|(claim, asked)| {
            let first = claim * keys.len();
            asked.places.iter().map(move |place| (*place, first))
        });
        for (place, first) in values {
            for key in 0..keys.len() {
                places[place + key] = Place { request: number as u32, value: (first + key) as u32 };
            }
        }
        let images = batch.claims.iter().map(|asked| asked.image.clone()).collect();
        request(Expected::Claims(Box::new(Claims { images, keys: Arc::clone(keys) })));
    }
    places
}

/// Appends the body of a batch's message.
pub(super) fn write_body(out: &mut Vec<u8>, request: &Request, Claims { images, keys }: &Claims) {
    let common = &*request.common;
    let mut body = Object::begin(out);
    let out = body.name("claims");
    out.push(b'[');
    for (place, image) in images.iter().enumerate() {
        pyjson::separate(out, place);
        let mut described = Object::begin(out);
        let file = described.name("claim_file");
        file.push(b'"');
        claim::write_claim_file(file, image);
        file.push(b'"');
        pyjson::write_texts(described.name("sig_keynames"), keys.iter().map(ServerKey::name));
        let ids = keys.iter().map(|key| key.id.as_str());
        pyjson::write_texts(described.name("sig_key_ids"), ids);
        described.text("manifest_digest", image.digest().as_str());
        described.text("repo", image.reference().repository());
        described.end();
    }
    out.push(b']');
    body.text("request_id", request.id.text(&mut [0; 36]));
    body.text("created", &common.created);
    body.text("requested_by", &common.creator);
    body.text(TASK, &common.task_id);
    body.end();
}

/// The application properties of a batch's message.
pub(super) fn properties(common: &Common) -> Properties<'_> {
    text::properties("batch", common, [(TASK, common.task_id.as_str())].into_iter())
}

/// About how many bytes the claims of a message have.
pub(super) fn size(Claims { images, keys }: &Claims) -> u64 {
    let keys: usize = keys.iter().map(|key| key.id.len() + key.name().len() + 16).sum();
    images.iter().map(|image| (2 * claim::size(image) + keys + 256) as u64).sum()
}

pub(super) fn subject(Claims { images, keys }: &Claims) -> String {
    let count = images.len();
    let claim_or_claims = if count == 1 { "claim" } else { "claims" };
    let repository = images.first().map_or("", |image| image.reference().repository());
    let keys = keys.iter().map(ServerKey::shown).collect::<Vec<_>>().join(", ");
    format!("batch of {count} {claim_or_claims} for {repository} key {keys}")
}

/// An image, the number of its list of keys, and the place of its first value in the order of the input.
#[derive(Clone, Copy)]
struct Placed<'a> {
    image: &'a Image,
    set: usize,
    place: usize,
}

/// Images of one repository and with the same keys, whose claims are sent in one request.
#[derive(Debug, PartialEq, Eq)]
struct Batch<'a> {
    repository: &'a str,
    set: usize,
    claims: Vec<Asked<'a>>,
}

/// An image whose claim is sent once, however often it is given.
#[derive(Debug, PartialEq, Eq)]
struct Asked<'a> {
    image: &'a Image,
    places: Vec<usize>,
}

/// Groups images by repository and keys, in order of first appearance, and cuts each group into batches of `size`.
fn batches<'a>(images: impl Iterator<Item = Placed<'a>>, size: usize) -> Vec<Batch<'a>> {
    let mut groups: Vec<Batch<'_>> = Vec::new();
    let mut group_of = HashMap::new();
    let mut claim_of = HashMap::with_capacity(images.size_hint().1.unwrap_or_default());
    for Placed { image, set, place } in images {
        let repository = image.reference().repository();
        let group = *group_of.entry((repository, set)).or_insert_with(|| {
            groups.push(Batch { repository, set, claims: Vec::new() });
            groups.len() - 1
        });
        let claims = &mut groups[group].claims;
        let claim = *claim_of.entry((image, set)).or_insert_with(|| {
            claims.push(Asked { image, places: Vec::new() });
            claims.len() - 1
        });
        claims[claim].places.push(place);
    }
    let cut = |Batch { repository, set, claims }: Batch<'a>| {
        let mut claims = claims.into_iter();
        let next = move || Vec::from_iter(claims.by_ref().take(size));
        let chunks = std::iter::repeat_with(next).take_while(|claims| !claims.is_empty());
        chunks.map(move |claims| Batch { repository, set, claims })
    };
    groups.into_iter().flat_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

    #[test]
    fn batches_keep_the_order_of_first_appearance() {
        let images = ["r/b:1", "r/a:1", "r/b:2", "s/b:3", "r/a:2", "r/b:1", "r/a:2"]
            .map(|reference| Image::new(DIGEST, reference).unwrap());
        let batch = |repository, places: &[&[usize]]| Batch {
            repository,
            set: 0,
            claims: places
                .iter()
                .map(|places| Asked { image: &images[places[0]], places: places.to_vec() })
                .collect(),
        };
        let placed =
            images.iter().enumerate().map(|(place, image)| Placed { image, set: 0, place });
        assert_eq!(
            batches(placed, 2),
            [batch("b", &[&[0, 5], &[2]]), batch("b", &[&[3]]), batch("a", &[&[1], &[4, 6]])]
        );
    }
}
