//! A message on its way into the engine, a piece at a time: the engine keeps a copy of what it has.

use super::proton::Engine;

/// The most bytes of a body that the engine gets at a time: a body up to this size is one piece.
const PIECE: usize = 64 * 1024;

/// The message that was handed over last. Its memory is used again for the next one, unless it is large.
#[derive(Default)]
pub(super) struct Unsent {
    /// What comes before the body.
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
    /// The bytes of the body that the engine has.
    given: usize,
    /// The engine has only a part of the message.
    is_begun: bool,
}

impl Unsent {
    /// Forgets the message before.
    pub(super) fn clear(&mut self) {
        self.head.clear();
        self.body.clear();
        self.is_begun = false;
    }

    /// Begins to send head and body. Needs credit.
    pub(super) fn begin(&mut self, engine: &mut Engine, tag: u64) {
        engine.begin(tag);
        (self.given, self.is_begun) = (0, true);
    }

    /// Whether the engine has only a part of the message.
    pub(super) fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Gives the engine the next piece, if it has room.
    pub(super) fn give(&mut self, engine: &mut Engine) {
        if !self.is_begun || !engine.has_room() {
            return;
        }
        let end = self.body.len().min(self.given + PIECE);
        let is_last = end == self.body.len();
        let head = if self.given == 0 { &*self.head } else { &[] };
        engine.continue_with([head, &self.body[self.given..end]], is_last);
        (self.given, self.is_begun) = (end, !is_last);
        if is_last && self.body.capacity() > PIECE {
            self.body = Vec::new();
        }
    }
}
