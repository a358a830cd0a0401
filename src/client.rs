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
    broker::{Broker, Event, Handed},
    deadline::Deadline,
    error::{Error, Phase},
    signing::{Ledger, Taken},
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
pub(crate) fn sign(broker: &mut impl Broker, ledger: &mut Ledger, plan: &Plan) -> Result<(), Error> {
    let mut run = Loops { broker, ledger, timeout: plan.timeout, refusal: None };
    for cycle in 1..=plan.send_retries {
        run.ledger.begin_cycle();
        log::info!("cycle {cycle} of {}: {} requests to send", plan.send_retries, run.ledger.open());
        if !run.send_open()? {
            log::warn!("cycle {cycle}: the broker let nothing be sent for {} s", plan.timeout.as_secs_f64());
            continue;
        }
        for window in 1..=plan.retries {
            log::debug!("cycle {cycle}, window {window} of {}: {} open", plan.retries, run.ledger.open());
            if window > 1 {
                run.ledger.begin_window();
            }
            run.receive()?;
            if run.ledger.open() == 0 {
                return Ok(());
            }
            log::warn!("no reply for {} s, {} open", plan.timeout.as_secs_f64(), run.ledger.open());
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
}

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
        let mut silence = Deadline::after(self.timeout, Phase::Send);
        let mut sent = false;
        while self.refusal.is_none() && self.ledger.open() > 0 {
            if self.hand_over() {
                sent = true;
                silence.restart();
            }
            if !self.ledger.has_unsent() && self.broker.flush() {
                return Ok(true);
            }
            match self.take(&silence)? {
                Came::Nothing => break,
                Came::Outcome | Came::ExpectedReply => silence.restart(),
                Came::Other => {}
            }
        }
        Ok(sent || self.refusal.is_some() || self.ledger.open() == 0)
    }

    /// Waits until nothing is open, or for `timeout` without an expected reply.
    fn receive(&mut self) -> Result<(), Error> {
        let mut silence = Deadline::after(self.timeout, Phase::Reply);
        while self.goes_on()? {
            self.hand_over();
            match self.take(&silence)? {
                Came::Nothing => return self.refusal.take().map_or(Ok(()), Err),
                Came::ExpectedReply => silence.restart(),
                Came::Outcome | Came::Other => {}
            }
        }
        Ok(())
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
                Handed::Over => new |= self.ledger.sent(entry),
                Handed::NotNow => break,
                Handed::Never(condition) => self.ledger.undeliverable(entry, condition),
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
                self.ledger.outcome(entry, outcome);
                Came::Outcome
            }
            Event::Reply { id, reply } => {
                let taken = self.ledger.reply(reply);
                self.broker.settle(id, if let Taken::Malformed(reason) = &taken { Err(reason) } else { Ok(()) });
                if taken == Taken::Expected { Came::ExpectedReply } else { Came::Other }
            }
        };
        if matches!(came, Came::Outcome | Came::ExpectedReply) {
            self.broker.progress();
        }
        Ok(came)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use super::*;
    use crate::{
        broker::ReplyId,
        error::Condition,
        signing::{self, ContainerSign, Context, Keys, Operation, Outcome, RawReply, Stamp},
    };

    /// A broker that takes everything and says what the script says, then nothing.
    struct Script {
        events: VecDeque<Event>,
        sent: Vec<usize>,
        settled: Vec<bool>,
    }

    impl Broker for Script {
        fn send(&mut self, entry: usize, _: &crate::signing::Request) -> Handed {
            self.sent.push(entry);
            Handed::Over
        }

        fn flush(&mut self) -> bool {
            true
        }

        fn next(&mut self, _: &Deadline) -> Result<Event, Error> {
            Ok(self.events.pop_front().unwrap_or(Event::Quiet))
        }

        fn settle(&mut self, _: ReplyId, verdict: Result<(), &str>) {
            self.settled.push(verdict.is_ok());
        }

        fn progress(&mut self) {}
    }

    /// Two requests with the ids 0 and 1, and a broker with this script; one cycle of one window.
    fn run(events: impl IntoIterator<Item = Event>) -> (Result<(), Error>, Script, usize) {
        let operation = Operation::Container(ContainerSign {
            digests: vec!["sha256:1".into(), "sha256:2".into()],
            references: vec!["a/b:1".into(), "a/b:2".into()],
            keys: Keys { ids: vec!["k".into()], names: Vec::new() },
            task_id: "1".into(),
            requester: None,
        });
        let context = Context {
            creator: "c",
            environment: "e",
            service: "s",
            task_id_attribute: "pub_task_id",
            key_aliases: &BTreeMap::new(),
            chunk_size: None,
        };
        let mut ids = 0..;
        let mut stamp = || Stamp { request_id: ids.next().unwrap().to_string(), created: String::new() };
        let mut ledger = Ledger::new(operation.requests(&context, &mut stamp).unwrap(), "request_id");
        let mut script = Script { events: events.into_iter().collect(), sent: Vec::new(), settled: Vec::new() };
        let plan = Plan { timeout: Duration::from_secs(1), retries: 1, send_retries: 1 };
        let result = sign(&mut script, &mut ledger, &plan);
        (result, script, ledger.open())
    }

    fn reply(id: u64) -> Event {
        let body = format!(r#"{{"msg": {{"request_id": "{id}", "signed_claim": "x", "errors": []}}}}"#);
        let reply = RawReply { body: signing::Body::Bytes(body.into_bytes()), properties: None };
        Event::Reply { id: ReplyId(id), reply }
    }

    fn refusal() -> Event {
        let condition = Condition::new("amqp:unauthorized-access", "");
        Event::SendingRefused(Error::Refused { broker: "b".into(), what: "sending".into(), condition })
    }

    fn accepted(entry: usize) -> Event {
        Event::Outcome { entry, outcome: Outcome::Accepted }
    }

    #[test]
    fn a_refusal_after_everything_was_accepted_and_answered_takes_nothing_away() {
        let (result, script, open) = run([accepted(0), accepted(1), refusal(), reply(0), reply(1)]);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!((script.settled, open), (vec![true, true], 0));
    }

    #[test]
    fn a_refusal_with_something_unanswered_is_told_after_the_window() {
        let (result, script, open) = run([accepted(0), accepted(1), refusal(), reply(1)]);
        assert!(matches!(result, Err(Error::Refused { .. })), "{result:?}");
        assert_eq!((script.settled.len(), open), (1, 1));
    }

    #[test]
    fn a_refusal_of_one_request_is_told_though_the_others_are_answered() {
        let condition = Condition::new("amqp:unauthorized-access", "");
        let rejected = Event::Outcome { entry: 1, outcome: Outcome::Undeliverable(condition) };
        let (result, ..) = run([accepted(0), refusal(), rejected, reply(0)]);
        assert!(matches!(result, Err(Error::Refused { .. })), "{result:?}");
    }

    #[test]
    fn after_a_lost_connection_what_has_no_outcome_is_sent_again() {
        let (result, script, _) = run([accepted(0), Event::Reconnected, reply(0), reply(1)]);
        assert!(result.is_ok());
        assert_eq!(script.sent, [0, 1, 1]);
    }
}
