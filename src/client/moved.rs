//! Bytes of requests and replies that are on their way are no silence, but they cannot hold up a run forever.

use std::time::{Duration, Instant};

use crate::{deadline::Deadline, signing::Ledger};

/// How many times `timeout` bytes may add, however few they are.
const MOST_TIMEOUTS: u32 = 64;

/// How many bytes pay for one second more.
const BYTES_A_SECOND: u64 = 16 * 1024;

/// What moved since the last progress.
pub(super) struct Moved {
    outgoing: Allowance,
    incoming: Allowance,
    /// How long the message is waited for of which a part has come.
    arriving: Option<Deadline>,
}

/// The bytes that moved one way, and the time that they have added to a clock.
struct Allowance {
    /// What bytes may add at first.
    free: Duration,
    /// More bytes than this are not of one request or reply.
    most: u64,
    bytes: u64,
    added: Duration,
}

impl Moved {
    pub(super) fn new(timeout: Duration, max_message_size: u64, ledger: &Ledger) -> Self {
        let requests = ledger.entries().iter().map(|entry| entry.request().size());
        let free = timeout.saturating_mul(MOST_TIMEOUTS);
        let allowance = |most| Allowance { free, most, bytes: 0, added: Duration::ZERO };
        Self {
            // A connection may break when nearly all of a request is written.
            outgoing: allowance(2 * requests.max().unwrap_or_default()),
            incoming: allowance(max_message_size),
            arriving: None,
        }
    }

    /// Notes real progress.
    pub(super) fn forget(&mut self) {
        self.outgoing.forget();
        self.incoming.forget();
    }

    /// Restarts the clock after these bytes of requests went out, unless such have added enough already.
    pub(super) fn restart(&mut self, silence: &mut Deadline, now: Instant, bytes: u64) {
        self.outgoing.restart(silence, now, bytes);
    }

    /// Notes bytes of a message that is not whole yet. It is waited for beyond the silence, but no other one is.
    pub(super) fn arrives(&mut self, silence: &Deadline, now: Instant, bytes: u64) {
        let mut until = self.until(silence);
        self.incoming.restart(&mut until, now, bytes);
        self.arriving = Some(until);
    }

    /// Notes that the message is whole, or lost. If the silence has not ended meanwhile, nothing was added to it.
    pub(super) fn arrived(&mut self, silence: &Deadline, now: Instant) {
        if self.arriving.take().is_some() && !silence.has_passed(now) {
            self.incoming.forget();
        }
    }

    /// When the wait ends: with the silence, or with that for the message that arrives.
    pub(super) fn until(&self, silence: &Deadline) -> Deadline {
        self.arriving.filter(|arriving| arriving.at() > silence.at()).unwrap_or(*silence)
    }
}

impl Allowance {
    fn forget(&mut self) {
        (self.bytes, self.added) = (0, Duration::ZERO);
    }

    /// Restarts a clock after these bytes, unless bytes have added enough already.
    fn restart(&mut self, clock: &mut Deadline, now: Instant, bytes: u64) {
        if self.bytes >= self.most {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes).min(self.most);
        let added = self.added + clock.length().saturating_sub(clock.remaining(now));
        if added <= self.free + Duration::from_secs(self.bytes / BYTES_A_SECOND) {
            self.added = added;
            clock.restart(now);
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
        let mut moved = Allowance { free: 64 * SECOND, most, bytes: 0, added: Duration::ZERO };
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
        let mut moved = Allowance { free: Duration::ZERO, most: 10, bytes: 10, added: SECOND };
        let mut silence = Deadline::after(now, SECOND, Phase::Reply);
        moved.restart(&mut silence, now, 1);
        assert_eq!(moved.bytes, 10);
        moved.forget();
        moved.restart(&mut silence, now, 1);
        assert_eq!((moved.bytes, silence.at()), (1, now + SECOND));
    }

    /// A flood of messages, of which one is never whole, ends with the silence; what arrives then is waited for.
    #[test]
    fn only_the_message_that_is_arriving_is_waited_for_after_the_silence() {
        let now = Instant::now();
        let allowance =
            || Allowance { free: 64 * SECOND, most: 1 << 20, bytes: 0, added: Duration::ZERO };
        let mut moved = Moved { outgoing: allowance(), incoming: allowance(), arriving: None };
        let silence = Deadline::after(now, SECOND, Phase::Reply);
        for tenth in 1..10 {
            let now = now + SECOND * tenth / 10;
            moved.arrives(&silence, now, 100);
            assert_eq!(moved.until(&silence).at(), now + SECOND);
            moved.arrived(&silence, now);
            assert_eq!(
                (moved.until(&silence).at(), moved.incoming.added),
                (silence.at(), Duration::ZERO)
            );
        }
        moved.arrives(&silence, now + SECOND * 9 / 10, 100);
        moved.arrives(&silence, now + SECOND * 18 / 10, 100);
        assert_eq!(moved.until(&silence).at(), now + SECOND * 28 / 10);
        moved.arrived(&silence, now + 2 * SECOND);
        assert_eq!(moved.until(&silence).at(), silence.at());
        assert!(
            moved.incoming.added > Duration::ZERO,
            "the run cannot be held up so again and again"
        );
    }
}
