//! Scripted brokers: no sockets, and time passes only when the script says so.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    net::SocketAddr,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    broker::{Event, HandOver, ReplyId, Settlement},
    config::{BrokerUrl, Settings, SignerType},
    connection::{Connected, Failure, Opened},
    deadline::Deadline,
    error::{Condition, Error, Phase, Subject},
    failover::Connect,
    session::{Beginning, Login, Target},
    signing::Request,
};

/// The result of an attempt, after this time.
pub(super) struct Answer {
    pub(super) after: Duration,
    pub(super) result: Result<Opening, Failure>,
}

/// A connection that was opened.
#[derive(Default)]
pub(super) struct Opening {
    /// Why its sender is refused.
    pub(super) sender: Option<Error>,
    /// The events of successive waits, each after this time; then it is quiet.
    pub(super) events: Vec<(Duration, Result<Event, Error>)>,
}

/// An attempt, as the script saw it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    /// The time since the start.
    pub(super) at: Duration,
    pub(super) broker: String,
    pub(super) login: Login,
    pub(super) target: Target,
    pub(super) first_reply: u64,
    /// The earlier attempts at this broker.
    pub(super) earlier: u32,
    /// The time that it has.
    pub(super) time: Duration,
    pub(super) address: SocketAddr,
}

#[derive(Clone)]
pub(super) struct Script {
    start: Instant,
    now: Rc<Cell<Instant>>,
    answers: Rc<RefCell<VecDeque<Answer>>>,
    /// The addresses that every name has.
    pub(super) addresses: Rc<RefCell<Vec<SocketAddr>>>,
    pub(super) attempts: Rc<RefCell<Vec<Attempt>>>,
    /// The time that each close had.
    pub(super) closes: Rc<RefCell<Vec<Duration>>>,
}

impl Script {
    /// After the last answer every broker fails at once.
    pub(super) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let start = Instant::now();
        Self {
            start,
            now: Rc::new(Cell::new(start)),
            answers: Rc::new(RefCell::new(answers.into_iter().collect())),
            addresses: Rc::new(RefCell::new(vec![([127, 0, 0, 1], 5672).into()])),
            attempts: Rc::default(),
            closes: Rc::default(),
        }
    }

    /// Adds an answer.
    pub(super) fn answer(&self, answer: Answer) {
        self.answers.borrow_mut().push_back(answer);
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now.get() - self.start
    }

    pub(super) fn at(&self, seconds: u64) -> Deadline {
        Deadline::after(self.start, Duration::from_secs(seconds), Phase::Reply)
    }

    pub(super) fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    /// The brokers that were tried, in order.
    pub(super) fn brokers(&self) -> Vec<String> {
        self.attempts.borrow().iter().map(|attempt| attempt.broker.clone()).collect()
    }
}

impl Connect for Script {
    type Connection = Scripted;

    /// The attempts at the broker.
    type Memory = Cell<u32>;

    fn now(&self) -> Instant {
        self.now.get()
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        self.now.set(self.now.get().max(until));
        Ok(())
    }

    fn addresses(&self, _: &BrokerUrl, _: &Deadline) -> Result<Vec<SocketAddr>, Error> {
        Ok(self.addresses.borrow().clone())
    }

    fn open(
        &self,
        url: &BrokerUrl,
        address: SocketAddr,
        Beginning { login, target }: Beginning,
        first_reply: u64,
        memory: &Cell<u32>,
        deadline: &Deadline,
    ) -> Result<Opened<Scripted>, Failure> {
        let time = deadline.remaining(self.now());
        let (at, broker) = (self.elapsed(), url.host.clone());
        self.attempts.borrow_mut().push(Attempt {
            at,
            broker,
            login,
            target,
            first_reply,
            earlier: memory.replace(memory.get() + 1),
            time,
            address,
        });
        let answer = self.answers.borrow_mut().pop_front();
        let Answer { after, result } = answer.unwrap_or_else(|| after(0, Err(silent(url))));
        self.pass(after);
        let opening = result?;
        let connection = Scripted {
            script: self.clone(),
            target,
            first_reply,
            replies: 0,
            events: opening.events.into(),
        };
        Ok((connection, opening.sender.map_or(Ok(()), Err)))
    }
}

/// A connection of a script.
pub(super) struct Scripted {
    script: Script,
    target: Target,
    first_reply: u64,
    replies: u64,
    events: VecDeque<(Duration, Result<Event, Error>)>,
}

impl Connected for Scripted {
    fn send(&mut self, _entry: usize, _request: &Request) -> HandOver {
        HandOver::Done
    }

    fn take_events(&mut self) -> VecDeque<Event> {
        VecDeque::new()
    }

    fn flush(&mut self) -> bool {
        true
    }

    fn holds(&self, _entry: usize) -> bool {
        false
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        let Some((after, event)) = self.events.pop_front() else {
            self.script.sleep(deadline.at())?;
            return Ok(Event::Quiet);
        };
        self.script.pass(after);
        self.replies += u64::from(matches!(event, Ok(Event::Reply { .. })));
        event
    }

    fn settle(&mut self, _reply: ReplyId, _settlement: Settlement<'_>) {}

    fn next_reply(&self) -> u64 {
        self.first_reply + self.replies
    }

    fn is_anonymous(&self) -> bool {
        self.target != Target::Address
    }

    fn has_missed_replies(&self) -> bool {
        false
    }

    fn outlasts_connection(&self) -> bool {
        false
    }

    fn close(self, _stays: bool, deadline: &Deadline) {
        self.script.closes.borrow_mut().push(deadline.remaining(self.script.now()));
    }
}

/// Settings with these brokers, and with keys replaced or added.
pub(super) fn settings(brokers: &[&str], keys: &[(&str, &str)]) -> Settings {
    let urls: Vec<_> = brokers.iter().map(|host| format!("amqp://{host}:5672")).collect();
    let mut text = format!("msg_signer:\n  messaging_brokers: {urls:?}\n");
    let base = [
        ("topic_send_to", "a"),
        ("topic_listen_to", "b"),
        ("environment", "prod"),
        ("service", "me"),
        ("timeout", "60"),
        ("retries", "1"),
        ("send_retries", "1"),
        ("message_id_key", "request_id"),
    ];
    let other = base.iter().filter(|(key, _)| keys.iter().all(|(given, _)| given != key));
    for (key, value) in other.chain(keys) {
        text += &format!("  {key}: {value}\n");
    }
    Settings::parse(&text, Path::new("f.yaml"), SignerType::Single, &|_| None).unwrap()
}

pub(super) fn after(seconds: u64, result: Result<Opening, Failure>) -> Answer {
    Answer { after: Duration::from_secs(seconds), result }
}

/// A broker that gives no answer.
pub(super) fn silent(url: &BrokerUrl) -> Failure {
    Failure::OfBroker(Error::Timeout {
        broker: url.to_string(),
        phase: Phase::Open,
        after: Duration::from_secs(1),
    })
}

pub(super) fn lost() -> Error {
    Error::Protocol { broker: "b".into(), phase: Phase::Reply, problem: "garbage".into() }
}

pub(super) fn refused(what: Subject, condition: &str) -> Error {
    Error::Refused { broker: "b".into(), what, condition: Condition::new(condition, "no") }
}
