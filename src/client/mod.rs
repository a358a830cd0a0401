//! The send loop and the receive loop.
//!
//! ```text
//! for cycle in 1..=send_retries          a cycle sends every open request: neither answered nor undeliverable
//!     send the open requests
//!     for window in 1..=retries          a window ends after `timeout` of silence
//!         (from the second on: send once more what the broker gave back)
//!         wait; an expected reply restarts the clock of the window, nothing else does
//! ```

use std::time::Duration;

use crate::{
    broker::{Broker, Event, HandOver},
    deadline::Deadline,
    error::{Error, Phase},
    signing::{Ledger, Outcome, ReplyKind},
};

/// How long and how often to try.
pub(crate) struct Plan {
    /// The silence that ends a window, and the sending of a cycle.
    pub(crate) timeout: Duration,
    /// Windows a cycle.
    pub(crate) retries: u32,
    /// Cycles.
    pub(crate) send_retries: u32,
}

/// Sends the open requests of the ledger and takes in their replies, until none is open or the plan is over.
///
/// What was reached is in the ledger, whatever the result. Without a single reply it takes
/// `timeout × retries × send_retries` and the sending; each expected reply adds at most `timeout`.
///
/// # Errors
/// What ended the run early: a refusal, an interrupt, the deadline of the whole run.
pub(crate) fn sign(
    broker: &mut impl Broker,
    ledger: &mut Ledger,
    plan: &Plan,
) -> Result<(), Error> {
    let mut run =
        Loops { broker, ledger, timeout: plan.timeout, refusal: None, foreign: 0, rejected: 0 };
    for cycle in 1..=plan.send_retries {
        run.ledger.begin_cycle();
        log::info!(
            "cycle {cycle} of {}: {} requests to send",
            plan.send_retries,
            run.ledger.open()
        );
        if !run.send_open()? {
            log::warn!(
                "cycle {cycle}: the broker let nothing be sent for {} s",
                plan.timeout.as_secs_f64()
            );
            continue;
        }
        for window in 1..=plan.retries {
            log::debug!(
                "cycle {cycle}, window {window} of {}: {} open",
                plan.retries,
                run.ledger.open()
            );
            if window > 1 {
                run.ledger.begin_window();
            }
            run.receive()?;
            if run.ledger.open() == 0 {
                return Ok(());
            }
            log::warn!("no reply for {} s, {} open", plan.timeout.as_secs_f64(), run.ledger.open());
            run.tell_of_other_replies();
        }
    }
    Ok(())
}

struct Loops<'a, B> {
    broker: &'a mut B,
    ledger: &'a mut Ledger,
    timeout: Duration,
    /// Why nothing more may be sent. What the broker took before may still be answered.
    refusal: Option<Error>,
    /// Replies to somebody else's requests that were passed over and not told of yet.
    foreign: usize,
    /// Replies that were rejected in this window.
    rejected: usize,
}

/// So many rejected replies of a window are told of one by one, with the reason; of more the number.
const MOST_TOLD: usize = 10;

/// What came of waiting for one event.
#[derive(PartialEq)]
enum Came {
    Nothing,
    Outcome,
    ExpectedReply,
    Other,
}

impl<B: Broker> Loops<'_, B> {
    /// Sends what is open, and takes in outcomes and replies meanwhile, else both sides run out of
    /// credit. Whether anything is on its way; not so after `timeout` without any progress.
    fn send_open(&mut self) -> Result<bool, Error> {
        let mut silence = Deadline::after(self.broker.now(), self.timeout, Phase::Send);
        let (mut handed, mut sent) = (false, false);
        while self.refusal.is_none() && self.ledger.open() > 0 {
            if self.hand_over() {
                handed = true;
                silence.restart(self.broker.now());
            }
            // What the socket does not take, or the session's window holds back, is not sent.
            let is_out = self.broker.flush();
            sent |= handed && is_out;
            if is_out && !self.ledger.has_unsent() {
                return Ok(true);
            }
            match self.take(&silence)? {
                Came::Nothing => break,
                Came::Outcome | Came::ExpectedReply => {
                    sent = true;
                    silence.restart(self.broker.now());
                }
                Came::Other => {}
            }
        }
        Ok(sent || self.refusal.is_some() || self.ledger.open() == 0)
    }

    /// Waits until nothing is open, or for `timeout` without an expected reply.
    fn receive(&mut self) -> Result<(), Error> {
        let mut silence = Deadline::after(self.broker.now(), self.timeout, Phase::Reply);
        while self.goes_on()? {
            self.hand_over();
            match self.take(&silence)? {
                Came::Nothing => return self.refusal.take().map_or(Ok(()), Err),
                Came::ExpectedReply => silence.restart(self.broker.now()),
                Came::Outcome | Came::Other => {}
            }
        }
        Ok(())
    }

    /// Where ours are missing, somebody who listens to the same address may have them instead.
    fn tell_of_other_replies(&mut self) {
        match std::mem::take(&mut self.foreign) {
            0 => {}
            count => log::warn!(
                "{count} replies to other requests were passed over: who else uses this address?"
            ),
        }
        match std::mem::take(&mut self.rejected).saturating_sub(MOST_TOLD) {
            0 => {}
            count => log::warn!("{count} more replies were rejected"),
        }
    }

    fn tell_of_rejected_reply(&mut self, reason: &str) {
        self.rejected += 1;
        let level = if self.rejected <= MOST_TOLD { log::Level::Warn } else { log::Level::Trace };
        log::log!(level, "a reply was rejected: {reason}");
    }

    /// Whether there is anything left to wait for. After a refusal that is what the broker already has.
    fn goes_on(&mut self) -> Result<bool, Error> {
        match self.refusal.take_if(|_| !self.ledger.awaits_any()) {
            // A broker that wants no more once it has everything withholds nothing.
            Some(refusal) if !self.ledger.is_answered() => Err(refusal),
            _ => Ok(self.ledger.open() > 0),
        }
    }

    /// Hands over what is to be sent and can be; whether any of it goes out for the first time in this cycle.
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
    fn take(&mut self, deadline: &Deadline) -> Result<Came, Error> {
        let came = match self.broker.next(deadline)? {
            Event::Quiet => Came::Nothing,
            Event::Writable => Came::Other,
            Event::Reconnected => {
                self.ledger.connection_lost();
                Came::Other
            }
            Event::SendingRefused(error) => {
                self.refusal.get_or_insert(error);
                Came::Other
            }
            Event::Outcome { entry, outcome } => {
                log::trace!(
                    "outcome of request {}: {outcome:?}",
                    self.ledger.entries()[entry].request().id
                );
                // To forget a delivery is no progress, or a broker could go on with that for ever.
                let came = if outcome == Outcome::Unknown { Came::Other } else { Came::Outcome };
                self.ledger.outcome(entry, outcome);
                came
            }
            Event::Reply { id, reply } => {
                let taken = self.ledger.reply(reply);
                match &taken {
                    ReplyKind::Expected => {}
                    ReplyKind::Repeated => {
                        log::debug!("a second reply to the same request was passed over")
                    }
                    ReplyKind::Foreign => self.foreign += 1,
                    ReplyKind::Malformed(reason) => self.tell_of_rejected_reply(reason),
                }
                self.broker.settle(
                    id,
                    if let ReplyKind::Malformed(reason) = &taken { Err(reason) } else { Ok(()) },
                );
                if taken == ReplyKind::Expected { Came::ExpectedReply } else { Came::Other }
            }
        };
        if matches!(came, Came::Outcome | Came::ExpectedReply) {
            self.broker.progress();
        }
        Ok(came)
    }
}

#[cfg(test)]
mod tests;
