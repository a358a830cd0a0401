//! Requests that ask for the signatures of many images.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::Arc,
};

use serde_json::json;

use super::context::{Context, ServerKey, Stamp, body, properties};
use crate::{
    error::{Argument, Error, printable},
    signing::{
        claim,
        operation::{Image, Key},
        request::{Claim, Expected, Request},
    },
};

/// Checks that the reply can say which key a signature is by.
///
/// # Errors
/// [`Error::Argument`] if there are several keys and not all have names, or some the same.
pub(super) fn check(keys: &[ServerKey<'_>]) -> Result<(), Error> {
    if keys.len() > 1 && keys.iter().any(|key| key.name.is_empty()) {
        let problem = format!(
            "expected one for each of the {} keys: a batch distinguishes signatures by them",
            keys.len()
        );
        return Err(Error::argument(Argument::KeyName, problem));
    }
    let mut names = HashSet::new();
    if let Some(key) = keys.iter().find(|key| !names.insert(key.name)) {
        let problem = format!(
            "\"{}\" is given for several keys: a batch distinguishes signatures by them",
            printable(key.name)
        );
        return Err(Error::argument(Argument::KeyName, problem));
    }
    Ok(())
}

/// Makes the requests: for each repository, batches of at most `size` claims.
pub(super) fn requests(
    images: &[Image],
    keys: &[ServerKey<'_>],
    task_id: &str,
    context: &Context<'_>,
    size: NonZeroUsize,
    next: &mut dyn FnMut() -> Stamp,
) -> Vec<Request> {
    let key_ids: Vec<_> = keys.iter().map(|key| key.id.as_ref()).collect();
    let key_names: Vec<_> = keys.iter().map(|key| key.name.to_owned()).collect();
    let shown_keys = keys.iter().map(ServerKey::shown).collect::<Vec<_>>().join(", ");
    let given: Arc<[Key]> = keys.iter().map(|key| key.given.clone()).collect();
    let request = |batch: Batch<'_>| {
        let stamp = next();
        let claims: Vec<_> = batch.claims.into_iter().map(Asked::claim).collect();
        let described: Vec<_> = claims
            .iter()
            .map(|claim| {
                json!({
                    "claim_file": claim.text,
                    "sig_keynames": key_names,
                    "sig_key_ids": key_ids,
                    "manifest_digest": claim.image.digest().as_str(),
                    "repo": batch.repository,
                })
            })
            .collect();
        let map = json!({
            "claims": described,
            "request_id": stamp.request_id,
            "created": stamp.created,
            "requested_by": context.creator,
            "pipeline_run_id": task_id,
        });
        let count = claims.len();
        let claim_or_claims = if count == 1 { "claim" } else { "claims" };
        let subject =
            format!("batch of {count} {claim_or_claims} for {} key {shown_keys}", batch.repository);
        Request {
            id: stamp.request_id,
            body: body(&map),
            properties: properties("batch", context, &[("pipeline_run_id", task_id)]),
            subject: printable(&subject),
            expected: Expected::claims(claims, Arc::clone(&given)),
        }
    };
    batches(images, size.get()).into_iter().map(request).collect()
}

/// Images of one repository, whose claims are sent in one request.
#[derive(Debug, PartialEq, Eq)]
struct Batch<'a> {
    repository: &'a str,
    claims: Vec<Asked<'a>>,
}

/// An image whose claim is sent once, however often it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked<'a> {
    image: &'a Image,
    items: Vec<usize>,
}

impl Asked<'_> {
    fn claim(self) -> Claim {
        Claim { text: claim::claim_file(self.image), image: self.image.clone(), items: self.items }
    }
}

/// Groups images by repository, in order of first appearance, and cuts each group into batches of `size`.
fn batches(images: &[Image], size: usize) -> Vec<Batch<'_>> {
    let mut groups: Vec<Batch<'_>> = Vec::new();
    let mut group_of = HashMap::new();
    let mut claim_of = HashMap::new();
    for (item, image) in images.iter().enumerate() {
        let repository = image.reference().repository();
        let group = *group_of.entry(repository).or_insert_with(|| {
            groups.push(Batch { repository, claims: Vec::new() });
            groups.len() - 1
        });
        let claims = &mut groups[group].claims;
        let claim = *claim_of.entry(image).or_insert_with(|| {
            claims.push(Asked { image, items: Vec::new() });
            claims.len() - 1
        });
        claims[claim].items.push(item);
    }
    groups
        .iter()
        .flat_map(|group| {
            group
                .claims
                .chunks(size)
                .map(|claims| Batch { repository: group.repository, claims: claims.to_vec() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

    #[test]
    fn batches_keep_the_order_of_first_appearance() {
        let images = ["r/b:1", "r/a:1", "r/b:2", "s/b:3", "r/a:2", "r/b:1", "r/a:2"]
            .map(|reference| Image::new(DIGEST, reference).unwrap());
        let batch = |repository, items: &[&[usize]]| Batch {
            repository,
            claims: items
                .iter()
                .map(|items| Asked { image: &images[items[0]], items: items.to_vec() })
                .collect(),
        };
        assert_eq!(
            batches(&images, 2),
            [batch("b", &[&[0, 5], &[2]]), batch("b", &[&[3]]), batch("a", &[&[1], &[4, 6]])]
        );
    }
}
