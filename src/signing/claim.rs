//! The claim a container signature is made over: that a reference names a digest.

use std::collections::HashMap;

use openssl::base64;
use serde_json::{Value, json};

use super::pyjson;

/// What a claim says: under this reference one finds this manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// The digest of the image's manifest, such as `sha256:…`.
    pub(crate) digest: String,
    /// The reference, such as `registry/ns/repo:tag`.
    pub(crate) reference: String,
}

/// Builds a claim's text as it travels: the JSON of containers-signature(5), in base64.
pub(crate) fn claim_file(digest: &str, reference: &str) -> String {
    let claim = json!({
        "critical": {
            "type": "atomic container signature",
            "image": {"docker-manifest-digest": digest},
            "identity": {"docker-reference": reference},
        },
        "optional": {"creator": "pubtools-sign"},
    });
    base64::encode_block(pyjson::to_string(&claim).as_bytes())
}

/// Reads what a claim's text says; `None` if it is no claim.
pub(crate) fn identity(claim_file: &str) -> Option<Identity> {
    let json: Value = serde_json::from_slice(&base64::decode_block(claim_file).ok()?).ok()?;
    let critical = json.get("critical")?;
    Some(Identity {
        digest: critical.get("image")?.get("docker-manifest-digest")?.as_str()?.to_owned(),
        reference: critical.get("identity")?.get("docker-reference")?.as_str()?.to_owned(),
    })
}

/// The repository of a reference: what follows its first `/`, without tag and digest.
///
/// `None` where there is no `/` or nothing follows it.
pub(crate) fn repository(reference: &str) -> Option<&str> {
    let (_registry, path) = reference.split_once('/')?;
    path.split([':', '@']).next().filter(|repository| !repository.is_empty())
}

/// Claims that travel in one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch<'a> {
    pub(crate) repository: &'a str,
    /// Digests with their references.
    pub(crate) pairs: Vec<(&'a str, &'a str)>,
}

/// Groups pairs by repository, in order of first appearance, and cuts each group into batches of `size`.
///
/// Pairs without a repository are left out; [`super::Operation::check`] has refused them.
pub(crate) fn batches<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    size: usize,
) -> Vec<Batch<'a>> {
    let mut groups: Vec<Batch<'a>> = Vec::new();
    let mut index_of = HashMap::new();
    for (digest, reference) in pairs {
        let Some(repository) = repository(reference) else { continue };
        let index = *index_of.entry(repository).or_insert_with(|| {
            groups.push(Batch { repository, pairs: Vec::new() });
            groups.len() - 1
        });
        groups[index].pairs.push((digest, reference));
    }
    groups
        .iter()
        .flat_map(|group| {
            group
                .pairs
                .chunks(size)
                .map(|pairs| Batch { repository: group.repository, pairs: pairs.to_vec() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_of_a_reference() {
        for (reference, expected) in [
            ("registry/ns/repo:tag", Some("ns/repo")),
            ("registry/repo", Some("repo")),
            ("host:5000/ns/repo:tag", Some("ns/repo")),
            ("host:5000/ns/repo@sha256:abc", Some("ns/repo")),
            ("host/ns/repo:tag@sha256:abc", Some("ns/repo")),
            ("host/ns/deep/repo:1.0-2", Some("ns/deep/repo")),
            ("repo:tag", None),
            ("host/", None),
            ("host/:tag", None),
            ("", None),
        ] {
            assert_eq!(repository(reference), expected, "{reference}");
        }
    }

    #[test]
    fn a_claim_says_what_it_was_made_of() {
        let (digest, reference) = ("sha256:abc", "registry/ns/répo\"😀:tag");
        let expected = Identity { digest: digest.to_owned(), reference: reference.to_owned() };
        assert_eq!(identity(&claim_file(digest, reference)), Some(expected.clone()));
        // The same claim, spelled otherwise.
        let (image, name) =
            (json!({"docker-manifest-digest": digest}), json!({"docker-reference": reference}));
        let other = json!({"critical": {"identity": name, "image": image}});
        assert_eq!(identity(&base64::encode_block(other.to_string().as_bytes())), Some(expected));
        for text in ["", "not base64!", "e30=", "====", "W10=", "bm90IGpzb24="] {
            assert_eq!(identity(text), None, "{text}");
        }
    }

    #[test]
    fn batches_keep_the_order_of_first_appearance() {
        let pairs =
            [("1", "r/b:1"), ("2", "r/a:1"), ("3", "r/b:2"), ("4", "s/b:3"), ("5", "r/a:2")];
        let batches = batches(pairs.into_iter(), 2);
        assert_eq!(
            batches,
            [
                Batch { repository: "b", pairs: vec![("1", "r/b:1"), ("3", "r/b:2")] },
                Batch { repository: "b", pairs: vec![("4", "s/b:3")] },
                Batch { repository: "a", pairs: vec![("2", "r/a:1"), ("5", "r/a:2")] },
            ]
        );
    }
}
