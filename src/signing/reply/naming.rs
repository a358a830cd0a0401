//! Which claim of a batch's request a claim in the reply is.

use std::{cell::OnceCell, collections::HashMap};

use super::value::{is_nothing, text};
use crate::signing::{
    claim::{self, Identity},
    operation::Image,
    pyread::Value,
};

/// Finds claims of the request by everything that a reply may name them by.
pub(super) struct Naming<'a> {
    images: &'a [Image],
    /// The position of the claim that is probably named next: servers repeat the claims in order.
    next: usize,
    /// Whether a claim was looked for among all images.
    has_searched: bool,
    /// Made once it is needed again: a reply may be to one claim of thousands.
    otherwise: OnceCell<Otherwise<'a>>,
}

#[derive(Default)]
struct Otherwise<'a> {
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
    pub(super) fn new(images: &'a [Image]) -> Self {
        Self { images, next: 0, has_searched: false, otherwise: OnceCell::new() }
    }

    fn otherwise(&self) -> &Otherwise<'a> {
        self.otherwise.get_or_init(|| {
            let mut otherwise = Otherwise::default();
            for (at, image) in self.images.iter().enumerate() {
                let (digest, reference) = (image.digest().as_str(), image.reference());
                otherwise.by_identity.insert((digest, reference.as_str()), at);
                let shared = otherwise.by_digest.entry((digest, reference.repository()));
                shared.and_modify(|only| *only = None).or_insert(Some(at));
            }
            otherwise
        })
    }

    /// Names a claim by what its text says, or, without a text, by its digest and repository.
    pub(super) fn name(&mut self, object: Value<'_>) -> Name {
        let name = self.named(object);
        if let Name::Claim(at) | Name::Only(at) = name {
            self.next = at + 1;
        }
        name
    }

    fn named(&mut self, object: Value<'_>) -> Name {
        let file = text(object.get("claim_file"));
        if self.images.get(self.next).is_some_and(|image| claim::is_of(&file, image)) {
            return Name::Claim(self.next);
        }
        let (digest, repository) = (text(object.get("manifest_digest")), text(object.get("repo")));
        if is_nothing(object.get("claim_file")) {
            return match self.otherwise().by_digest.get(&(&*digest, &*repository)) {
                Some(Some(at)) => Name::Only(*at),
                Some(None) => {
                    Name::Other(format!("one of several claims for {repository} {digest}"))
                }
                None if digest.is_empty() && repository.is_empty() => Name::Nothing,
                None => Name::Other(format!("{repository} {digest}")),
            };
        }
        match claim::identity(&file) {
            Some(identity) => {
                let Identity { digest, reference } = &identity;
                match self.position(digest, reference) {
                    Some(at) => Name::Claim(at),
                    None => Name::Other(format!("{reference} {digest}")),
                }
            }
            None => Name::Other("a claim_file that was not sent".to_owned()),
        }
    }

    fn position(&mut self, digest: &str, reference: &str) -> Option<usize> {
        if std::mem::replace(&mut self.has_searched, true) {
            return self.otherwise().by_identity.get(&(digest, reference)).copied();
        }
        self.images.iter().position(|image| {
            image.digest().as_str() == digest && image.reference().as_str() == reference
        })
    }
}
