//! A broker that speaks AMQP 1.0.

mod endings;
mod links;
mod login;
mod replies;
mod requests;

use std::{collections::HashMap, time::Duration};

use amqp_frames::{Frame, HEARTBEAT, Incoming, Reader, Value, close, detach, end, performative};

use super::{Line, Peer, State};
use crate::simulation::{agenda::Timer, stream::End, witness::Told, world::Shared};

/// One connection, as its broker has it.
pub(super) struct Amqp {
    line: Line,
    reader: Reader,
    /// Where the frame began that was read last.
    begun: u64,
    stage: login::Stage,
    /// The heartbeats that the client asked for.
    client_idle: Option<Duration>,
    is_closing: bool,
    session: links::Session,
    receiver: Option<links::Outgoing>,
    sender: Option<links::Incoming>,
    /// Replies on their way, by their delivery's number: where they stand in the witness's list.
    unsettled: HashMap<u32, usize>,
}

impl Amqp {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            reader: Reader::new(),
            begun: 0,
            stage: login::Stage::Header,
            client_idle: None,
            is_closing: false,
            session: links::Session::default(),
            receiver: None,
            sender: None,
            unsettled: HashMap::new(),
        }
    }

    fn read(&mut self, shared: &mut Shared) {
        while self.line.state == State::Up {
            let read = match self.reader.next() {
                None => return,
                Some(Err(error)) => {
                    shared.witness.violation(format!("#{}: not AMQP: {error}", self.line.number));
                    return;
                }
                Some(Ok(read)) => read,
            };
            let begun = self.begun;
            self.begun = self.line.fed - self.reader.rest().len() as u64;
            match read {
                Incoming::Header(header) => self.header(header, shared),
                Incoming::Heartbeat => {
                    shared.witness.note(shared.agenda.now(), self.line.number, "a heartbeat", &[]);
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
                let (_, known) = self.line.written(begun);
                shared.witness.connections[self.line.number].closed = Some(known);
                shared.witness.note(
                    shared.agenda.now(),
                    self.line.number,
                    "the client closes",
                    &[],
                );
                self.say(&close(Value::Null), shared);
                self.end(End::Eof, shared);
            }
            other => shared.witness.violation(format!("#{}: frame {other:#x}", self.line.number)),
        }
    }

    /// Writes a frame; where it ends.
    fn say(&mut self, frame: &Frame, shared: &mut Shared) -> Told {
        self.say_bytes(&frame.encode(), shared)
    }

    fn say_bytes(&mut self, bytes: &[u8], shared: &mut Shared) -> Told {
        let (told, faults) = self.line.put(bytes, shared);
        if faults {
            self.let_fault_happen(shared);
        }
        told
    }
}

impl Peer for Amqp {
    fn line(&self) -> &Line {
        &self.line
    }

    fn line_mut(&mut self) -> &mut Line {
        &mut self.line
    }

    fn feed(&mut self, bytes: &[u8], shared: &mut Shared) {
        self.reader.feed(bytes);
        self.read(shared);
    }

    fn fault(&mut self, shared: &mut Shared) {
        self.let_fault_happen(shared);
    }

    fn act(&mut self, timer: Timer, shared: &mut Shared) {
        match timer {
            Timer::Outcome(number) => self.outcome_is_due(number, shared),
            Timer::Grant(credit) => self.grant(credit, false, shared),
            Timer::Window => self.open_window(shared),
            Timer::Heartbeat => {
                self.say_bytes(&HEARTBEAT, shared);
                self.plan_heartbeat(shared);
            }
            Timer::IdleCheck => self.idle_check(shared),
            Timer::Answer | Timer::Fault | Timer::GiveUp => {}
        }
    }

    fn deliver(&mut self, shared: &mut Shared) {
        self.deliver_replies(shared);
    }

    fn leave(&mut self, how: End, shared: &mut Shared) {
        self.end(how, shared);
    }
}
