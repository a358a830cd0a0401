//! Finds the claims of a batch's request in its reply.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::value::{errors, text};
use crate::{
    error::printable,
    signing::{
        claim::{self, Identity},
        operation::repository,
        request::Claim,
    },
};

/// Indexes the claims of a reply, by all properties that a claim of the request may be found by: a batch of thousands is
/// read only once.
pub(super) struct Index<'a> {
    pub(super) described: Vec<Described<'a>>,
    by_text: HashMap<&'a str, Vec<usize>>,
    by_identity: HashMap<Identity, Vec<usize>>,
    /// By digest and repository, for claims that do not contain their reference.
    by_digest: HashMap<(String, String), Vec<usize>>,
    /// How many claims of the request share a digest and a repository.
    asked: HashMap<(String, String), usize>,
}

/// A claim as the reply describes it.
pub(super) struct Described<'a> {
    map: &'a Map<String, Value>,
    pub(super) identity: Option<Identity>,
    pub(super) errors: Vec<String>,
}

impl<'a> Index<'a> {
    pub(super) fn new(
        described: impl Iterator<Item = &'a Map<String, Value>>,
        claims: &[Claim],
    ) -> Self {
        let mut index = Self {
            described: Vec::new(),
            by_text: HashMap::new(),
            by_identity: HashMap::new(),
            by_digest: HashMap::new(),
            asked: HashMap::new(),
        };
        for map in described {
            let at = index.described.len();
            let claim_file = text(map.get("claim_file"));
            let identity = claim::identity(claim_file);
            match &identity {
                Some(identity) => index.by_identity.entry(identity.clone()).or_default().push(at),
                None => {
                    let key = (
                        text(map.get("manifest_digest")).to_owned(),
                        text(map.get("repo")).to_owned(),
                    );
                    index.by_digest.entry(key).or_default().push(at);
                }
            }
            index.by_text.entry(claim_file).or_default().push(at);
            index.described.push(Described { map, identity, errors: errors(map) });
        }
        for key in claims.iter().filter_map(|claim| digest_and_repository(&claim.text)) {
            *index.asked.entry(key).or_default() += 1;
        }
        index
    }

    /// Finds a claim of the request by its text, else by its content, else by its digest and repository.
    ///
    /// It may be found more than once: a server may describe a claim in parts, for example one for each key.
    pub(super) fn find(&self, claim_file: &str) -> Vec<&Described<'a>> {
        let positions = self
            .by_text
            .get(claim_file)
            .map(Vec::as_slice)
            .unwrap_or_else(|| self.find_otherwise(claim_file));
        positions.iter().map(|&at| &self.described[at]).collect()
    }

    fn find_otherwise(&self, claim_file: &str) -> &[usize] {
        if let Some(found) =
            claim::identity(claim_file).and_then(|identity| self.by_identity.get(&identity))
        {
            return found;
        }
        // Two tags of one image share digest and repository: the signature could then be for either of them.
        match digest_and_repository(claim_file) {
            Some(key) if self.asked.get(&key) == Some(&1) => self
                .by_digest
                .get(&key)
                .map(Vec::as_slice)
                .filter(|found| found.len() == 1)
                .unwrap_or_default(),
            _ => &[],
        }
    }
}

fn digest_and_repository(claim_file: &str) -> Option<(String, String)> {
    let Identity { digest, reference } = claim::identity(claim_file)?;
    let repository = repository(&reference)?.to_owned();
    Some((digest, repository))
}

impl Described<'_> {
    /// An error of the claim, with the claim's name before it.
    pub(super) fn names(&self, error: &str) -> String {
        match &self.identity {
            Some(Identity { digest, reference }) => {
                format!("{}: {error}", printable(&format!("{reference} {digest}")))
            }
            None => error.to_owned(),
        }
    }
}

/// The value a claim was signed with under a key's name, or under any name if that is empty.
pub(super) fn signed_value<'a>(found: &[&Described<'a>], key_name: &str) -> &'a str {
    let mut signed = found
        .iter()
        .filter(|described| described.errors.is_empty())
        .filter_map(|described| described.map.get("signed_claims")?.as_object());
    let value = if key_name.is_empty() {
        signed.flat_map(Map::values).map(|value| text(Some(value))).find(|value| !value.is_empty())
    } else {
        signed.find_map(|signed| Some(text(signed.get(key_name))).filter(|value| !value.is_empty()))
    };
    value.unwrap_or_default()
}
