//! The ledger, with an observer that sees every change.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use crate::signing::{Ledger, Noted, Notice, Observer, Outcome, RawReply, Received, ReplyKind};

/// A ledger whose changes an observer notices.
pub(super) struct Observed<'a> {
    ledger: &'a mut Ledger,
    observer: &'a dyn Observer,
}

impl Deref for Observed<'_> {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        self.ledger
    }
}

impl DerefMut for Observed<'_> {
    fn deref_mut(&mut self) -> &mut Ledger {
        self.ledger
    }
}

impl<'a> Observed<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, observer: &'a dyn Observer) -> Self {
        Self { ledger, observer }
    }

    /// Begins a cycle, `number` of `of`.
    pub(super) fn begin_cycle(&mut self, number: u32, of: u32, is_held: impl Fn(usize) -> bool) {
        self.ledger.begin_cycle(is_held);
        self.observer.notice(Notice::Cycle { number, of, open: self.open() });
    }

    /// Begins a window, `number` of `of`; from the second one on, what the broker returned is sent again.
    pub(super) fn begin_window(&mut self, number: u32, of: u32, timeout: Duration) {
        if number > 1 {
            self.ledger.begin_window();
        }
        self.observer.notice(Notice::Window { number, of, open: self.open(), timeout });
    }

    pub(super) fn sent(&mut self, index: usize) -> bool {
        let is_first = self.ledger.sent(index);
        self.observer.notice(Notice::Sent(self.noted(index)));
        is_first
    }

    pub(super) fn outcome(&mut self, index: usize, outcome: Outcome) {
        self.ledger.outcome(index, outcome);
        self.observer.notice(Notice::Outcome(self.noted(index)));
    }

    pub(super) fn reply(&mut self, reply: RawReply) -> ReplyKind {
        let entered = self.ledger.enter(reply);
        if let (Some(doubts), Some(index)) = (&entered.doubts, entered.index) {
            let subject = self.ledger.entries()[index].request().subject();
            log::warn!("{subject}: signatures in a reply do not count: {doubts}");
        }
        if let (Some(reply), Some(index)) = (self.ledger.expected(&entered), entered.index) {
            self.observer.notice(Notice::Reply(self.noted(index), Received(reply)));
            if self.observer.drops_replies() {
                self.ledger.drop_reply(index);
            }
        }
        entered.kind
    }

    fn noted(&self, index: usize) -> Noted<'_> {
        Noted { index, entry: &self.entries()[index] }
    }
}
