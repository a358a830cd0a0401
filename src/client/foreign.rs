//! What becomes of replies to other clients' requests.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use crate::{
    broker::Settlement,
    signing::{RawReply, ReplyBody},
};

/// This many replies are released at most.
const MOST_RELEASED: usize = 100_000;

/// Decides whether a foreign reply is accepted or released.
pub(super) struct Foreign {
    releases: bool,
    /// The replies that were released, by their content: one that comes again is accepted. Two clients that release
    /// each other's replies would never end.
    released: HashSet<u64>,
    state: RandomState,
}

impl Foreign {
    pub(super) fn new(releases: bool) -> Self {
        Self { releases, released: HashSet::new(), state: RandomState::new() }
    }

    /// A number for what a reply contains; `None` if that does not matter.
    pub(super) fn fingerprint(&self, reply: &RawReply) -> Option<u64> {
        match &reply.body {
            ReplyBody::Bytes(bytes) if self.releases => Some(self.state.hash_one(bytes)),
            _ => None,
        }
    }

    /// What becomes of a foreign reply with this fingerprint.
    pub(super) fn settlement(&mut self, fingerprint: Option<u64>) -> Settlement<'static> {
        match fingerprint {
            Some(number) if self.released.len() < MOST_RELEASED && self.released.insert(number) => {
                Settlement::Release
            }
            _ => Settlement::Accept,
        }
    }
}
