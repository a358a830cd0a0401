//! The requests of an operation, and what is known of each.

use crate::{
    connector::Route,
    journal::Journal,
    signing::{self, Entry, Ledger, SignedValue},
};

/// The requests of an operation, their addresses, and the state of each.
pub struct Run {
    pub(super) route: Route,
    pub(super) ledger: Ledger,
    /// Its state file.
    pub(super) journal: Option<Journal>,
}

impl Run {
    /// Returns the requests in input order, each with its state.
    pub fn entries(&self) -> &[Entry] {
        self.ledger.entries()
    }

    /// Returns the signed values in the order of the input: for each item, each key.
    ///
    /// Requests of a batch are grouped by repository, so this is not the order of [`Run::entries`]. An image that is
    /// given twice is asked for once, and its values are returned twice.
    pub fn signed_values(&self) -> impl Iterator<Item = SignedValue<'_>> {
        signing::in_input_order(&self.ledger)
    }

    /// Returns where the values of [`Run::signed_values`] are, in the same order: the index of the request among
    /// [`Run::entries`], and that of the value among [`Entry::signed_values`].
    pub fn places(&self) -> impl ExactSizeIterator<Item = (usize, usize)> {
        self.ledger.places().iter().map(|place| (place.request as usize, place.value as usize))
    }

    /// Whether any message has come to the address of replies, even one that was rejected.
    #[cfg(feature = "cli")]
    pub(crate) fn has_heard(&self) -> bool {
        self.ledger.has_heard()
    }

    /// Returns the address that requests are sent to.
    pub fn send_to(&self) -> &str {
        &self.route.send_to
    }

    /// Returns the address that replies are received from.
    pub fn listen_to(&self) -> &str {
        &self.route.listen_to
    }
}
