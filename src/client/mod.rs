//! The send loop and the receive loop.
//!
//! ```text
//! for cycle in 1..=send_retries          a cycle sends every open request: neither answered nor undeliverable
//!     send the open requests
//!     for window in 1..=retries          a window ends after `timeout` of silence
//!         (from the second on: send again what the broker returned)
//!         wait; only an expected reply restarts the clock of the window
//! ```

use std::time::Duration;

use crate::{
    broker::{Broker, Event, HandOver},
    deadline::Deadline,
    error::{Error, Phase},
    signing::{Ledger, Outcome, RawReply, ReplyKind},
};

/// How long and how often to try.
pub(crate) struct Plan {
    /// The silence that ends a window, and the sending of a cycle.
    pub(crate) timeout: Duration,
    /// The number of windows in a cycle.
    pub(crate) retries: u32,
    /// The number of cycles.
    pub(crate) send_retries: u32,
}

/// Sends the open requests of the ledger and receives their replies, until none is open or the plan is exhausted.
///
/// The ledger has everything that was received, whatever the result. Without a single reply this takes
/// `timeout × retries × send_retries` plus the sending; each expected reply adds at most `timeout`.
///
/// # Errors
/// What ended the run early: a refusal, an interrupt, the deadline of the whole run.
pub(crate) fn sign(
    broker: &mut impl Broker,
    ledger: &mut Ledger,
    plan: &Plan,
) -> Result<(), Error> {
    let Plan { timeout, retries, send_retries } = *plan;
    let seconds = timeout.as_secs_f64();
    let mut client = Client { broker, ledger, timeout, refusal: None, foreign: 0, rejected: 0 };
    for cycle in 1..=send_retries {
        client.ledger.begin_cycle();
        log::info!("cycle {cycle} of {send_retries}, requests to send: {}", client.ledger.open());
        if let Some(obstacle) = client.send_open()? {
            log::warn!("cycle {cycle}: nothing could be sent for {seconds} s: {obstacle}");
            continue;
        }
        for window in 1..=retries {
            let open = client.ledger.open();
            log::debug!("cycle {cycle}, window {window} of {retries}: {open} open");
            if window > 1 {
                client.ledger.begin_window();
            }
            client.receive()?;
            if client.ledger.open() == 0 {
                return Ok(());
            }
            log::warn!("no reply for {seconds} s, {} open", client.ledger.open());
            client.report_other_replies();
        }
    }
    Ok(())
}

struct Client<'a, B> {
    broker: &'a mut B,
    ledger: &'a mut Ledger,
    timeout: Duration,
    /// Why nothing more may be sent. Requests that the broker accepted before may still be answered.
    refusal: Option<Error>,
    /// Replies to other clients' requests that were ignored and not reported yet.
    foreign: usize,
    /// Replies that were rejected in this window.
    rejected: usize,
}

/// This many rejected replies of a window are reported one by one, with the reason; of the others only the number.
const MOST_REPORTED: usize = 10;

/// The result of a wait for one event.
#[derive(PartialEq)]
enum News {
    Nothing,
    Outcome,
    ExpectedReply,
    Other,
}

impl<B: Broker> Client<'_, B> {
    /// Sends the open requests, and handles outcomes and replies meanwhile; otherwise both sides would run out of
    /// credit. Returns what prevented the sending if nothing is on its way after `timeout` without progress.
    fn send_open(&mut self) -> Result<Option<&'static str>, Error> {
        let mut silence = Deadline::after(self.broker.now(), self.timeout, Phase::Send);
        let (mut handed, mut sent) = (false, false);
        while self.refusal.is_none() && self.ledger.open() > 0 {
            if self.hand_over() {
                handed = true;
                silence.restart(self.broker.now());
            }
            // A request that the socket does not accept, or that the session's window holds back, is not sent.
            let is_out = self.broker.flush();
            sent |= handed && is_out;
            if is_out && !self.ledger.has_unsent() {
                return Ok(None);
            }
            match self.take_in(&silence)? {
                News::Nothing => break,
                News::Outcome | News::ExpectedReply => {
                    sent = true;
                    silence.restart(self.broker.now());
                }
                News::Other => {}
            }
        }
        let is_on_its_way = sent || self.refusal.is_some() || self.ledger.open() == 0;
        let obstacle =
            if handed { "the broker did not read it" } else { "the broker granted no credit" };
        Ok((!is_on_its_way).then_some(obstacle))
    }

    /// Waits until nothing is open, or for `timeout` without an expected reply.
    fn receive(&mut self) -> Result<(), Error> {
        let mut silence = Deadline::after(self.broker.now(), self.timeout, Phase::Reply);
        while self.goes_on()? {
            self.hand_over();
            match self.take_in(&silence)? {
                News::Nothing => return self.refusal.take().map_or(Ok(()), Err),
                News::ExpectedReply => silence.restart(self.broker.now()),
                News::Outcome | News::Other => {}
            }
        }
        Ok(())
    }

    /// Whether there is anything left to wait for. After a refusal only the requests that the broker already has count.
    fn goes_on(&mut self) -> Result<bool, Error> {
        match self.refusal.take_if(|_| !self.ledger.awaits_any()) {
            // If the broker refuses more after it has accepted everything, nothing is missing.
            Some(refusal) if !self.ledger.is_answered() => Err(refusal),
            _ => Ok(self.ledger.open() > 0),
        }
    }

    /// Hands over as many requests as possible; returns whether one of them is sent for the first time in this cycle.
    fn hand_over(&mut self) -> bool {
        let mut new = false;
        while self.refusal.is_none()
            && let Some((entry, request)) = self.ledger.next_unsent()
        {
            match self.broker.send(entry, request) {
                HandOver::Done => new |= self.ledger.sent(entry),
                HandOver::NotNow => break,
                HandOver::Never(condition) => self.ledger.undeliverable(entry, condition),
            }
        }
        new
    }

    /// Waits for one event and enters it into the ledger. A reply is settled after the ledger has it.
    fn take_in(&mut self, deadline: &Deadline) -> Result<News, Error> {
        let news = match self.broker.next(deadline)? {
            Event::Quiet => News::Nothing,
            Event::Writable => News::Other,
            Event::Reconnected => {
                self.ledger.connection_lost();
                News::Other
            }
            Event::SendingRefused(error) => {
                self.refusal.get_or_insert(error);
                News::Other
            }
            Event::Outcome { entry, outcome } => {
                let id = &self.ledger.entries()[entry].request().id;
                log::trace!("outcome of request {id}: {outcome:?}");
                // A delivery settled without an outcome is not progress, or a broker could continue with that forever.
                let is_progress = !matches!(outcome, Outcome::Unknown | Outcome::Blamed(_));
                let news = if is_progress { News::Outcome } else { News::Other };
                self.ledger.outcome(entry, outcome);
                news
            }
            Event::Reply { id, reply } => {
                let kind = self.enter(reply);
                let verdict =
                    if let ReplyKind::Malformed(reason) = &kind { Err(&**reason) } else { Ok(()) };
                self.broker.settle(id, verdict);
                if kind == ReplyKind::Expected { News::ExpectedReply } else { News::Other }
            }
        };
        if matches!(news, News::Outcome | News::ExpectedReply) {
            self.broker.progress();
        }
        Ok(news)
    }

    /// Enters a reply into the ledger, and reports it if it is unexpected.
    fn enter(&mut self, reply: RawReply) -> ReplyKind {
        let kind = self.ledger.reply(reply);
        match &kind {
            ReplyKind::Expected => {}
            ReplyKind::Repeated => log::debug!("a second reply to the same request was ignored"),
            ReplyKind::Foreign => self.foreign += 1,
            ReplyKind::Malformed(reason) => {
                self.rejected += 1;
                let is_reported = self.rejected <= MOST_REPORTED;
                let level = if is_reported { log::Level::Warn } else { log::Level::Trace };
                log::log!(level, "a reply was rejected: {reason}");
            }
        }
        kind
    }

    /// If expected replies are missing, another client of the same address may have received them.
    fn report_other_replies(&mut self) {
        match std::mem::take(&mut self.foreign) {
            0 => {}
            count => log::warn!(
                "replies to other requests, ignored: {count}; check which other client uses this address"
            ),
        }
        match std::mem::take(&mut self.rejected).saturating_sub(MOST_REPORTED) {
            0 => {}
            count => log::warn!("{count} more replies were rejected"),
        }
    }
}

#[cfg(test)]
mod tests;
