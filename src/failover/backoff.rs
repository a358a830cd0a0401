//! When to try a broker again.

use std::time::{Duration, Instant};

/// The first pause between attempts, once every broker was tried; each further one is twice as long …
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The pauses between attempts: none until every broker was tried once, then longer and longer ones.
pub(super) struct Backoff {
    brokers: u32,
    /// Attempts since anything was reached: an outcome, or an expected reply.
    attempts: u32,
    /// When the last attempt failed or the last connection was lost: pauses count from here, so
    /// that one may be longer than the wait that it falls into.
    failed: Instant,
}

impl Backoff {
    pub(super) fn new(brokers: usize, now: Instant) -> Self {
        Self { brokers: brokers as u32, attempts: 0, failed: now }
    }

    /// Counts an attempt.
    pub(super) fn attempt(&mut self) {
        self.attempts += 1;
    }

    /// Notes that an attempt failed, or that a connection was lost.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failed = now;
    }

    /// Notes that a connection was of use: the next round has no pauses.
    pub(super) fn progress(&mut self) {
        self.attempts = 0;
    }

    /// When the next attempt is due.
    pub(super) fn next(&self) -> Instant {
        self.failed + self.pause()
    }

    fn pause(&self) -> Duration {
        let rounds = self.attempts.checked_sub(self.brokers);
        rounds.map_or(Duration::ZERO, |round| {
            FIRST_PAUSE.saturating_mul(1 << round.min(16)).min(LONGEST_PAUSE)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_begin_after_the_first_round_double_and_are_bounded() {
        let mut backoff = Backoff::new(2, Instant::now());
        let mut pauses = vec![];
        for _ in 0..12 {
            pauses.push(backoff.pause().as_millis());
            backoff.attempt();
        }
        assert_eq!(pauses, [0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
        backoff.attempts = u32::MAX;
        assert_eq!(backoff.pause(), LONGEST_PAUSE);
        backoff.progress();
        assert_eq!(backoff.pause(), Duration::ZERO);
    }

    #[test]
    fn a_pause_counts_from_the_last_failure() {
        let start = Instant::now();
        let mut backoff = Backoff::new(1, start);
        backoff.attempt();
        let later = start + Duration::from_secs(5);
        backoff.failed(later);
        assert_eq!(backoff.next(), later + FIRST_PAUSE);
    }
}
