//! The requests by their ids.

use super::{super::id::RequestId, entry::Entry};

/// The numbers of the requests, in the order of their ids.
///
/// Whatever ids strangers put into replies, looking one up takes the same few steps, without a hash that they could play
/// with; and it costs 4 bytes a request.
pub(super) struct Ids(Vec<u32>);

impl Ids {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut numbers = Vec::from_iter(0..entries.len() as u32);
        numbers.sort_unstable_by(|a, b| id(entries, *a).cmp(id(entries, *b)));
        Self(numbers)
    }

    /// The number of the request with this id.
    pub(super) fn find(&self, entries: &[Entry], text: &str) -> Option<usize> {
        let sought = RequestId::of_text(text);
        let found = self.0.binary_search_by(|number| id(entries, *number).cmp(&sought));
        found.ok().map(|at| self.0[at] as usize)
    }
}

fn id(entries: &[Entry], number: u32) -> &RequestId {
    &entries[number as usize].request.id
}
