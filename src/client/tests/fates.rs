//! Whether replies to requests may come, by what the scripted broker did.

use std::collections::HashMap;

use super::script::Step;

/// The requests that were handed over, and are neither answered nor given up.
#[derive(Default)]
pub(super) struct Fates {
    requests: HashMap<usize, Fate>,
    /// The requests that may not be on the socket.
    pub(super) going_out: Vec<usize>,
    /// Something was handed over in this cycle and on this connection, or waits since an earlier cycle.
    fresh: bool,
}

#[derive(Clone, Copy, Default)]
struct Fate {
    /// A reply may come whatever becomes of the last sending: a broker has accepted the request, or it was on the socket
    /// when its connection was lost.
    whatever: bool,
    /// The last sending has no outcome.
    in_doubt: bool,
    /// The last sending is on the socket.
    out: bool,
}

impl Fates {
    pub(super) fn may_any_be_answered(&self) -> bool {
        self.requests.values().any(|fate| fate.whatever || fate.out)
    }

    pub(super) fn handed_over(&mut self, entry: usize) {
        self.going_out.push(entry);
        self.fresh = true;
        let fate = self.requests.entry(entry).or_default();
        (fate.in_doubt, fate.out) = (true, false);
    }

    /// Returns whether anything of this cycle is on the socket.
    pub(super) fn all_out(&mut self) -> bool {
        for entry in self.going_out.drain(..) {
            if let Some(fate) = self.requests.get_mut(&entry) {
                fate.out = fate.in_doubt;
            }
        }
        self.fresh
    }

    pub(super) fn cycle_ended(&mut self) {
        self.fresh = !self.going_out.is_empty();
    }

    pub(super) fn change(&mut self, step: &Step) {
        match step {
            Step::Reply(entry) => drop(self.requests.remove(entry)),
            Step::Accept(entry) | Step::Return(entry) | Step::Reject(entry) => {
                let Some(fate) = self.requests.get_mut(entry) else { return };
                (fate.in_doubt, fate.out) = (false, false);
                fate.whatever |= matches!(step, Step::Accept(_));
                if matches!(step, Step::Reject(_)) && !fate.whatever {
                    self.requests.remove(entry);
                }
            }
            Step::Reconnect => {
                // The last one may have been in the client still.
                self.going_out.pop();
                self.all_out();
                for fate in self.requests.values_mut() {
                    fate.whatever |= std::mem::take(&mut fate.out);
                }
                self.fresh = false;
            }
            _ => {}
        }
    }
}
