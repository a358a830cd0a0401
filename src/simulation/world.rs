//! The brokers, the time, and the run in between.

use std::{
    collections::{HashMap, VecDeque},
    panic::resume_unwind,
    time::{Duration, Instant},
};

use super::{
    agenda::{Agenda, Due},
    broker::{Peer, Sessions, State, peer},
    killed::Killed,
    plan::{Arrival, ConnectionPlan, Treatment},
    stream::End,
    witness::{Connection, Witness},
};
use crate::{config::Protocol, error::Error};

/// This many calls without any progress of time, nor a byte read or written, are an endless loop.
const MOST_STEPS: u32 = 20_000;

/// More things than happen in any run that ends.
const MOST_EVENTS: u32 = 300_000;

/// What decides what brokers do.
pub(crate) trait Script {
    /// What becomes of a connection to a broker: its `number`, from 0 on, of those to this broker.
    fn connection(&mut self, broker: usize, number: usize) -> ConnectionPlan;

    /// What becomes of a request.
    fn request(&mut self, arrival: &Arrival) -> Treatment;
}

/// What all brokers have in common.
pub(crate) struct Shared {
    pub(crate) agenda: Agenda,
    pub(crate) witness: Witness,
    pub(crate) script: Box<dyn Script>,
    /// The numbers of the requests, by their ids.
    pub(crate) ids: HashMap<String, usize>,
    pub(crate) protocol: Protocol,
    /// Clients are to log in with a user name.
    pub(crate) username: bool,
    /// The time after which a request need not be delivered.
    pub(crate) expiry: Duration,
    /// There is a state file: another process may go on with the session.
    pub(crate) is_recorded: bool,
    /// The first connection of the process that lives.
    pub(crate) first: usize,
    /// What brokers of MQTT keep of their clients.
    pub(crate) sessions: Sessions,
    /// Replies that wait: for each broker, or for all of them.
    pub(crate) queues: Vec<VecDeque<usize>>,
    /// A reply may be delivered that could not be before.
    pub(crate) has_replies: bool,
}

impl Shared {
    pub(crate) fn queue_of(&self, broker: usize) -> usize {
        if self.queues.len() == 1 { 0 } else { broker }
    }
}

/// What ends a run from outside, and what happens to its clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    pub(crate) interrupt: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    /// When the process is suspended, and for how long.
    pub(crate) jumps: VecDeque<(Duration, Duration)>,
}

pub(crate) struct World {
    pub(crate) base: Instant,
    /// What the client's own random numbers start from.
    pub(crate) random: u64,
    pub(crate) shared: Shared,
    pub(crate) peers: Vec<Box<dyn Peer>>,
    live: Vec<usize>,
    /// Connections to each broker so far.
    connections: Vec<usize>,
    outside: Outside,
    steps: u32,
    /// The process is killed after this many steps.
    kill_after: Option<u32>,
    stepped_at: Duration,
    events: u32,
}

impl World {
    pub(crate) fn new(shared: Shared, brokers: usize, outside: Outside, random: u64) -> Self {
        Self {
            base: Instant::now(),
            random,
            shared,
            peers: vec![],
            live: vec![],
            connections: vec![0; brokers],
            outside,
            steps: 0,
            kill_after: None,
            stepped_at: Duration::ZERO,
            events: 0,
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.shared.agenda.now()
    }

    /// A new connection to a broker.
    pub(crate) fn connect(&mut self, broker: usize) -> usize {
        let count = self.connections[broker];
        self.connections[broker] += 1;
        let number = self.peers.len();
        let plan = self.shared.script.connection(broker, count);
        let since = self.now();
        self.shared.witness.connections.push(Connection { broker, since, ..Default::default() });
        self.shared.witness.note(since, number, "connects", &[]);
        self.peers.push(peer(self.shared.protocol, number, broker, plan));
        number
    }

    /// The connection that was asked for stands.
    pub(crate) fn connected(&mut self, number: usize) {
        self.live.push(number);
        self.peers[number].start(&mut self.shared);
    }

    /// The client is done with a connection.
    pub(crate) fn hang_up(&mut self, number: usize) {
        let peer = self.peers[number].line_mut();
        let read = peer.to_client.read_so_far();
        let (now, seen) = (self.shared.agenda.now(), &mut self.shared.witness.connections[number]);
        seen.read = read;
        // A peer whose bytes come in small pieces may have more of them than the client reads at the end.
        let unread = peer.to_client.is_readable(now) && peer.plan.chunk > 1000;
        seen.left.get_or_insert((now, unread));
        if peer.state == State::Up {
            let arrival = peer.to_broker.end(self.shared.agenda.now(), End::Eof);
            self.shared.agenda.at(arrival, Due::HangUp(number));
        }
    }

    /// Lets happen what is due by now.
    pub(crate) fn settle(&mut self) {
        self.settle_until(self.now());
    }

    fn settle_until(&mut self, until: Duration) {
        self.deliver();
        while let Some(due) = self.shared.agenda.take(until) {
            self.events += 1;
            assert!(self.events < MOST_EVENTS, "the run does not end: {:?}", self.now());
            self.happen(due);
            self.deliver();
        }
        self.shared.agenda.advance(until);
    }

    fn happen(&mut self, due: Due) {
        let (peers, shared) = (&mut self.peers, &mut self.shared);
        match due {
            Due::Nudge => {}
            Due::Arrival(number) => peers[number].arrival(shared),
            Due::HangUp(number) => {
                peers[number].arrival(shared);
                peers[number].leave(End::Eof, shared);
            }
            Due::Timer(number, timer) => peers[number].timer(timer, shared),
            Due::Reply(reply) if shared.protocol == Protocol::Mqtt => shared.publish(reply),
            Due::Reply(reply) => {
                let queue = shared.witness.made[reply].queue;
                shared.queues[queue].push_back(reply);
                shared.has_replies = true;
            }
        }
    }

    /// Replies that can go out do: by the newest connection first.
    fn deliver(&mut self) {
        while std::mem::take(&mut self.shared.has_replies) {
            self.live.retain(|number| self.peers[*number].line().state != State::Gone);
            for number in self.live.iter().rev() {
                self.peers[*number].deliver(&mut self.shared);
            }
        }
    }

    /// Waits until this, or until then.
    ///
    /// # Errors
    /// What ends the run from outside.
    pub(crate) fn wait(
        &mut self,
        until: Duration,
        is_ready: impl Fn(&Self) -> bool,
    ) -> Result<(), Error> {
        self.step();
        self.check_deadline()?;
        self.settle();
        loop {
            if self.outside.interrupt.is_some_and(|at| at <= self.now()) {
                return Err(Error::Interrupted);
            }
            if is_ready(self) || self.now() >= until {
                return self.check_deadline_if(self.now() >= until);
            }
            let Outside { interrupt, deadline, .. } = self.outside;
            let stop = [interrupt, deadline].into_iter().flatten().fold(until, Duration::min);
            let next = self.shared.agenda.next().map_or(stop, |next| next.min(stop));
            if let Some(&(at, length)) = self.outside.jumps.front()
                && at <= next
            {
                self.outside.jumps.pop_front();
                self.settle_until(at.max(self.now()));
                let now = self.now();
                self.shared.witness.jumped += length;
                self.shared.witness.saw("the clock jumps");
                self.settle_until(now + length);
            } else {
                self.settle_until(next.max(self.now()));
            }
            if self.now() >= stop {
                self.check_deadline()?;
            }
        }
    }

    fn check_deadline_if(&self, passed: bool) -> Result<(), Error> {
        if passed { self.check_deadline() } else { Ok(()) }
    }

    fn check_deadline(&self) -> Result<(), Error> {
        match self.outside.deadline {
            Some(after) if after <= self.now() => Err(Error::Deadline { after }),
            _ => Ok(()),
        }
    }

    /// Notes that the client read something.
    pub(crate) fn progress(&mut self) {
        self.steps = 0;
    }

    /// Counts a call.
    pub(crate) fn step(&mut self) {
        if self.stepped_at != self.now() {
            (self.stepped_at, self.steps) = (self.now(), 0);
        }
        self.steps += 1;
        assert!(self.steps < MOST_STEPS, "the client loops at {:?}", self.now());
        self.tick();
    }

    /// Makes the process end after this many steps from now on.
    pub(crate) fn kill_after(&mut self, steps: Option<u32>) {
        self.kill_after = steps;
    }

    /// A step, after which the process may be killed.
    pub(crate) fn tick(&mut self) {
        match &mut self.kill_after {
            None => {}
            Some(0) => {
                self.kill_after = None;
                resume_unwind(Box::new(Killed));
            }
            Some(steps) => *steps -= 1,
        }
    }

    /// The process has ended with all its connections, and some time passes.
    pub(crate) fn killed(&mut self, pause: Duration) {
        if self.shared.witness.prints {
            super::print(&format!("{:>12.3?}  the process is killed", self.now()));
        }
        for number in 0..self.peers.len() {
            if !self.live.contains(&number) {
                self.peers[number].line_mut().state = State::Gone;
            }
            if self.shared.witness.connections[number].left.is_none() {
                self.hang_up(number);
            }
        }
        self.shared.sessions.forget_requests();
        self.shared.first = self.peers.len();
        self.settle_until(self.now() + pause);
    }

    /// After the run: what the client wrote reaches the brokers.
    pub(crate) fn finish(&mut self) {
        self.settle_until(self.now() + Duration::from_secs(30));
    }
}
