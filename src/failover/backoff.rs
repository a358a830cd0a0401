//! When to try a broker again.

use std::time::{Duration, Instant};

/// The longest first pause between attempts, once every broker was tried; each further pause is twice as long …
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The pauses between attempts: none until every broker was tried once, then longer and longer ones.
///
/// A random part of each pause, up to half of it, is left out: clients that lost a broker at the same
/// moment must not connect again at the same moment.
pub(super) struct Backoff {
    brokers: u32,
    /// The number of attempts since the last progress: an outcome, or an expected reply.
    attempts: u32,
    /// When the last attempt failed or the last connection was lost. Pauses count from here, and may be
    /// longer than the wait during which they begin.
    failed: Instant,
    random: u64,
}

impl Backoff {
    pub(super) fn new(brokers: usize, now: Instant, seed: u64) -> Self {
        Self { brokers: brokers as u32, attempts: 0, failed: now, random: seed }
    }

    /// Counts an attempt.
    pub(super) fn attempt(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.random = next_random(self.random);
    }

    /// Notes that an attempt failed, or that a connection was lost.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failed = now;
    }

    /// Notes that a connection was useful: the next round has no pauses.
    pub(super) fn progress(&mut self) {
        self.attempts = 0;
    }

    /// When the next attempt is due.
    pub(super) fn next(&self) -> Instant {
        self.failed + self.pause()
    }

    fn pause(&self) -> Duration {
        let Some(round) = self.attempts.checked_sub(self.brokers) else { return Duration::ZERO };
        let longest = FIRST_PAUSE.saturating_mul(1 << round.min(16)).min(LONGEST_PAUSE);
        longest - longest / 2 * (self.random >> 32) as u32 / u32::MAX
    }
}

/// A step of SplitMix64: as random as pauses need to be, and repeatable.
fn next_random(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn pauses_begin_after_the_first_round_double_and_are_bounded() {
        let longest = [0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000];
        for seed in 0..100 {
            let mut backoff = Backoff::new(2, Instant::now(), seed);
            for longest in longest.map(Duration::from_millis) {
                let pause = backoff.pause();
                assert!(longest / 2 <= pause && pause <= longest, "{pause:?} of {longest:?}");
                backoff.attempt();
            }
            backoff.attempts = u32::MAX;
            backoff.attempt();
            assert!(backoff.pause() >= LONGEST_PAUSE / 2);
            backoff.progress();
            assert_eq!(backoff.pause(), Duration::ZERO);
        }
    }

    /// Clients with different seeds spread over the whole half, and each spreads over its attempts.
    #[test]
    fn pauses_are_shortened_at_random() {
        let pause = |seed| {
            let mut backoff = Backoff::new(0, Instant::now(), seed);
            backoff.attempt();
            backoff.pause()
        };
        let pauses: Vec<_> = (0..1000).map(pause).collect();
        let range = FIRST_PAUSE..=2 * FIRST_PAUSE;
        assert!(pauses.iter().all(|pause| range.contains(pause)));
        let below = |limit: Duration| pauses.iter().filter(|pause| **pause < limit).count();
        assert!((200..300).contains(&below(125 * MILLISECOND)), "{}", below(125 * MILLISECOND));
        assert!((700..800).contains(&below(175 * MILLISECOND)), "{}", below(175 * MILLISECOND));
        let mut backoff = Backoff { attempts: 20, ..Backoff::new(0, Instant::now(), 1) };
        backoff.attempt();
        let first = backoff.pause();
        backoff.attempt();
        assert_ne!(first, backoff.pause());
    }

    #[test]
    fn a_pause_counts_from_the_last_failure() {
        let start = Instant::now();
        let mut backoff = Backoff::new(1, start, 0);
        backoff.attempt();
        let later = start + Duration::from_secs(5);
        backoff.failed(later);
        let next = backoff.next();
        assert!(later + FIRST_PAUSE / 2 <= next && next <= later + FIRST_PAUSE);
    }
}
