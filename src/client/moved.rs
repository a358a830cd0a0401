//! Bytes of requests and replies that are on their way are no silence, but they cannot hold up a run forever.

use std::time::{Duration, Instant};

use crate::{deadline::Deadline, signing::Ledger};

/// How many times `timeout` bytes may add, however few they are.
const MOST_TIMEOUTS: u32 = 64;

/// How many bytes pay for one second more.
const BYTES_A_SECOND: u64 = 16 * 1024;

/// The bytes that moved since the last progress, and the time that they have added to its clock.
pub(super) struct Moved {
    /// What bytes may add at first.
    free: Duration,
    /// More bytes than this are not of one request or reply.
    most: u64,
    bytes: u64,
    added: Duration,
}

impl Moved {
    pub(super) fn new(timeout: Duration, max_message_size: u64, ledger: &Ledger) -> Self {
        let requests = ledger.entries().iter().map(|entry| entry.request().body.len() as u64);
        // A connection may break when nearly all of a request is written.
        let most = max_message_size.max(2 * requests.max().unwrap_or_default());
        let free = timeout.saturating_mul(MOST_TIMEOUTS);
        Self { free, most, bytes: 0, added: Duration::ZERO }
    }

    /// Notes real progress.
    pub(super) fn forget(&mut self) {
        (self.bytes, self.added) = (0, Duration::ZERO);
    }

    /// Restarts the clock after these bytes, unless bytes have added enough already.
    pub(super) fn restart(&mut self, silence: &mut Deadline, now: Instant, bytes: u64) {
        if self.bytes >= self.most {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes).min(self.most);
        let added = self.added + silence.length().saturating_sub(silence.remaining(now));
        if added <= self.free + Duration::from_secs(self.bytes / BYTES_A_SECOND) {
            self.added = added;
            silence.restart(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Phase;

    const SECOND: Duration = Duration::from_secs(1);

    /// How long a clock of one second is held up by these bytes every 0.9 seconds.
    fn held_up(bytes: u64, most: u64) -> Duration {
        let mut moved = Moved { free: 64 * SECOND, most, bytes: 0, added: Duration::ZERO };
        let start = Instant::now();
        let mut silence = Deadline::after(start, SECOND, Phase::Reply);
        let mut now = start;
        while !silence.has_passed(now) {
            now += SECOND * 9 / 10;
            if !silence.has_passed(now) {
                moved.restart(&mut silence, now, bytes);
            }
        }
        silence.at() - start
    }

    #[test]
    fn what_moves_fast_enough_is_waited_for_and_what_trickles_is_not_waited_for_forever() {
        let (one, most) = (held_up(1, 64 << 20), held_up(1 << 20, 8 << 20));
        assert!((64 * SECOND..66 * SECOND).contains(&one), "{one:?}");
        assert!((8 * SECOND..10 * SECOND).contains(&most), "all of it has come: {most:?}");
        let slow = held_up(16 << 10, 64 << 20);
        assert!((3600 * SECOND..4300 * SECOND).contains(&slow), "{slow:?}");
    }

    #[test]
    fn progress_gives_the_time_back() {
        let now = Instant::now();
        let mut moved = Moved { free: Duration::ZERO, most: 10, bytes: 10, added: SECOND };
        let mut silence = Deadline::after(now, SECOND, Phase::Reply);
        moved.restart(&mut silence, now, 1);
        assert_eq!(moved.bytes, 10);
        moved.forget();
        moved.restart(&mut silence, now, 1);
        assert_eq!((moved.bytes, silence.at()), (1, now + SECOND));
    }
}
