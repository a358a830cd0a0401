//! The requests that are on their way to the wire, and how much of them is on it.

use std::collections::BTreeSet;

/// Shorter outputs are no requests, which may wait for the session's window meanwhile: heartbeats, dispositions.
const LEAST: usize = 100;

/// The requests that were handed over since everything handed over was on the wire.
#[derive(Default)]
pub(super) struct Outlet {
    requests: BTreeSet<usize>,
    /// The bytes of these requests that are to be written; what else is written meanwhile counts, but not beyond them.
    left: u64,
    /// The bytes that were written and not reported.
    moved: u64,
}

impl Outlet {
    /// Notes that a request of about this size was handed over.
    pub(super) fn put_in(&mut self, request: usize, size: u64) {
        self.requests.insert(request);
        self.left += size;
    }

    /// Notes that `count` bytes were written of an output of that length.
    pub(super) fn wrote(&mut self, count: usize, length: usize) {
        if length < LEAST {
            return;
        }
        let counted = self.left.min(count as u64);
        self.left -= counted;
        self.moved += counted;
    }

    /// Notes that everything is on the wire.
    pub(super) fn emptied(&mut self) {
        *self = Self::default();
    }

    pub(super) fn holds(&self, request: usize) -> bool {
        self.requests.contains(&request)
    }

    /// The bytes that went out since this was asked last; `None` without any.
    pub(super) fn take_moved(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.moved)).filter(|&bytes| bytes > 0)
    }
}
