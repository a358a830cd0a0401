//! A message on its way into the engine, a piece at a time: the engine keeps a copy of what it has.

use std::sync::Arc;

use super::proton::Engine;

/// The most bytes that the engine gets at a time: a message up to this size is one piece.
const PIECE: usize = 64 * 1024;

/// A message of which the engine has only a part.
pub(super) struct Unsent {
    head: Vec<u8>,
    body: Arc<String>,
    /// The bytes of both that the engine has.
    given: usize,
}

impl Unsent {
    /// Begins a message: `head`, and the bytes of `body` behind it. Needs credit.
    pub(super) fn begin(engine: &mut Engine, tag: u64, head: Vec<u8>, body: Arc<String>) -> Self {
        engine.begin(tag);
        Self { head, body, given: 0 }
    }

    /// Gives the engine the next piece, if it has room; returns whether that was the last one.
    pub(super) fn give(&mut self, engine: &mut Engine) -> bool {
        let whole = self.head.len() + self.body.len();
        if !engine.has_room() {
            return false;
        }
        let end = whole.min(self.given + PIECE);
        let body = self.body.as_bytes();
        let is_last = end == whole;
        let in_body = |at: usize| at.saturating_sub(self.head.len());
        if self.given < self.head.len() {
            // The head is far smaller than a piece.
            let mut piece = self.head[self.given..].to_vec();
            piece.extend(&body[..in_body(end)]);
            engine.continue_with(&piece, is_last);
        } else {
            engine.continue_with(&body[in_body(self.given)..in_body(end)], is_last);
        }
        self.given = end;
        is_last
    }
}
