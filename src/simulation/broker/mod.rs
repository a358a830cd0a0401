//! A scripted broker's end of one connection, on bytes.

mod endings;
mod links;
mod login;
mod replies;
mod requests;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use amqp_frames::{Frame, HEARTBEAT, Incoming, Reader, Value, close, detach, end, performative};

use super::{
    agenda::{Due, Timer},
    plan::{ConnectionPlan, Fault, Trigger},
    stream::{End, Stream},
    witness::{Known, Told},
    world::Shared,
};

/// How a broker's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    /// No byte moves any more, and the connection stays.
    Silent,
    Gone,
}

/// One connection, as its broker has it.
pub(crate) struct Peer {
    pub(crate) number: usize,
    pub(crate) broker: usize,
    pub(crate) plan: ConnectionPlan,
    pub(crate) to_client: Stream,
    pub(crate) to_broker: Stream,
    pub(crate) state: State,
    /// How far the client read, before its last reads too.
    pub(crate) reads: Known,
    /// Up to which byte the client wrote when, and what it knew.
    pub(crate) marks: VecDeque<(u64, Duration, Known)>,
    /// How far the client had read when its output was first held up.
    pub(crate) stuck: Option<u64>,
    reader: Reader,
    /// Bytes fed to the reader, and where the frame began that it read last.
    fed: u64,
    begun: u64,
    /// Bytes told, whether they went out or not.
    told: u64,
    stage: login::Stage,
    /// The heartbeats that the client asked for.
    client_idle: Option<Duration>,
    heard: Duration,
    faulted: bool,
    is_closing: bool,
    session: links::Session,
    receiver: Option<links::Outgoing>,
    sender: Option<links::Incoming>,
    /// Replies on their way, by their delivery's number: where they stand in the witness's list.
    unsettled: HashMap<u32, usize>,
}

impl Peer {
    pub(crate) fn new(number: usize, broker: usize, plan: ConnectionPlan) -> Self {
        Self {
            number,
            broker,
            to_client: Stream::new(plan.latency, plan.pace),
            to_broker: Stream::new(plan.latency, plan.pace),
            plan,
            state: State::Up,
            reads: [0; 3],
            marks: VecDeque::new(),
            stuck: None,
            reader: Reader::new(),
            fed: 0,
            begun: 0,
            told: 0,
            stage: login::Stage::Header,
            client_idle: None,
            heard: Duration::ZERO,
            faulted: false,
            is_closing: false,
            session: links::Session::default(),
            receiver: None,
            sender: None,
            unsettled: HashMap::new(),
        }
    }

    /// Begins: a fault may come at a certain time.
    pub(crate) fn start(&mut self, shared: &mut Shared) {
        match self.plan.fault {
            Some((Trigger::After(delay), _)) => {
                shared.agenda.after(delay, Due::Timer(self.number, Timer::Fault));
            }
            Some((Trigger::ToClient(0) | Trigger::ToBroker(0), _)) => self.fault(shared),
            _ => {}
        }
    }

    /// Takes in what has arrived from the client.
    pub(crate) fn arrival(&mut self, shared: &mut Shared) {
        let mut buffer = [0; 4096];
        while self.state == State::Up {
            let mut most = buffer.len();
            if let Some((Trigger::ToBroker(limit), _)) = self.plan.fault
                && !self.faulted
            {
                most = most.min((limit - self.fed) as usize);
            }
            let count = self.to_broker.read(shared.agenda.now(), &mut buffer[..most]);
            if count == 0 {
                break;
            }
            self.heard = shared.agenda.now();
            self.fed += count as u64;
            self.reader.feed(&buffer[..count]);
            self.read(shared);
            if let Some((Trigger::ToBroker(limit), _)) = self.plan.fault
                && self.fed == limit
            {
                self.fault(shared);
            }
        }
    }

    fn read(&mut self, shared: &mut Shared) {
        while self.state == State::Up {
            let read = match self.reader.next() {
                None => return,
                Some(Err(error)) => {
                    shared.witness.violation(format!("#{}: not AMQP: {error}", self.number));
                    return;
                }
                Some(Ok(read)) => read,
            };
            let begun = self.begun;
            self.begun = self.fed - self.reader.rest().len() as u64;
            match read {
                Incoming::Header(header) => self.header(header, shared),
                Incoming::Heartbeat => {
                    shared.witness.note(shared.agenda.now(), self.number, "a heartbeat", &[]);
                }
                Incoming::Frame(frame) => self.frame(&frame, begun, shared),
            }
        }
    }

    fn frame(&mut self, frame: &Frame, begun: u64, shared: &mut Shared) {
        match frame.code {
            performative::sasl_init::CODE => self.sasl_init(frame, shared),
            performative::open::CODE => self.open(frame, shared),
            performative::begin::CODE => self.begin(shared),
            performative::attach::CODE => self.attach(frame, shared),
            performative::flow::CODE => self.flow(frame, shared),
            performative::transfer::CODE => self.transfer(frame, begun, shared),
            performative::disposition::CODE => self.disposition(frame, shared),
            detach::CODE => {}
            end::CODE => {
                self.say(&end(Value::Null), shared);
            }
            close::CODE => {
                let (_, known) = self.written(begun);
                shared.witness.connections[self.number].closed = Some(known);
                shared.witness.note(shared.agenda.now(), self.number, "the client closes", &[]);
                self.say(&close(Value::Null), shared);
                self.leave(End::Eof, shared);
            }
            other => shared.witness.violation(format!("#{}: frame {other:#x}", self.number)),
        }
    }

    /// When the client wrote the byte at this position, and what it knew then.
    fn written(&mut self, position: u64) -> (Duration, Known) {
        while self.marks.len() > 1 && self.marks.front().is_some_and(|mark| mark.0 <= position) {
            self.marks.pop_front();
        }
        self.marks.front().map_or_else(Default::default, |&(_, at, known)| (at, known))
    }

    /// Writes a frame; where it ends.
    fn say(&mut self, frame: &Frame, shared: &mut Shared) -> Told {
        self.say_bytes(&frame.encode(), shared)
    }

    fn say_bytes(&mut self, bytes: &[u8], shared: &mut Shared) -> Told {
        let mut length = bytes.len();
        let mut now = false;
        if let Some((Trigger::ToClient(limit), fault)) = &self.plan.fault
            && !self.faulted
            && self.told + length as u64 >= *limit
        {
            now = true;
            if matches!(fault, Fault::Cut(_) | Fault::Silence) {
                length = (limit - self.told.min(*limit)) as usize;
            }
        }
        self.told += bytes.len() as u64;
        if self.state == State::Up && length > 0 {
            for arrival in self.to_client.write(shared.agenda.now(), &bytes[..length]) {
                shared.agenda.at(arrival, Due::Nudge);
            }
        }
        let told = Told { connection: self.number, end: self.told };
        if now {
            self.fault(shared);
        }
        told
    }

    /// What the broker does by itself at a certain time.
    pub(crate) fn timer(&mut self, timer: Timer, shared: &mut Shared) {
        match timer {
            Timer::GiveUp => return self.leave(End::Eof, shared),
            _ if self.state != State::Up => return,
            _ => {}
        }
        match timer {
            Timer::Outcome(number) => self.outcome_is_due(number, shared),
            Timer::Grant(credit) => self.grant(credit, false, shared),
            Timer::Window => self.open_window(shared),
            Timer::Fault => self.fault(shared),
            Timer::Heartbeat => {
                self.say_bytes(&HEARTBEAT, shared);
                self.plan_heartbeat(shared);
            }
            Timer::IdleCheck => self.idle_check(shared),
            Timer::GiveUp => {}
        }
    }
}
