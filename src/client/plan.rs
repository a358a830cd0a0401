//! How long and how often a run tries.

use std::time::Duration;

/// How long and how often to try.
pub(crate) struct Plan {
    /// The silence that ends a window, and the sending of a cycle.
    pub(crate) timeout: Duration,
    /// The number of windows in a cycle.
    pub(crate) retries: u32,
    /// The number of cycles.
    pub(crate) send_retries: u32,
    /// How many requests the broker and the signing server may have at once.
    pub(crate) max_outstanding: usize,
    /// The most bytes of a reply.
    pub(crate) max_message_size: u64,
    /// Replies to other clients' requests are released.
    pub(crate) releases_foreign: bool,
}
