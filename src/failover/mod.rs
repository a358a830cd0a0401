//! Makes the brokers of the configuration appear as one lasting broker: which to try next, when, and how to log in.

mod backoff;
mod candidate;
mod connect;
mod failure;
mod login;
mod survey;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Instant};

use crate::{
    broker::{Broker, Event, HandOver, ReplyId, Settlement},
    config::Settings,
    connection::Connected,
    deadline::Deadline,
    error::{Error, Phase},
    signing::Request,
};
use backoff::Backoff;
use candidate::Candidate;
pub(crate) use connect::{Connect, label};
pub(crate) use survey::survey;

/// Keeps a connection to one of the brokers, one at a time.
pub(crate) struct Failover<'a, C: Connect> {
    connect: C,
    settings: &'a Settings,
    candidates: Vec<Candidate<C::Memory>>,
    /// The candidate to try next.
    next: usize,
    backoff: Backoff,
    connection: Option<C::Connection>,
    /// The number of the next reply, across connections.
    next_reply: u64,
    /// The events that arrived while the current connection was opened; nothing is sent before the loops have them.
    news: VecDeque<Event>,
}

impl<'a, C: Connect> Failover<'a, C> {
    /// `seed` shortens the pauses between attempts at random.
    pub(crate) fn new(settings: &'a Settings, connect: C, seed: u64) -> Self {
        let candidates: Vec<_> =
            settings.brokers.iter().map(|url| Candidate::new(url, settings)).collect();
        let backoff = Backoff::new(candidates.len(), connect.now(), seed);
        Self {
            connect,
            settings,
            candidates,
            next: 0,
            backoff,
            connection: None,
            next_reply: 0,
            news: VecDeque::new(),
        }
    }

    /// Opens the first connection: the whole list once without delay, then with pauses until
    /// `timeout` has elapsed.
    ///
    /// # Errors
    /// [`Error::Unreachable`] with each broker's reason, or the refusal of the receiver.
    pub(crate) fn connect(&mut self) -> Result<(), Error> {
        let deadline = Deadline::after(self.connect.now(), self.settings.timeout, Phase::Open);
        // Each broker gets its whole time once, however short `timeout` is.
        for _ in 0..self.candidates.len() {
            if self.attempt(None)? {
                return Ok(());
            }
        }
        if self.candidates.iter().all(Candidate::has_refused) {
            return Err(self.unreachable());
        }
        // The reasons are reported when the time has elapsed.
        match deadline.remaining(self.connect.now()).as_secs() {
            0 => {}
            left => log::warn!("no broker could be reached; trying again for {left} s"),
        }
        if self.reach(&deadline)? { Ok(()) } else { Err(self.unreachable()) }
    }

    /// Notes that replies may wait at a broker: a request that is answered by the time that the links are answered is not
    /// sent again.
    pub(crate) fn expect_replies(&mut self) {
        for candidate in &mut self.candidates {
            candidate.await_offer(self.settings);
        }
    }

    /// Whether replies are lost that came before the current connection.
    pub(crate) fn has_missed_replies(&self) -> bool {
        self.connection.as_ref().is_some_and(Connected::has_missed_replies)
    }

    /// Closes the connection in order, if there is one; waits for the broker up to `close_timeout`. `stays`: replies that
    /// come later wait at the broker for another process, if the protocol allows it.
    pub(crate) fn close(mut self, stays: bool) {
        let timeout = self.settings.close_timeout;
        match self.connection.take() {
            Some(connection) => {
                let close = Deadline::after(self.connect.now(), timeout, Phase::Close);
                connection.close(stays, &close);
            }
            None => self.report_failures(),
        }
    }

    /// Tries one broker after the other until a connection is open or `deadline` passes.
    fn reach(&mut self, deadline: &Deadline) -> Result<bool, Error> {
        loop {
            let next = self.backoff.next();
            if next.max(self.connect.now()) >= deadline.at() {
                self.connect.sleep(deadline.at())?;
                return Ok(false);
            }
            self.connect.sleep(next)?;
            if self.attempt(Some(deadline))? {
                return Ok(true);
            }
        }
    }

    /// Tries the next broker that has not refused the client, until `connect_timeout` or `deadline`.
    ///
    /// # Errors
    /// The error that ends the run: every broker has refused the client, or the receiver was refused.
    fn attempt(&mut self, deadline: Option<&Deadline>) -> Result<bool, Error> {
        let count = self.candidates.len();
        let mut order = (0..count).map(|step| (self.next + step) % count);
        let Some(index) = order.find(|&index| !self.candidates[index].has_refused()) else {
            return Err(self.unreachable());
        };
        self.next = (index + 1) % count;
        self.backoff.attempt();
        let limit = Deadline::after(self.connect.now(), self.settings.connect_timeout, Phase::Open);
        let is_cut_short = deadline.is_some_and(|deadline| deadline.at() < limit.at());
        let limit = deadline.map_or(limit, |deadline| limit.or_earlier(*deadline));
        let candidate = &mut self.candidates[index];
        let opened =
            candidate.open(&self.connect, self.settings, self.next_reply, &limit, is_cut_short)?;
        let Some((mut connection, refusal)) = opened else {
            self.backoff.failed(self.connect.now());
            return Ok(false);
        };
        self.report_failures();
        self.news = connection.take_events();
        self.news.extend(refusal);
        self.connection = Some(connection);
        Ok(true)
    }

    fn report_failures(&mut self) {
        for candidate in &mut self.candidates {
            candidate.report();
        }
    }

    fn unreachable(&mut self) -> Error {
        let brokers = self.candidates.iter_mut().flat_map(Candidate::take_failures);
        Error::Unreachable { brokers: brokers.collect() }
    }

    /// Notes that the connection broke; returns the error unless it is transient.
    fn lose(&mut self, error: Error) -> Result<(), Error> {
        let is_from_outside = matches!(error, Error::Interrupted | Error::Deadline { .. });
        if is_from_outside && self.connection.as_ref().is_some_and(Connected::outlasts_connection) {
            // It is closed in order, which takes no time then.
            return Err(error);
        }
        if let Some(connection) = self.connection.take() {
            self.next_reply = connection.next_reply();
        }
        self.backoff.failed(self.connect.now());
        if !error.is_transient() {
            return Err(error);
        }
        log::warn!("{}; connecting again", error.with_sources());
        self.expect_replies();
        Ok(())
    }
}

impl<C: Connect> Broker for Failover<'_, C> {
    fn now(&self) -> Instant {
        self.connect.now()
    }

    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        match &mut self.connection {
            // A request whose reply has already arrived need not be sent again.
            Some(connection) if self.news.is_empty() => connection.send(entry, request),
            _ => HandOver::NotNow,
        }
    }

    fn flush(&mut self) -> bool {
        self.connection.as_mut().is_some_and(Connected::flush)
    }

    fn holds(&self, entry: usize) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.holds(entry))
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.news.pop_front() {
                return Ok(event);
            }
            let Some(connection) = &mut self.connection else {
                if !self.reach(deadline)? {
                    return Ok(Event::Quiet);
                }
                self.news.push_front(Event::Reconnected);
                continue;
            };
            match connection.next(deadline) {
                Ok(event) => return Ok(event),
                Err(error) => return self.lose(error).map(|()| Event::Lost),
            }
        }
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        if let Some(connection) = &mut self.connection {
            connection.settle(reply, settlement);
        }
    }

    fn progress(&mut self) {
        self.backoff.progress();
    }
}
