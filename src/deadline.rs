//! Points in time that waits end at, each with a name.

use std::time::{Duration, Instant};

use crate::error::{Error, Phase};

/// A point in time that a wait of one phase ends at, and the length of time that led to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    after: Duration,
    phase: Phase,
}

impl Deadline {
    /// The point in time that is `after` from now.
    pub(crate) fn after(after: Duration, phase: Phase) -> Self {
        // Longer than anybody waits; an `Instant` cannot hold every sum.
        let at = Instant::now()
            .checked_add(after)
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(1 << 32));
        Self { at, after, phase }
    }

    /// The same point in time for another phase.
    pub(crate) fn during(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    /// The earlier of two points in time, with its own name.
    pub(crate) fn or_earlier(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// A share of the time that is left, for one of `parts` waits.
    pub(crate) fn share(self, parts: usize) -> Self {
        let left = self.remaining() / u32::try_from(parts.max(1)).unwrap_or(u32::MAX);
        Self { at: Instant::now() + left, ..self }
    }

    /// Starts the same length of time anew.
    pub(crate) fn restart(&mut self) {
        *self = Self::after(self.after, self.phase);
    }

    /// The time that is left; zero once it is over.
    pub(crate) fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.remaining().is_zero()
    }

    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    pub(crate) fn length(&self) -> Duration {
        self.after
    }

    /// The error that says that a broker did not answer by now.
    pub(crate) fn error(&self, broker: &str) -> Error {
        Error::Timeout { broker: broker.into(), phase: self.phase, after: self.after }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }
}
