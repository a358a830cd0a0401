//! The observer that writes what happens in a run into its journal.

use std::{cell::RefCell, time::SystemTime};

use super::{Journal, line};
use crate::{
    error::Error,
    signing::{Notice, Observer, State},
};

/// Writes what it notices into a journal, each time at once: the end of the process loses nothing then. Only
/// [`Observer::secure`] waits for the disk.
pub(crate) struct Recorder<'a> {
    journal: RefCell<&'a mut Journal>,
    clock: &'a dyn Fn() -> SystemTime,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(journal: &'a mut Journal, clock: &'a dyn Fn() -> SystemTime) -> Self {
        Self { journal: RefCell::new(journal), clock }
    }

    /// Notes that what has come of answers in parts is final.
    pub(crate) fn silence(&self) {
        self.write(line::silence((self.clock)()));
    }

    fn write(&self, event: serde_json::Value) {
        let mut journal = self.journal.borrow_mut();
        journal.add(event);
        journal.write();
    }
}

impl Observer for Recorder<'_> {
    fn notice(&self, notice: Notice<'_>) {
        let now = (self.clock)();
        match notice {
            Notice::Outcome(noted) => {
                let outcome = match noted.entry.state() {
                    State::Accepted => "accepted",
                    State::Returned(how) => how.name(),
                    State::NotNow(condition) | State::Undeliverable(condition) => &condition.name,
                    _ => return,
                };
                self.write(line::outcome(noted.index, outcome, now));
            }
            Notice::Reply(noted, received) => {
                self.write(line::reply(noted.index, received.0, now));
            }
            // The window before has ended.
            Notice::Window { number: 2.., .. } | Notice::Cycle { number: 2.., .. } => {
                self.silence()
            }
            _ => {}
        }
    }

    fn secure(&self) -> Result<(), Error> {
        self.journal.borrow_mut().secure()
    }

    fn secures(&self) -> bool {
        true
    }
}
