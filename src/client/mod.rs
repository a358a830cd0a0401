//! The send loop and the receive loop.
//!
//! ```text
//! for cycle in 1..=send_retries          a cycle sends every open request: neither answered nor undeliverable
//!     send the open requests
//!     for window in 1..=retries          a window ends after `timeout` of silence
//!         (from the second on: send again what the broker returned)
//!         wait; an expected reply restarts the clock of the window
//! ```
//!
//! Bytes of a request that go out, and of a reply that comes in, are no silence; [`moved`] bounds what they add.

mod foreign;
mod moved;
mod news;
mod observed;
mod plan;
mod secured;
mod unexpected;

use std::time::Duration;

use crate::{
    broker::{Broker, Event, HandOver, Settlement},
    deadline::Deadline,
    error::{Error, Phase},
    signing::{Ledger, Observer, Outcome, ReplyKind},
};
use foreign::Foreign;
use moved::Moved;
use news::{Handed, News};
use observed::Observed;
pub(crate) use plan::Plan;
use secured::Secured;
use unexpected::Unexpected;

/// Sends the open requests of the ledger and receives their replies, until none is open or the plan is exhausted.
///
/// The ledger has everything that was received, whatever the result. Without a single reply this takes
/// `timeout × retries × send_retries` plus the sending; each expected reply adds at most `timeout`.
///
/// # Errors
/// What ended the run early: a refusal, an interrupt, the deadline of the whole run, an error of the observer.
pub(crate) fn sign(
    broker: &mut impl Broker,
    ledger: &mut Ledger,
    observer: &dyn Observer,
    plan: &Plan,
) -> Result<(), Error> {
    let unexpected = Unexpected::default();
    let foreign = Foreign::new(plan.releases_foreign);
    let timeout = plan.timeout;
    let moved = Moved::new(timeout, plan.max_message_size, ledger);
    let max_outstanding = plan.max_outstanding;
    let mut broker = Secured::new(broker, observer);
    let (broker, ledger) = (&mut broker, Observed::new(ledger, observer));
    let mut client = Client {
        broker,
        ledger,
        timeout,
        max_outstanding,
        refusal: None,
        moved,
        foreign,
        unexpected,
    };
    let result = client.run(plan);
    client.unexpected.report();
    client.ledger.end_waits();
    client.broker.secure().and(result)
}

struct Client<'a, B> {
    broker: &'a mut B,
    ledger: Observed<'a>,
    timeout: Duration,
    max_outstanding: usize,
    /// Why nothing more may be sent. Requests that the broker accepted before may still be answered.
    refusal: Option<Error>,
    /// What moved since the last progress.
    moved: Moved,
    foreign: Foreign,
    unexpected: Unexpected,
}

impl<B: Broker> Client<'_, B> {
    fn run(&mut self, plan: &Plan) -> Result<(), Error> {
        let Plan { timeout, retries, send_retries, .. } = *plan;
        let seconds = timeout.as_secs_f64();
        for cycle in 1..=send_retries {
            if !self.has_room() {
                self.ledger.begin_with_the_rest();
            }
            self.ledger.begin_cycle(cycle, send_retries, |entry| self.broker.holds(entry));
            log::info!("cycle {cycle} of {send_retries}, requests to send: {}", self.ledger.open());
            if let Some(obstacle) = self.send_open()? {
                log::warn!("cycle {cycle}: nothing could be sent for {seconds} s: {obstacle}");
                continue;
            }
            for window in 1..=retries {
                let open = self.ledger.open();
                log::debug!("cycle {cycle}, window {window} of {retries}: {open} open");
                self.ledger.begin_window(window, retries, timeout);
                self.receive()?;
                self.ledger.end_waits();
                if self.ledger.open() == 0 {
                    return Ok(());
                }
                log::warn!("no reply for {seconds} s, {} open", self.ledger.open());
                self.unexpected.report();
            }
        }
        Ok(())
    }

    /// Sends the open requests, and handles outcomes and replies meanwhile; otherwise both sides would run out of
    /// credit. Returns what prevented the sending if nothing is on its way after `timeout` without progress.
    fn send_open(&mut self) -> Result<Option<&'static str>, Error> {
        let mut silence = Deadline::after(self.broker.now(), self.timeout, Phase::Send);
        // What an earlier cycle handed over may be sent in this one.
        let (mut handed, mut sent) = (self.ledger.is_any_going_out(), false);
        while self.refusal.is_none() && self.ledger.open() > 0 {
            let Handed { any, new } = self.hand_over();
            handed |= any;
            if new {
                self.progress(&mut silence);
            }
            // A request that the socket does not accept, or that the session's window holds back, is not sent.
            let is_out = self.flush();
            sent |= handed && is_out;
            // What there is no room for goes out as the replies come.
            if is_out && !(self.ledger.has_unsent() && self.has_room()) {
                return Ok(None);
            }
            match self.take_in(&silence)? {
                News::Nothing => break,
                News::Outcome | News::ExpectedReply => {
                    sent = true;
                    self.progress(&mut silence);
                }
                News::Moved(bytes) => self.moved.restart(&mut silence, self.broker.now(), bytes),
                News::Lost => handed = false,
                News::Other => {}
            }
        }
        let is_on_its_way = sent
            || self.refusal.is_some()
            || self.ledger.open() == 0
            || self.ledger.may_be_answered();
        let obstacle =
            if handed { "the broker did not read it" } else { "the broker granted no credit" };
        Ok((!is_on_its_way).then_some(obstacle))
    }

    /// Waits until nothing is open, or for `timeout` without an expected reply.
    fn receive(&mut self) -> Result<(), Error> {
        let mut silence = Deadline::after(self.broker.now(), self.timeout, Phase::Reply);
        while self.goes_on()? {
            self.hand_over();
            self.flush();
            let waits = !self.has_room() && self.ledger.has_unsent();
            match self.take_in(&silence)? {
                News::Nothing => {
                    let refusal = self.refusal.take().filter(|_| !self.ledger.is_answered());
                    return refusal.map_or(Ok(()), Err);
                }
                News::ExpectedReply => self.progress(&mut silence),
                // What waited for room gets the time that it would have had with the others.
                News::Outcome if waits && self.has_room() => self.progress(&mut silence),
                News::Moved(bytes) => self.moved.restart(&mut silence, self.broker.now(), bytes),
                News::Outcome | News::Lost | News::Other => {}
            }
        }
        Ok(())
    }

    fn progress(&mut self, silence: &mut Deadline) {
        self.moved.forget();
        silence.restart(self.broker.now());
    }

    /// Writes what the socket accepts, if a request is going out; returns whether all are out. Everything else is written
    /// before the next wait, or after some reads.
    fn flush(&mut self) -> bool {
        let is_out = !self.ledger.is_any_going_out() || self.broker.flush();
        if is_out {
            self.ledger.all_out();
        }
        is_out
    }

    /// Whether there is anything left to wait for. After a refusal only the requests that the broker already has count.
    fn goes_on(&mut self) -> Result<bool, Error> {
        match self.refusal.take_if(|_| !self.ledger.awaits_any()) {
            // If the broker refuses more after it has accepted everything, nothing is missing.
            Some(refusal) if !self.ledger.is_answered() => Err(refusal),
            _ => Ok(self.ledger.open() > 0),
        }
    }

    fn has_room(&self) -> bool {
        self.ledger.outstanding() < self.max_outstanding
    }

    /// Hands over as many requests as possible, and as may be outstanding.
    fn hand_over(&mut self) -> Handed {
        let mut handed = Handed::default();
        while self.refusal.is_none()
            && self.has_room()
            && let Some((entry, request)) = self.ledger.next_unsent()
        {
            match self.broker.send(entry, request) {
                HandOver::Done => {
                    handed.any = true;
                    handed.new |= self.ledger.sent(entry);
                }
                HandOver::NotNow => break,
                HandOver::Never(condition) => {
                    self.outcome(entry, Outcome::Undeliverable(condition));
                }
                HandOver::Failed(error) => drop(self.refusal.get_or_insert(error)),
            }
        }
        handed
    }

    fn outcome(&mut self, entry: usize, outcome: Outcome) {
        if let Outcome::Undeliverable(condition) = &outcome
            && self.ledger.stays_open(entry)
        {
            let id = &self.ledger.entries()[entry].request().id;
            log::warn!(
                "request {id}, sent again: not accepted: {condition}; its earlier sending may still be answered"
            );
        }
        self.ledger.outcome(entry, outcome);
    }

    /// Waits for one event and enters it into the ledger. A reply is settled after the ledger has it.
    fn take_in(&mut self, deadline: &Deadline) -> Result<News, Error> {
        let news = match self.broker.next(&self.moved.until(deadline))? {
            Event::Quiet => News::Nothing,
            Event::Writable | Event::Lost => News::Other,
            Event::Moved(bytes) => News::Moved(bytes),
            Event::Arriving(bytes) => {
                self.moved.arrives(deadline, self.broker.now(), bytes);
                News::Other
            }
            Event::Reconnected => {
                self.moved.arrived(deadline, self.broker.now());
                self.ledger.connection_lost();
                News::Lost
            }
            Event::SendingRefused(error) => {
                self.refusal.get_or_insert(error);
                News::Other
            }
            Event::Outcome { entry, outcome } => {
                let id = &self.ledger.entries()[entry].request().id;
                log::trace!("outcome of request {id}: {outcome:?}");
                let news = if outcome.is_progress() { News::Outcome } else { News::Other };
                self.outcome(entry, outcome);
                news
            }
            Event::Reply { id, reply } => {
                self.moved.arrived(deadline, self.broker.now());
                let fingerprint = self.foreign.fingerprint(&reply);
                let kind = self.ledger.reply(reply);
                let settlement = match &kind {
                    ReplyKind::Malformed(reason)
                    | ReplyKind::TooLarge(reason)
                    | ReplyKind::Unverified(reason) => Settlement::Reject(reason),
                    ReplyKind::Foreign => self.foreign.settlement(fingerprint),
                    ReplyKind::Expected | ReplyKind::Repeated => Settlement::Accept,
                };
                self.unexpected.note(&kind, settlement == Settlement::Release);
                self.broker.settle(id, settlement);
                match kind {
                    ReplyKind::Expected | ReplyKind::TooLarge(_) => News::ExpectedReply,
                    _ => News::Other,
                }
            }
        };
        if matches!(news, News::Outcome | News::ExpectedReply) {
            self.broker.progress();
        }
        Ok(news)
    }
}

#[cfg(test)]
mod tests;
