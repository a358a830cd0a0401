//! The bytes that are to be written: requests, a piece at a time, and other packets between them.

use crate::mqtt::queue::Queue;

/// About how many bytes are put together for one write.
const PIECE: usize = 64 * 1024;

/// How many bytes a PUBACK has.
const PUBACK: usize = 4;

#[derive(Default)]
pub(super) struct Outbox {
    /// What is to be written next, and how much of it is written.
    staged: Vec<u8>,
    written: usize,
    /// Packets other than requests, which wait for the end of the packet before them.
    pub(super) others: Vec<u8>,
}

impl Outbox {
    /// The bytes to write. No more than `window` requests are begun.
    pub(super) fn output(&mut self, queue: &mut Queue, window: usize) -> &[u8] {
        if self.written == self.staged.len() {
            self.staged.clear();
            self.written = 0;
            if queue.is_in_the_middle() {
                queue.give(&mut self.staged, queue.begun(), PIECE);
            }
            if !queue.is_in_the_middle() {
                self.staged.append(&mut self.others);
                queue.give(&mut self.staged, window, PIECE);
            }
        }
        &self.staged[self.written..]
    }

    /// About how many PUBACKs wait: whatever else does is short.
    pub(super) fn unwritten_pubacks(&self) -> usize {
        self.others.len() / PUBACK
    }

    /// Whether all is written but further requests.
    pub(super) fn is_written(&self) -> bool {
        self.written == self.staged.len() && self.others.is_empty()
    }

    /// Notes that bytes were written; returns whether these were all but further requests.
    pub(super) fn written(&mut self, count: usize) -> bool {
        self.written = self.staged.len().min(self.written + count);
        self.is_written()
    }
}
