//! One connection to one broker: the engine on a wire.

mod ending;
mod explain;
mod pump;
mod requests;
mod translate;

use std::{
    collections::{HashMap, VecDeque},
    ffi::CString,
    time::Duration,
};

use crate::{
    broker::{Event, ReplyId},
    config::BrokerUrl,
    deadline::Deadline,
    error::{
        Argument, Error, Phase, Subject,
        conditions::{self, Effect, Place},
    },
    proton::{self, DeliveryId, Engine, Message, Payload, Role},
    random,
    transport::{Network, Wire},
};
use explain::Scene;
use pump::{Came, Pump};
#[cfg(any(test, fuzzing))]
pub(crate) use translate::reply as reply_of;

/// What a connection is for and how it behaves, apart from whom it is to.
#[derive(Clone, Copy)]
pub(crate) struct Options<'a> {
    /// `None`: no SASL layer.
    pub(crate) sasl: Option<proton::Mechanisms<'a>>,
    /// Open's hostname, which brokers with virtual hosts choose by.
    pub(crate) hostname: &'a str,
    pub(crate) idle_timeout: Option<Duration>,
    /// Bytes of a reply.
    pub(crate) max_message_size: u64,
    pub(crate) listen_to: &'a str,
    pub(crate) send_to: &'a str,
    pub(crate) target: Target,
    pub(crate) durable: bool,
    /// The time to live that each request carries.
    pub(crate) ttl: Duration,
}

/// What the sender is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The anonymous terminus where the broker's Open offers it, else the address.
    AsOffered,
    Anonymous,
    Address,
}

/// An AMQP connection with a receiver and a sender.
pub(crate) struct Connection<W> {
    broker: String,
    pump: Pump<W>,
    tls: bool,
    opening: bool,
    /// The broker has closed the connection.
    closed: bool,
    container_id: String,
    listen_to: String,
    send_to: String,
    durable: bool,
    /// Milliseconds.
    ttl: u32,
    idle_timeout: Option<Duration>,
    target: Target,
    events: VecDeque<Event>,
    /// The ledger's numbers, by the tags of the deliveries that have no outcome yet.
    in_flight: HashMap<u64, usize>,
    /// The tags that requests were sent under last.
    latest: HashMap<usize, u64>,
    /// Why the connection is given up once what came before is taken in, and when that was known.
    ending: Option<(Error, Deadline)>,
    /// What ended the connection, to be told after the events before it.
    over: Option<Error>,
    /// Whether the broker has taken anything yet.
    has_accepted: bool,
    next_tag: u64,
    unsettled: HashMap<ReplyId, DeliveryId>,
    next_reply: u64,
}

impl<W: Wire> Connection<W> {
    /// Connects, asks for both links as far as it is known how, and waits for the broker's Open,
    /// until `deadline` in all. `first_reply` numbers the first reply, and must not repeat.
    ///
    /// # Errors
    /// [`Error::Tls`] and [`Error::Refused`] where the broker or the check of its certificate says
    /// no, a transient error where the next broker may do better.
    pub(crate) fn open(
        url: &BrokerUrl,
        options: &Options<'_>,
        first_reply: u64,
        deadline: &Deadline,
        network: &impl Network<Wire = W>,
    ) -> Result<Self, Error> {
        let broker = url.to_string();
        let wire =
            network.connect(&url.host, url.port, url.tls, deadline).map_err(|(phase, fault)| {
                let deadline = &deadline.during(phase);
                explain::fault(
                    fault,
                    &Scene { broker: &broker, deadline, opening: true, tls: url.tls },
                )
            })?;
        let container_id = random::uuid();
        let engine = Engine::new(&proton::Options {
            container_id: &container_id,
            hostname: options.hostname,
            idle_timeout: options.idle_timeout,
            sasl: options.sasl,
            max_message_size: options.max_message_size,
        })
        .map_err(holds_nul)?;
        let mut connection = Self {
            broker,
            pump: Pump::new(engine, wire),
            tls: url.tls,
            opening: true,
            closed: false,
            container_id,
            listen_to: options.listen_to.into(),
            send_to: options.send_to.into(),
            durable: options.durable,
            ttl: u32::try_from(options.ttl.as_millis()).unwrap_or(u32::MAX),
            idle_timeout: options.idle_timeout,
            target: options.target,
            events: VecDeque::new(),
            in_flight: HashMap::new(),
            latest: HashMap::new(),
            ending: None,
            over: None,
            has_accepted: false,
            next_tag: 1,
            unsettled: HashMap::new(),
            next_reply: first_reply,
        };
        let name = connection.link_name(options.listen_to);
        connection.pump.engine.attach_receiver(&name, options.listen_to).map_err(holds_nul)?;
        if options.target != Target::AsOffered {
            connection.attach_sender()?;
        }
        let phase = if options.sasl.is_some() { Phase::Sasl } else { Phase::Open };
        connection.await_open(&deadline.during(phase))?;
        Ok(connection)
    }

    /// The peer and the phase of an error, for [`explain`].
    fn scene<'a>(&'a self, deadline: &'a Deadline) -> Scene<'a> {
        Scene { broker: &self.broker, deadline, opening: self.opening, tls: self.tls }
    }

    /// Names a link; container and address make it unlike any other's, or a broker might take one
    /// client's link for another's (AMQP 1.0 part 2.6.1).
    fn link_name(&self, address: &str) -> String {
        format!("{}-{address}", self.container_id)
    }

    fn attach_sender(&mut self) -> Result<(), Error> {
        let address = (self.target == Target::Address).then_some(self.send_to.as_str());
        let name = self.link_name(address.unwrap_or("anonymous"));
        self.pump.engine.attach_sender(&name, address).map_err(holds_nul)
    }

    fn await_open(&mut self, deadline: &Deadline) -> Result<(), Error> {
        loop {
            match self.turn(deadline)? {
                Came::Event(proton::Event::Opened) => break,
                Came::Event(proton::Event::Failed(condition)) => {
                    // By this name the engine says that the login failed; by others, that it stumbled over bytes.
                    if deadline.phase() == Phase::Sasl
                        && condition.name == "amqp:unauthorized-access"
                    {
                        return Err(if self.pump.engine.login_may_do_better() {
                            let (broker, phase) = (self.broker.clone(), deadline.phase());
                            Error::Closed { broker, phase, what: Subject::Login, condition }
                        } else {
                            self.refused(Subject::Login, condition)
                        });
                    }
                    return Err(explain::stranger(
                        &self.pump.first_bytes,
                        Some(&condition),
                        &self.scene(deadline),
                    ));
                }
                // Before an Open there should be no Close; but it has the broker's reason.
                Came::Event(proton::Event::ConnectionEnded(condition)) => {
                    self.closed = true;
                    return Err(self.ended(Place::Login, condition, deadline));
                }
                Came::Nothing => return Err(deadline.error(&self.broker)),
                Came::Event(_) | Came::Unblocked => {}
            }
        }
        self.opening = false;
        Ok(())
    }

    /// Waits until the broker has answered both links, until `deadline`.
    ///
    /// # Errors
    /// The connection is of no use. `Ok(Err(…))`: the receiver stands, but the broker refuses the sender.
    pub(crate) fn attach(&mut self, deadline: &Deadline) -> Result<Result<(), Error>, Error> {
        let deadline = deadline.during(Phase::Attach);
        if self.target == Target::AsOffered {
            let offered = self.pump.engine.offers_anonymous_relay();
            self.target = if offered { Target::Anonymous } else { Target::Address };
            self.attach_sender()?;
        }
        let (mut receiver, mut sender) = (false, None);
        loop {
            match self.turn(&deadline)? {
                Came::Event(proton::Event::Attached(Role::Receiver)) => receiver = true,
                Came::Event(proton::Event::Attached(Role::Sender)) => sender = Some(Ok(())),
                Came::Event(proton::Event::LinkEnded(Role::Sender, condition)) => {
                    // A broker that does not know the anonymous terminus may say so in any words.
                    let refused = conditions::effect(&condition, Place::Sender) == Effect::Sending;
                    if self.target != Target::Anonymous && !refused {
                        return Err(self.ended(Place::Sender, condition, &deadline));
                    }
                    sender = Some(Err(self.refused(self.sending(), condition)));
                }
                Came::Event(event) => self.translate(event, &deadline)?,
                Came::Unblocked => {}
                Came::Nothing => return Err(deadline.error(&self.broker)),
            }
            if receiver && let Some(sender) = sender.take() {
                return Ok(sender);
            }
        }
    }

    /// Whether the sender was attached without an address.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.target == Target::Anonymous
    }

    /// Whether the broker has closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// The number that the next reply gets.
    pub(crate) fn next_reply(&self) -> u64 {
        self.next_reply
    }

    /// Writes what the socket takes now; whether all of the output is on it.
    pub(crate) fn flush(&mut self) -> bool {
        self.pump.flush()
    }

    /// Waits for the next event until `deadline`.
    ///
    /// # Errors
    /// The connection is gone: a transient error, or a refusal.
    pub(crate) fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if let Some(error) = self.over.take() {
                return Err(error);
            }
            // Whoever waits has sent what there was to send.
            self.pump.engine.answer_drain();
            let until = self.ending.as_ref().map_or(*deadline, |(_, known)| *known);
            let came = match self.turn(&until) {
                Err(error) if error.is_transient() => return Err(self.reason(error)),
                came => came?,
            };
            match came {
                Came::Event(event) => {
                    if let Err(error) = self.translate(event, deadline) {
                        self.over = Some(self.reason(error));
                    }
                }
                Came::Unblocked => return Ok(Event::Writable),
                Came::Nothing => {
                    return self.ending.take().map_or(Ok(Event::Quiet), |(error, _)| Err(error));
                }
            }
        }
    }

    fn turn(&mut self, deadline: &Deadline) -> Result<Came, Error> {
        self.pump
            .turn(deadline)
            .map_err(|ended| explain::ended(ended, &self.pump.first_bytes, &self.scene(deadline)))
    }

    /// Turns an event of the engine into what the loops understand.
    fn translate(&mut self, event: proton::Event, deadline: &Deadline) -> Result<(), Error> {
        match event {
            // One says as much as many.
            proton::Event::Credit if matches!(self.events.back(), Some(Event::Writable)) => {}
            proton::Event::Credit => self.events.push_back(Event::Writable),
            proton::Event::Outcome { tag, outcome } => self.note_outcome(tag, outcome),
            proton::Event::Message { delivery, payload } => self.take_in(delivery, payload),
            proton::Event::LinkEnded(Role::Sender, condition) => {
                self.sender_ended(condition, deadline)
            }
            proton::Event::LinkEnded(Role::Receiver, condition) => {
                return Err(self.ended(Place::Receiver, condition, deadline));
            }
            proton::Event::SessionEnded(condition) => {
                return Err(self.ended(Place::Session, condition, deadline));
            }
            proton::Event::ConnectionEnded(condition) => {
                self.closed = true;
                let place = if deadline.phase() == Phase::Attach {
                    Place::Login
                } else {
                    Place::Connection
                };
                return Err(self.ended(place, condition, deadline));
            }
            proton::Event::Failed(condition) => {
                return Err(explain::failed(condition, self.idle_timeout, &self.scene(deadline)));
            }
            proton::Event::Opened | proton::Event::Attached(_) | proton::Event::InputEnded => {}
        }
        Ok(())
    }

    fn take_in(&mut self, delivery: DeliveryId, payload: Payload) {
        let message = match payload {
            Payload::Whole(bytes) => Message::decode(&bytes).map_err(str::to_owned),
            Payload::TooLarge(size) => {
                Err(format!("it has {size} bytes, more than max_message_size"))
            }
        };
        let id = ReplyId(self.next_reply);
        self.next_reply += 1;
        self.unsettled.insert(id, delivery);
        self.events.push_back(Event::Reply { id, reply: translate::reply(message) });
    }

    /// Accepts a reply, or rejects it for a reason. A reply of an earlier connection is passed over:
    /// that connection took it along, and the broker delivers it again.
    pub(crate) fn settle(&mut self, reply: ReplyId, verdict: Result<(), &str>) {
        let Some(delivery) = self.unsettled.remove(&reply) else { return };
        match verdict {
            Ok(()) => self.pump.engine.settle(delivery, Ok(())),
            Err(reason) => {
                let reason = CString::new(reason).unwrap_or_default();
                self.pump.engine.settle(delivery, Err((c"amqp:decode-error", &reason)));
            }
        }
    }

    /// Closes in order: writes what is settled, says Close, waits for the broker's until `deadline`.
    pub(crate) fn close(mut self, deadline: &Deadline) {
        self.pump.engine.close();
        loop {
            match self.turn(deadline) {
                Ok(
                    Came::Event(proton::Event::ConnectionEnded(_) | proton::Event::Failed(_))
                    | Came::Nothing,
                ) => break,
                Ok(_) => {}
                Err(error) => {
                    log::debug!("{}: while closing: {error}", self.broker);
                    break;
                }
            }
        }
        self.pump.shutdown();
    }
}

fn holds_nul(_: std::ffi::NulError) -> Error {
    // The configuration is checked for it when it is read, addresses and passwords with it.
    Error::Argument { argument: Argument::Address, problem: "holds a NUL character".into() }
}
