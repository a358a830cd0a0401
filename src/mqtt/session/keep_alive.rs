//! When to send a PINGREQ, and when the broker has been silent for too long.
//!
//! A clock of what was sent, because a broker drops a client that only receives; and one of what was received, because a
//! client that only sends would never notice a dead link. Any byte is a sign of life.

use std::time::{Duration, Instant};

/// The clocks of one connection.
pub(super) struct KeepAlive {
    /// How long neither side is silent; `None`: either may be, forever.
    period: Option<Duration>,
    /// How long the broker may be silent in all.
    limit: Duration,
    now: Instant,
    sent: Instant,
    received: Instant,
    has_received: bool,
    ping: Option<Ping>,
}

/// A PINGREQ without an answer.
struct Ping {
    /// When it was written; until then, when something was written before it.
    since: Instant,
    is_written: bool,
}

impl KeepAlive {
    /// `limit` is how long the broker may be silent; `None`: forever.
    pub(super) fn new(limit: Option<Duration>, now: Instant) -> Self {
        let (period, limit) = (limit.map(|limit| limit / 2), limit.unwrap_or_default());
        let (sent, received) = (now, now);
        Self { period, limit, now, sent, received, has_received: false, ping: None }
    }

    /// Starts the clocks.
    pub(super) fn begin(&mut self, now: Instant) {
        (self.now, self.sent, self.received) = (now, now, now);
    }

    /// The broker drops a client that is silent for one and a half times this (MQTT 5.0, 3.2.2.3.14).
    pub(super) fn obey(&mut self, keep_alive: Duration) {
        if keep_alive.is_zero() {
            return;
        }
        let period = keep_alive / 2;
        if self.period.is_none() {
            self.limit = keep_alive;
        }
        self.period = Some(self.period.map_or(period, |own| own.min(period)));
    }

    /// Notes that the broker sent something.
    pub(super) fn received(&mut self) {
        self.has_received = true;
    }

    /// Notes that something was written; `is_all`: the PINGREQ too, if there is one.
    pub(super) fn sent(&mut self, is_all: bool) {
        // The time of now comes with the next tick, which may be far.
        self.sent = self.now;
        if let Some(ping) = self.ping.as_mut().filter(|ping| !ping.is_written) {
            *ping = Ping { since: self.now, is_written: is_all };
        }
    }

    /// Notes the time. Returns whether to send a PINGREQ, or how long the broker has been silent if that is too long.
    pub(super) fn tick(&mut self, now: Instant) -> Result<bool, Duration> {
        self.now = now;
        if std::mem::take(&mut self.has_received) {
            (self.received, self.ping) = (now, None);
        }
        let Some(period) = self.period else { return Ok(false) };
        if let Some(ping) = &self.ping {
            if now.duration_since(ping.since) >= self.limit - period {
                return Err(self.limit);
            }
            // Whether the broker answers or not, it must not have to wait for the client (MQTT 5.0, 3.1.2.10).
            let is_silent = ping.is_written && now.duration_since(self.sent) >= period;
            if is_silent {
                self.sent = now;
            }
            return Ok(is_silent);
        }
        if now.duration_since(self.sent.min(self.received)) < period {
            return Ok(false);
        }
        self.ping = Some(Ping { since: now, is_written: false });
        Ok(true)
    }

    /// When to ask again.
    pub(super) fn next(&self) -> Option<Instant> {
        let period = self.period?;
        Some(match &self.ping {
            Some(ping) => {
                let late = ping.since + (self.limit - period);
                // A PINGREQ is written behind the tick that made it. One that cannot be written is waited for.
                let again = self.sent.max(ping.since) + period;
                if again > self.now { again.min(late) } else { late }
            }
            None => self.sent.min(self.received) + period,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens before a tick.
    #[derive(Clone, Copy, PartialEq)]
    enum Before {
        Nothing,
        /// The broker sends something.
        Received,
        /// Something is written; or all of it, with the PINGREQ.
        SentSome,
        Sent,
    }
    use Before::{Nothing, Received, Sent, SentSome};

    /// What a tick leads to: what is to be done now, and in which second something is to be done next.
    const PING: &str = "ping";
    const DEAD: &str = "dead";

    /// Plays steps of a second, what happens before it, what is to be done, and when next.
    #[track_caller]
    fn play(mut keep_alive: KeepAlive, now: Instant, steps: &[(u64, Before, &str, u64)]) {
        keep_alive.begin(now);
        for &(second, before, expected, next) in steps {
            match before {
                Nothing => {}
                Received => keep_alive.received(),
                SentSome => keep_alive.sent(false),
                Sent => keep_alive.sent(true),
            }
            let found = match keep_alive.tick(now + Duration::from_secs(second)) {
                Ok(false) => "",
                Ok(true) => PING,
                Err(_) => DEAD,
            };
            let then = keep_alive.next().map_or(0, |next| (next - now).as_secs());
            assert_eq!((found, then), (expected, next), "second {second}");
        }
    }

    fn of(limit: u64, server: u64) -> (KeepAlive, Instant) {
        // It is made before the connection stands, which may take long.
        let made = Instant::now();
        let limit = Some(Duration::from_secs(limit)).filter(|limit| !limit.is_zero());
        let mut keep_alive = KeepAlive::new(limit, made);
        keep_alive.obey(Duration::from_secs(server));
        (keep_alive, made + Duration::from_secs(1000))
    }

    #[test]
    fn a_side_that_is_silent_for_half_the_time_is_asked_about() {
        let (keep_alive, now) = of(20, 0);
        // Both are heard.
        play(keep_alive, now, &[(0, Nothing, "", 10), (9, Received, "", 10), (10, Sent, "", 19)]);
        for other in [Received, Sent] {
            let (keep_alive, now) = of(20, 0);
            let steps = [(4, other, "", 10), (8, other, "", 10), (10, other, PING, 20)];
            play(keep_alive, now, &steps);
        }
    }

    /// A broker's own limit may be shorter: it is to hear of the client whether it answers or not.
    #[test]
    fn without_an_answer_the_broker_is_asked_again_and_given_up_in_time() {
        let (keep_alive, now) = of(20, 4);
        let steps = [
            (2, Nothing, PING, 4),
            (3, Sent, "", 4),
            (4, Nothing, PING, 6),
            (6, Sent, PING, 8),
            (8, Sent, PING, 10),
            (19, Nothing, PING, 20),
            (20, Nothing, DEAD, 20),
        ];
        play(keep_alive, now, &steps);
    }

    #[test]
    fn a_question_that_is_not_written_is_not_asked_twice() {
        let (keep_alive, now) = of(20, 4);
        let steps = [(2, Nothing, PING, 4), (4, Nothing, "", 20), (19, Nothing, "", 20)];
        play(keep_alive, now, &steps);
    }

    /// What goes out before it is a sign of life, and the answer cannot come earlier.
    #[test]
    fn a_question_that_cannot_be_written_yet_is_waited_for() {
        let (keep_alive, now) = of(20, 0);
        let steps = [
            (10, Nothing, PING, 20),
            (19, SentSome, "", 20),
            (19, SentSome, "", 29),
            (28, Nothing, "", 29),
            (28, Sent, "", 38),
            (37, Nothing, "", 38),
            (38, Nothing, DEAD, 38),
        ];
        play(keep_alive, now, &steps);
    }

    #[test]
    fn any_byte_is_an_answer() {
        let (keep_alive, now) = of(20, 0);
        let steps = [
            (10, Nothing, PING, 20),
            (11, Sent, "", 20),
            (19, Received, "", 20),
            (20, Nothing, PING, 30),
        ];
        play(keep_alive, now, &steps);
    }

    #[test]
    fn the_shorter_time_counts_and_the_broker_s_alone_if_the_client_has_none() {
        for (limit, server, first) in [(20, 0, 10), (20, 8, 4), (20, 60, 10), (0, 8, 4), (0, 0, 0)]
        {
            let (keep_alive, now) = of(limit, server);
            play(keep_alive, now, &[(0, Nothing, "", first)]);
        }
        let (keep_alive, now) = of(0, 8);
        let steps =
            [(4, Nothing, PING, 8), (5, Sent, "", 8), (7, Nothing, "", 8), (8, Nothing, DEAD, 8)];
        play(keep_alive, now, &steps);
    }
}
