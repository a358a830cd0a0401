//! A broker that is a script.

use std::{
    collections::{HashSet, VecDeque},
    io,
    sync::Arc,
    time::Instant,
};

use super::{super::*, fates::Fates};
use crate::{
    broker::ReplyId,
    error::{Condition, Subject},
    signing::{
        Image, Items, Judge, Key, Outcome, RawReply, ReplyBody, Request, RequestId, Return, Signed,
        Stamp, samples,
    },
};
use Step::*;

/// What the broker does when the client waits; after the last step it is quiet.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Credit(usize),
    Accept(usize),
    Reject(usize),
    Return(usize),
    Forget(usize),
    Reply(usize),
    /// A reply whose value does not count.
    Forged(usize),
    Foreign,
    Malformed,
    Reconnect,
    RefuseSending,
    /// Requests that are handed over stay in the client until there is credit again.
    Hold,
    Quiet,
    /// The run is stopped from outside.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Settled {
    Accepted,
    Rejected,
    Released,
}

pub(super) struct Script {
    pub(super) steps: VecDeque<Step>,
    pub(super) retries: u32,
    /// The number of windows of this cycle that have ended.
    pub(super) windows: u32,
    /// The requests that were handed over in this cycle.
    pub(super) handed: HashSet<usize>,
    /// Nothing is sent, and one request waits for that.
    pub(super) held: bool,
    pub(super) waits: bool,
    pub(super) fates: Fates,
    /// A request of this cycle was sent, or had an outcome or a reply all the same.
    pub(super) went_out: bool,
    /// The requests that the broker would never accept.
    pub(super) never: HashSet<usize>,
    /// The requests that contain a file that cannot be read.
    pub(super) unreadable: HashSet<usize>,
    /// The deadline of this phase's wait; `None`: it may begin again.
    pub(super) clock: Option<(Phase, Instant)>,
    /// Requests wait for room: an outcome that makes it moves the deadline, in either phase, beyond this.
    pub(super) has_bound: bool,
    pub(super) moves_beyond: Option<Instant>,
    pub(super) answered: HashSet<usize>,
    pub(super) credit: usize,
    /// The requests that were handed over, in order.
    pub(super) sent: Vec<usize>,
    /// How many of them there were before each wait.
    pub(super) sent_before: Vec<usize>,
    /// The requests without an outcome on this connection.
    pub(super) in_flight: HashSet<usize>,
    /// The requests that were accepted in this cycle.
    pub(super) accepted: HashSet<usize>,
    /// What became of each reply, in order.
    pub(super) settled: Vec<Settled>,
    pub(super) replies: u64,
    pub(super) progress: usize,
}

impl Script {
    pub(super) fn new(credit: usize, retries: u32, steps: &[Step]) -> Self {
        Self {
            steps: steps.to_vec().into(),
            retries,
            windows: 0,
            handed: HashSet::new(),
            held: false,
            waits: false,
            fates: Fates::default(),
            went_out: false,
            never: HashSet::new(),
            unreadable: HashSet::new(),
            clock: None,
            has_bound: false,
            moves_beyond: None,
            answered: HashSet::new(),
            credit,
            sent: vec![],
            sent_before: vec![],
            in_flight: HashSet::new(),
            accepted: HashSet::new(),
            settled: vec![],
            replies: 0,
            progress: 0,
        }
    }

    /// Notes that a wait has ended without an event; the last one of a cycle ends the cycle.
    fn quiet(&mut self, phase: Phase) {
        self.windows += u32::from(phase == Phase::Reply);
        let is_hopeless = !self.went_out && !self.fates.may_any_be_answered();
        if self.windows == self.retries || (phase == Phase::Send && is_hopeless) {
            self.windows = 0;
            self.went_out = false;
            self.fates.cycle_ended();
            self.handed.clear();
            self.accepted.clear();
        }
    }

    /// Only a silence and an expected reply move the deadline of a wait; while sending, an outcome does so, too.
    fn check_clock(&mut self, deadline: &Deadline, step: &Step) {
        let clock = (deadline.phase(), deadline.at());
        assert!(self.moves_beyond.take().is_none_or(|before| deadline.at() > before));
        if let Some(before) = self.clock.take_if(|(phase, _)| *phase == clock.0) {
            assert_eq!(clock, before, "the deadline was moved without a reason");
        }
        let progress = match step {
            Reply(entry) => self.answered.insert(*entry),
            Accept(_) | Reject(_) | Return(_) => clock.0 == Phase::Send,
            _ => false,
        };
        self.went_out |= progress;
        let restarts = progress || matches!(step, Quiet);
        self.clock = (!restarts).then_some(clock);
    }

    fn reply(&mut self, text: String) -> Event {
        self.replies += 1;
        let body = ReplyBody::Bytes(text.into_bytes());
        Event::Reply { id: ReplyId(self.replies), reply: RawReply { body, properties: None } }
    }
}

impl Broker for Script {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn send(&mut self, entry: usize, _request: &Request) -> HandOver {
        if self.never.contains(&entry) {
            return HandOver::Never(Condition::new("amqp:link:message-size-exceeded", ""));
        }
        if self.unreadable.contains(&entry) {
            let source = io::ErrorKind::NotFound.into();
            return HandOver::Failed(Error::InputFile { path: "gone".into(), source });
        }
        if self.credit == 0 || self.waits {
            return HandOver::NotNow;
        }
        self.waits = self.held;
        assert!(!self.accepted.contains(&entry), "an accepted request was sent again in its cycle");
        self.credit -= 1;
        // A request that is sent for the first time in its cycle is progress in sending.
        if self.handed.insert(entry) {
            let moved = self.clock.take_if(|(phase, _)| *phase == Phase::Send || self.has_bound);
            self.moves_beyond = moved.map(|(_, before)| before);
        }
        self.sent.push(entry);
        self.in_flight.insert(entry);
        self.fates.handed_over(entry);
        HandOver::Done
    }

    fn flush(&mut self) -> bool {
        let is_any_going_out = !self.fates.going_out.is_empty();
        assert!(is_any_going_out, "what else is to be written goes out before the next wait");
        if !self.held {
            self.went_out |= self.fates.all_out();
        }
        !self.held
    }

    fn holds(&self, entry: usize) -> bool {
        self.fates.going_out.contains(&entry)
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        self.sent_before.push(self.sent.len());
        let outcome = |entry, outcome| Event::Outcome { entry, outcome };
        let step = loop {
            match self.steps.pop_front().unwrap_or(Quiet) {
                // A broker disposes of what it has, once.
                Accept(entry) | Reject(entry) | Return(entry) | Forget(entry)
                    if !self.in_flight.remove(&entry) => {}
                step => break step,
            }
        };
        self.check_clock(deadline, &step);
        self.fates.change(&step);
        match step {
            Accept(entry) => drop(self.accepted.insert(entry)),
            Reconnect => {
                self.in_flight.clear();
                (self.held, self.waits) = (false, false);
            }
            Quiet => self.quiet(deadline.phase()),
            _ => {}
        }
        Ok(match step {
            Credit(more) => {
                self.credit += more;
                (self.held, self.waits) = (false, false);
                Event::Writable
            }
            Hold => {
                self.held = true;
                Event::Writable
            }
            Accept(entry) => outcome(entry, Outcome::Accepted),
            Reject(entry) => {
                outcome(entry, Outcome::Undeliverable(Condition::new("amqp:internal-error", "no")))
            }
            Return(entry) => outcome(entry, Outcome::Returned(Return::Released)),
            Forget(entry) => outcome(entry, Outcome::Unknown),
            Reply(entry) => self.reply(format!(
                r#"{{"msg": {{"request_id": "id-{entry}", "signed_claim": "c2ln"}}}}"#
            )),
            Forged(entry) => self.reply(format!(
                r#"{{"msg": {{"request_id": "id-{entry}", "signed_claim": "Zm9yZ2Vk"}}}}"#
            )),
            Foreign => self.reply(r#"{"msg": {"request_id": "foreign"}}"#.into()),
            Malformed => self.reply("no JSON".into()),
            Reconnect => Event::Reconnected,
            RefuseSending => Event::SendingRefused(Error::Refused {
                broker: "amqp://b".into(),
                what: Subject::Sending("a".into()),
                condition: Condition::new("amqp:unauthorized-access", "may not"),
            }),
            Quiet => Event::Quiet,
            Stop => return Err(Error::Interrupted),
        })
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        assert_eq!(reply.0, self.replies, "replies are settled one by one");
        self.settled.push(match settlement {
            Settlement::Accept => Settled::Accepted,
            Settlement::Reject(_) => Settled::Rejected,
            Settlement::Release => Settled::Released,
        });
    }

    fn progress(&mut self) {
        self.progress += 1;
    }
}

pub(super) fn ledger(count: usize) -> Ledger {
    let image =
        |index| Image::lenient(format!("sha256:{index}"), format!("host/repo:{index}")).unwrap();
    let images = Items::Images((0..count).map(image).collect());
    let mut ids = (0..).map(|index| Stamp {
        request_id: RequestId::of_text(format!("id-{index}")),
        created: "now".into(),
    });
    let ledger = Ledger::new(
        &samples::operation(images),
        &samples::CONTEXT,
        &mut || ids.next().unwrap(),
        "request_id",
    );
    ledger.unwrap().judged_by(Arc::new(Word("c2ln")))
}

/// Only this value counts.
struct Word(&'static str);

impl Judge for Word {
    fn knows(&self, _: &Key) -> bool {
        true
    }

    fn fault(&self, value: &str, _: Signed<'_>, _: &Key) -> Option<String> {
        (value != self.0).then(|| "forged".to_owned())
    }
}
