//! Requests that ask for the signatures of many images.

use std::{collections::HashMap, num::NonZeroUsize};

use serde_json::json;

use super::context::{Context, ServerKey, Stamp, body, properties};
use crate::{
    error::{Argument, Error, printable},
    signing::{
        claim,
        operation::Image,
        request::{Expected, Request},
    },
};

/// Makes the requests: for each repository, batches of at most `size` claims.
///
/// # Errors
/// [`Error::Argument`] if there are several keys and not all are named.
pub(super) fn requests(
    images: &[Image],
    keys: &[ServerKey<'_>],
    task_id: &str,
    context: &Context<'_>,
    size: NonZeroUsize,
    next: &mut dyn FnMut() -> Stamp,
) -> Result<Vec<Request>, Error> {
    if keys.len() > 1 && keys.iter().any(|key| key.name.is_empty()) {
        let problem = format!(
            "expected one for each of the {} keys: a batch distinguishes signatures by them",
            keys.len()
        );
        return Err(Error::argument(Argument::KeyName, problem));
    }
    let key_ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    let key_names: Vec<_> = keys.iter().map(|key| key.name.to_owned()).collect();
    let shown_keys = keys.iter().map(ServerKey::shown).collect::<Vec<_>>().join(", ");
    let request = |batch: Batch<'_>| {
        let stamp = next();
        let claims: Vec<_> = batch.images.iter().map(|image| claim::claim_file(image)).collect();
        let described: Vec<_> = claims
            .iter()
            .zip(&batch.images)
            .map(|(claim_file, image)| {
                json!({
                    "claim_file": claim_file,
                    "sig_keynames": key_names,
                    "sig_key_ids": key_ids,
                    "manifest_digest": image.digest().as_str(),
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
            expected: Expected::Claims { claims, key_names: key_names.clone() },
        }
    };
    Ok(batches(images, size.get()).into_iter().map(request).collect())
}

/// Images of one repository, whose claims are sent in one request.
#[derive(Debug, PartialEq, Eq)]
struct Batch<'a> {
    repository: &'a str,
    images: Vec<&'a Image>,
}

/// Groups images by repository, in order of first appearance, and cuts each group into batches of `size`.
fn batches(images: &[Image], size: usize) -> Vec<Batch<'_>> {
    let mut groups: Vec<Batch<'_>> = Vec::new();
    let mut index_of = HashMap::new();
    for image in images {
        let repository = image.reference().repository();
        let index = *index_of.entry(repository).or_insert_with(|| {
            groups.push(Batch { repository, images: Vec::new() });
            groups.len() - 1
        });
        groups[index].images.push(image);
    }
    groups
        .iter()
        .flat_map(|group| {
            group
                .images
                .chunks(size)
                .map(|images| Batch { repository: group.repository, images: images.to_vec() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_the_order_of_first_appearance() {
        let images = ["r/b:1", "r/a:1", "r/b:2", "s/b:3", "r/a:2"]
            .map(|reference| Image::new("sha256:1", reference).unwrap());
        let [b1, a1, b2, b3, a2] = &images;
        assert_eq!(
            batches(&images, 2),
            [
                Batch { repository: "b", images: vec![b1, b2] },
                Batch { repository: "b", images: vec![b3] },
                Batch { repository: "a", images: vec![a1, a2] },
            ]
        );
    }
}
