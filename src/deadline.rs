//! Points in time at which waits end, each with a name.
//!
//! Nothing here reads a clock: the current time is an argument, and a run can use virtual time.

use std::time::{Duration, Instant};

use crate::error::{Error, Phase};

/// The longest time until a deadline; an [`Instant`] cannot hold every sum.
const LONGEST: Duration = Duration::from_secs(1 << 32);

/// A point in time at which a wait of one phase ends, and the length of time that led to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    after: Duration,
    phase: Phase,
}

impl Deadline {
    /// The point in time that is `after` from `now`.
    pub(crate) fn after(now: Instant, after: Duration, phase: Phase) -> Self {
        let at = now.checked_add(after).unwrap_or_else(|| now + LONGEST);
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

    /// A share of the time that remains, for one of `parts` waits. Its length is given in tenths of a second.
    pub(crate) fn share(self, now: Instant, parts: usize) -> Self {
        let Some(parts) = u32::try_from(parts).ok().filter(|parts| *parts > 1) else { return self };
        let share = self.remaining(now) / parts;
        let tenths = share.as_millis().div_ceil(100) as u64;
        Self { at: now + share, after: Duration::from_millis(100 * tenths), ..self }
    }

    /// Starts the same length of time again.
    pub(crate) fn restart(&mut self, now: Instant) {
        *self = Self::after(now, self.after, self.phase);
    }

    /// The time that remains; zero once the deadline has passed.
    pub(crate) fn remaining(&self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now)
    }

    pub(crate) fn has_passed(&self, now: Instant) -> bool {
        self.at <= now
    }

    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    pub(crate) fn length(&self) -> Duration {
        self.after
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The error that says that a broker did not answer in time.
    pub(crate) fn error(&self, broker: &str) -> Error {
        Error::Timeout { broker: broker.into(), phase: self.phase, after: self.after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_deadline_passes_at_its_time_and_not_before() {
        let now = Instant::now();
        let deadline = Deadline::after(now, SECOND, Phase::Tcp);
        assert!(!deadline.has_passed(now + SECOND - Duration::from_nanos(1)));
        assert!(deadline.has_passed(now + SECOND));
        assert_eq!(deadline.remaining(now + SECOND / 4), SECOND * 3 / 4);
        assert_eq!(deadline.remaining(now + 5 * SECOND), Duration::ZERO);
    }

    #[test]
    fn a_share_is_a_part_of_what_remains() {
        let now = Instant::now();
        let deadline = Deadline::after(now, 3 * SECOND, Phase::Tcp);
        assert_eq!(deadline.share(now, 3).at(), now + SECOND);
        assert_eq!(deadline.share(now + SECOND, 2).at(), now + 2 * SECOND);
        assert_eq!(deadline.share(now + 9 * SECOND, 2).at(), now + 9 * SECOND);
        assert_eq!(deadline.share(now, 0).at(), deadline.at());
        assert_eq!(deadline.share(now, 1).length(), 3 * SECOND);
        assert_eq!(deadline.share(now + SECOND / 100, 2).length(), SECOND * 3 / 2);
    }

    #[test]
    fn the_earlier_deadline_keeps_its_name_and_a_restart_its_length() {
        let now = Instant::now();
        let (soon, late) = (
            Deadline::after(now, SECOND, Phase::Send),
            Deadline::after(now, 2 * SECOND, Phase::Open),
        );
        assert_eq!(late.or_earlier(soon).phase(), Phase::Send);
        assert_eq!(soon.or_earlier(late).phase(), Phase::Send);
        let mut restarted = soon;
        restarted.restart(now + 5 * SECOND);
        assert_eq!((restarted.at(), restarted.length()), (now + 6 * SECOND, SECOND));
    }

    #[test]
    fn a_length_beyond_all_time_is_held() {
        let now = Instant::now();
        assert!(!Deadline::after(now, Duration::MAX, Phase::Reply).has_passed(now + LONGEST / 2));
    }
}
