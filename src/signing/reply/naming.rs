//! Which claim of a batch's request a claim in the reply is.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::value::{is_nothing, text};
use crate::signing::{
    claim::{self, Identity},
    request::Claim,
};

/// Finds claims of the request by everything that a reply may name them by; each is read once.
pub(super) struct Naming<'a> {
    by_text: HashMap<&'a str, usize>,
    by_identity: HashMap<(&'a str, &'a str), usize>,
    /// By digest and repository; `None` if several share them: the signature could be for any of them.
    by_digest: HashMap<(&'a str, &'a str), Option<usize>>,
}

/// What a claim of the reply says it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The claim of the request at this position.
    Claim(usize),
    /// It has no text; its digest and repository are those of only one claim, at this position.
    Only(usize),
    /// None of the request, or one of several: what it says of itself, from outside.
    Other(String),
    /// It does not say.
    Nothing,
}

impl<'a> Naming<'a> {
    pub(super) fn new(claims: &'a [Claim]) -> Self {
        let mut by_digest = HashMap::new();
        for (at, Claim { image, .. }) in claims.iter().enumerate() {
            let key = (image.digest().as_str(), image.reference().repository());
            by_digest.entry(key).and_modify(|only| *only = None).or_insert(Some(at));
        }
        Self {
            by_text: claims.iter().enumerate().map(|(at, claim)| (&*claim.text, at)).collect(),
            by_identity: claims
                .iter()
                .enumerate()
                .map(|(at, Claim { image, .. })| {
                    ((image.digest().as_str(), image.reference().as_str()), at)
                })
                .collect(),
            by_digest,
        }
    }

    /// Names a claim by its text, else by what the text says, else, without a text, by its digest and repository.
    pub(super) fn name(&self, map: &Map<String, Value>) -> Name {
        if let Some(&at) = self.by_text.get(text(map.get("claim_file"))) {
            return Name::Claim(at);
        }
        let (digest, repository) = (text(map.get("manifest_digest")), text(map.get("repo")));
        if is_nothing(map.get("claim_file")) {
            return match self.by_digest.get(&(digest, repository)) {
                Some(Some(at)) => Name::Only(*at),
                Some(None) => {
                    Name::Other(format!("one of several claims for {repository} {digest}"))
                }
                None if digest.is_empty() && repository.is_empty() => Name::Nothing,
                None => Name::Other(format!("{repository} {digest}")),
            };
        }
        match claim::identity(text(map.get("claim_file"))) {
            Some(identity) => {
                let Identity { digest, reference } = &identity;
                match self.by_identity.get(&(digest.as_str(), reference.as_str())) {
                    Some(&at) => Name::Claim(at),
                    None => Name::Other(format!("{reference} {digest}")),
                }
            }
            None => Name::Other("a claim_file that was not sent".to_owned()),
        }
    }
}
