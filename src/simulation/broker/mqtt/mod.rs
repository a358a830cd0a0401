//! A broker that speaks MQTT 5.0 and 3.1.1, on packets of its own.

mod cursor;
mod endings;
mod login;
mod plan;
mod read;
mod replies;
mod requests;
mod sessions;
mod write;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Line, Peer, State};
use crate::simulation::{
    agenda::Timer,
    plan::{Outcome, Trigger},
    stream::End,
    witness::Told,
    world::Shared,
};
pub(crate) use login::{A_SIZE, NO_REQUESTS};
pub(crate) use plan::{Connack, MqttPlan, Suback};
use read::{Packet, Reader};
use sessions::Session;
pub(crate) use sessions::Sessions;

/// One connection, as its broker has it.
pub(super) struct Mqtt {
    line: Line,
    reader: Reader,
    /// Where the packet began that was read last.
    begun: u64,
    client: Option<Client>,
    /// The client's packet id of the SUBSCRIBE, and the broker's answer.
    subscription: Option<(u16, Option<Told>)>,
    /// Requests on this connection.
    requests: Vec<Request>,
    /// The packet ids of requests that are still to come again, in order.
    owed: VecDeque<u16>,
    /// Replies on their way, by packet id: where they stand in the witness's list.
    unsettled: BTreeMap<u16, usize>,
    is_closing: bool,
}

/// Who the client says that it is.
#[derive(Debug)]
struct Client {
    level: u8,
    id: String,
    /// In seconds.
    expiry: u32,
    keep_alive: Option<Duration>,
    /// Replies that may be on their way.
    most_replies: usize,
}

/// A request as it came on this connection.
#[derive(Debug)]
struct Request {
    id: u16,
    /// Where it stands in the witness's list.
    sending: usize,
    outcome: Outcome,
    /// The acknowledgement.
    told: Option<Told>,
}

impl Mqtt {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            reader: Reader::default(),
            begun: 0,
            client: None,
            subscription: None,
            requests: vec![],
            owed: VecDeque::new(),
            unsettled: BTreeMap::new(),
            is_closing: false,
        }
    }

    fn read(&mut self, shared: &mut Shared) {
        while self.line.state == State::Up {
            let packet = match self.reader.next() {
                None => return,
                Some(Err(error)) => return self.line.violates(&error, shared),
                Some(Ok(packet)) => packet,
            };
            let begun = self.begun;
            self.begun = self.line.fed - self.reader.rest() as u64;
            if self.is_closing {
                continue;
            }
            if self.client.is_none() != matches!(packet, Packet::Connect(_)) {
                self.line.violates("a packet out of turn", shared);
                return self.end(End::Eof, shared);
            }
            match packet {
                Packet::Connect(connect) => self.connect(connect, shared),
                Packet::Subscribe { id, filter, options } => {
                    self.subscribe(id, &filter, options, begun, shared);
                }
                Packet::Publish(publish) => self.publish(publish, begun, shared),
                Packet::Puback { id, code } => self.puback(id, code, begun, shared),
                Packet::Pingreq => self.pingreq(shared),
                Packet::Disconnect { code, expiry } => {
                    self.disconnected(code, expiry, begun, shared);
                }
            }
        }
    }

    fn is_new(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.level == 5)
    }

    /// The session that this connection has, unless another one has taken it over.
    fn session<'a>(&self, shared: &'a mut Shared) -> Option<&'a mut Session> {
        let client = self.client.as_ref()?;
        let session = shared.sessions.get(self.line.broker, &client.id)?;
        (session.on == Some(self.line.number)).then_some(session)
    }

    /// Ends the connection of a client that has come back by another one.
    fn is_taken_over(&mut self, shared: &mut Shared) -> bool {
        let is_taken_over = self.client.is_some() && self.session(shared).is_none();
        if is_taken_over {
            shared.witness.saw("session: taken over");
            self.end(End::Eof, shared);
        }
        is_taken_over
    }

    fn say(&mut self, bytes: &[u8], shared: &mut Shared) -> Told {
        let (told, faults) = self.line.put(bytes, shared);
        if faults {
            self.let_fault_happen(shared);
        }
        told
    }

    /// Whether the planned fault comes with the request of this number.
    fn is_fault_at(&self, number: usize) -> bool {
        matches!(self.line.plan.fault, Some((Trigger::AtRequest(at), _)) if at == number)
    }
}

impl Peer for Mqtt {
    fn line(&self) -> &Line {
        &self.line
    }

    fn line_mut(&mut self) -> &mut Line {
        &mut self.line
    }

    fn feed(&mut self, bytes: &[u8], shared: &mut Shared) {
        if !self.is_taken_over(shared) {
            self.reader.feed(bytes);
            self.read(shared);
        }
    }

    fn fault(&mut self, shared: &mut Shared) {
        self.let_fault_happen(shared);
    }

    fn act(&mut self, timer: Timer, shared: &mut Shared) {
        if self.is_taken_over(shared) {
            return;
        }
        match timer {
            Timer::Outcome(number) => self.acknowledge(number, shared),
            Timer::Answer => self.answer_subscription(shared),
            Timer::IdleCheck => self.idle_check(shared),
            Timer::Grant(_) | Timer::Window | Timer::Heartbeat => {}
            Timer::Fault | Timer::GiveUp => {}
        }
    }

    fn deliver(&mut self, shared: &mut Shared) {
        self.deliver_replies(shared);
    }

    fn leave(&mut self, how: End, shared: &mut Shared) {
        self.end(how, shared);
    }
}
