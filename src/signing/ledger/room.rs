//! Memory for replies, asked for in advance.

use std::hint::black_box;

/// Less than what the C library maps by itself, or gives back to the system.
const ROOM: usize = 60 * 1024;

/// What is kept of a reply besides its text.
const REST: usize = 1024;

/// Lets the memory of the process grow by the size of many replies at once.
///
/// The C library extends the memory of a thread other than the main one by the pages of each allocation, with a call of
/// the system: one for every second reply that is kept, and 8 % of the time of a run. What is allocated here and freed
/// right away stays with the thread, for the replies that come next. No page of it is used before they are.
#[derive(Default)]
pub(super) struct Room {
    left: usize,
}

impl Room {
    /// Notes that there is a reply of this size.
    pub(super) fn fill(&mut self, size: usize) {
        let size = size + REST;
        if self.left < size {
            // The compiler would leave out an allocation that nothing uses.
            drop(black_box(Vec::<u8>::with_capacity(ROOM)));
            self.left = ROOM;
        }
        self.left = self.left.saturating_sub(size);
    }
}
