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

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with packets of these bytes.
    fn queue(packets: &[(u8, usize)]) -> Queue {
        let mut queue = Queue::default();
        for &(byte, size) in packets {
            let id = queue.take_id().unwrap();
            queue.push(id, 0, vec![byte; size]);
        }
        queue
    }

    /// Each run of equal bytes: the byte and how many there are.
    fn runs(bytes: &[u8]) -> Vec<(u8, usize)> {
        bytes.chunk_by(|one, two| one == two).map(|run| (run[0], run.len())).collect()
    }

    #[test]
    fn other_packets_wait_for_the_end_of_the_packet_before_them() {
        let (mut outbox, mut queue) = (Outbox::default(), queue(&[(1, 2 * PIECE + 10), (2, 5)]));
        let count = outbox.output(&mut queue, 9).len();
        assert_eq!(count, PIECE);
        outbox.others.extend([7; 3]);
        assert!(!outbox.written(count - 1) && !outbox.written(1), "the others are still to come");
        assert_eq!(runs(outbox.output(&mut queue, 9)), [(1, PIECE)]);
        assert!(!outbox.written(PIECE));
        assert_eq!(runs(outbox.output(&mut queue, 9)), [(1, 10), (7, 3), (2, 5)]);
        assert!(!outbox.written(17) && outbox.written(1));
        assert_eq!(outbox.output(&mut queue, 9), b"");
    }
}
