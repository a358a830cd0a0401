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
