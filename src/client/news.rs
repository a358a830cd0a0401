//! What a wait brings, and what was handed over before it.

/// The result of a wait for one event.
#[derive(PartialEq)]
pub(super) enum News {
    Nothing,
    Outcome,
    ExpectedReply,
    /// This number of bytes of requests.
    Moved(u64),
    /// The connection was lost, with what was handed over.
    Lost,
    Other,
}

/// What was handed over.
#[derive(Default)]
pub(super) struct Handed {
    /// Anything at all.
    pub(super) any: bool,
    /// Something for the first time in this cycle.
    pub(super) new: bool,
}
