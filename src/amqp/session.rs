//! The AMQP session of one connection: a receiver for the replies and a sender for the requests.

use std::{
    collections::VecDeque,
    ffi::{CString, NulError},
    time::{Duration, Instant},
};

use super::{
    consequences::{self, Effect, Place},
    inbound::Inbound,
    message::{Message, Outgoing},
    outbound::{self, Outbound},
    preface::Preface,
    proton::{self, DeliveryId, Engine, Mechanisms, Payload, Role},
    reply::reply,
};
use crate::{
    broker::{HandOver, ReplyId},
    error::{Condition, Phase, Subject},
    session::{self, End, Event, Scope, Target},
    signing::Request,
};

/// What a session is for and how it behaves.
pub(crate) struct Options<'a> {
    /// Unlike that of any other connection.
    pub(crate) container_id: &'a str,
    /// Unlike those of any other connection, or a broker might take one client's link for another's (AMQP
    /// 1.0 part 2.6.1).
    pub(crate) receiver_name: &'a str,
    pub(crate) sender_name: &'a str,
    /// `None`: no SASL layer.
    pub(crate) mechanisms: Option<Mechanisms<'a>>,
    /// Open's hostname, by which brokers with virtual hosts choose one.
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
    /// The number of the first reply; numbers must not repeat over connections.
    pub(crate) first_reply: u64,
    /// The time; the engine counts its milliseconds from here.
    pub(crate) now: Instant,
}

/// How far a session has come.
enum State {
    /// It waits for the broker's Open.
    Opening,
    /// It waits for the broker's answers to both links.
    Attaching { receiver: bool, sender: Option<Result<(), End>> },
    /// Both links were answered.
    Standing,
}

/// An AMQP session.
pub(crate) struct Session {
    engine: Engine,
    state: State,
    preface: Preface,
    outbound: Outbound,
    inbound: Inbound,
    events: VecDeque<Event>,
    /// The engine takes no more bytes.
    input_ended: bool,
    /// The broker ended the byte stream.
    hung_up: bool,
    /// [`Event::Ended`] was reported.
    ended: bool,
    has_sasl: bool,
    sender_name: String,
    listen_to: String,
    send_to: String,
    target: Target,
    durable: bool,
    /// Milliseconds.
    ttl: u32,
    idle_timeout: Option<Duration>,
    epoch: Instant,
}

impl Session {
    /// Makes a session whose first output asks for everything that can be asked for before the broker's Open.
    ///
    /// # Errors
    /// An address, host name or password with an interior NUL.
    pub(crate) fn new(options: &Options<'_>) -> Result<Self, NulError> {
        let engine = Engine::new(&proton::Options {
            container_id: options.container_id,
            hostname: options.hostname,
            idle_timeout: options.idle_timeout,
            mechanisms: options.mechanisms,
        })?;
        let mut session = Self {
            engine,
            state: State::Opening,
            preface: Preface::default(),
            outbound: Outbound::new(),
            inbound: Inbound::new(options.first_reply),
            events: VecDeque::new(),
            input_ended: false,
            hung_up: false,
            ended: false,
            has_sasl: options.mechanisms.is_some(),
            sender_name: options.sender_name.into(),
            listen_to: options.listen_to.into(),
            send_to: options.send_to.into(),
            target: options.target,
            durable: options.durable,
            ttl: u32::try_from(options.ttl.as_millis()).unwrap_or(u32::MAX),
            idle_timeout: options.idle_timeout,
            epoch: options.now,
        };
        let (name, limit) = (options.receiver_name, options.max_message_size);
        session.engine.attach_receiver(name, options.listen_to, limit)?;
        if options.target != Target::AsOffered {
            session.attach_sender()?;
        }
        // What is attached after the broker's Open is checked now all the same.
        CString::new(options.send_to).and(CString::new(options.sender_name))?;
        Ok(session)
    }

    fn attach_sender(&mut self) -> Result<(), NulError> {
        let address = (self.target == Target::Address).then_some(self.send_to.as_str());
        self.engine.attach_sender(&self.sender_name, address)
    }

    /// Turns an event of the engine into the session's own.
    fn translate(&mut self, event: proton::Event) {
        match event {
            proton::Event::Opened => self.opened(),
            proton::Event::Attached(role) => self.attached(role),
            proton::Event::Credit => {
                // One says as much as many.
                if !matches!(self.events.back(), Some(Event::Writable)) {
                    self.events.push_back(Event::Writable);
                }
            }
            proton::Event::Outcome { tag, outcome } => self.outcome(tag, outcome),
            proton::Event::Message { delivery, payload } => self.take_in(delivery, payload),
            proton::Event::LinkEnded(Role::Sender, condition) => self.sender_ended(condition),
            proton::Event::LinkEnded(Role::Receiver, condition) => {
                self.end_at(Place::Receiver, condition);
            }
            proton::Event::SessionEnded(condition) => self.end_at(Place::Session, condition),
            proton::Event::ConnectionEnded(condition) => {
                // Brokers that answer a refused login with an Open close the connection right after it.
                let is_standing = matches!(self.state, State::Standing);
                let place = if is_standing { Place::Connection } else { Place::Login };
                self.end_at(place, condition);
            }
            // The engine's words for a stream that ended in the middle say less than is known.
            proton::Event::Failed(_) if self.hung_up => self.input_ended = true,
            proton::Event::Failed(condition) => {
                let end = self.failure(condition);
                self.events.push_back(Event::Ended(end));
            }
            proton::Event::InputEnded => self.input_ended = true,
        }
    }

    fn opened(&mut self) {
        // A second Open changes nothing.
        if !matches!(self.state, State::Opening) {
            return;
        }
        self.state = State::Attaching { receiver: false, sender: None };
        if self.target == Target::AsOffered {
            let is_offered = self.engine.offers_anonymous_relay();
            self.target = if is_offered { Target::Anonymous } else { Target::Address };
            self.attach_sender().expect("the address was checked for NUL");
        }
        self.events.push_back(Event::Opened);
    }

    fn attached(&mut self, role: Role) {
        if let State::Attaching { receiver, sender } = &mut self.state {
            match role {
                Role::Receiver => *receiver = true,
                Role::Sender => *sender = Some(Ok(())),
            }
            self.become_ready();
        }
    }

    fn become_ready(&mut self) {
        if let State::Attaching { receiver: true, sender } = &mut self.state
            && let Some(sender) = sender.take()
        {
            self.state = State::Standing;
            self.events.push_back(Event::Ready(sender));
        }
    }

    fn sender_ended(&mut self, condition: Condition) {
        let effect = consequences::effect(&condition, Place::Sender);
        if let State::Attaching { sender, .. } = &mut self.state {
            let what = Subject::Sending(self.send_to.clone());
            // A broker that does not know the anonymous terminus may say so in any words.
            if self.target == Target::Anonymous || effect == Effect::Sending {
                let scope = Scope::EveryBroker;
                *sender = Some(Err(End::Refused { what, condition, scope }));
                self.become_ready();
            } else {
                let end = consequences::end(Place::Sender, what, condition);
                self.events.push_back(Event::Ended(end));
            }
            return;
        }
        let end = consequences::end(Place::Sender, self.sending(), condition.clone());
        // The receiver still stands: replies that are here already must not go with the sender.
        self.events.push_back(match effect {
            Effect::Sending => Event::SendingRefused(end),
            _ => Event::Ending(end),
        });
        if matches!(effect, Effect::Sending | Effect::Unsettled) {
            let outcome = || crate::signing::Outcome::Undeliverable(condition.clone());
            let given_up = self.outbound.give_up_untaken();
            self.events.extend(
                given_up.into_iter().map(|entry| Event::Outcome { entry, outcome: outcome() }),
            );
        }
    }

    fn end_at(&mut self, place: Place, condition: Condition) {
        let what = match place {
            Place::Login | Place::Connection => Subject::Connection,
            Place::Session => Subject::Session,
            Place::Receiver => Subject::Listening(self.listen_to.clone()),
            Place::Sender | Place::Outcome => self.sending(),
        };
        self.events.push_back(Event::Ended(consequences::end(place, what, condition)));
    }

    /// Why the engine gave up, in its words unless they are its jargon.
    fn failure(&self, condition: Condition) -> End {
        if matches!(self.state, State::Opening) {
            // By this name the engine reports that the login failed; by others, that it stumbled over bytes.
            if !self.has_sasl || condition.name != "amqp:unauthorized-access" {
                return self.preface.explain(Some(&condition), session::Session::phase(self));
            }
            let what = Subject::Login;
            return if self.engine.login_may_do_better() {
                End::Closed { what, condition }
            } else {
                End::Refused { what, condition, scope: Scope::ThisBroker }
            };
        }
        End::Protocol(match self.idle_timeout {
            Some(timeout) if condition.description.contains("idle-timeout expired") => {
                let seconds = timeout.as_secs_f64();
                format!("the broker has been silent for {seconds} s (idle_timeout)")
            }
            _ => condition.to_string(),
        })
    }

    /// Why no more bytes come, if the engine has not given a reason.
    fn silent_end(&self) -> End {
        match (&self.state, self.hung_up) {
            (State::Opening, true) if self.preface.is_empty() => End::HungUp,
            (State::Opening, _) => self.preface.explain(None, session::Session::phase(self)),
            (_, true) => End::HungUp,
            (_, false) => {
                End::Protocol("the broker sent something that is not an AMQP frame".into())
            }
        }
    }

    fn outcome(&mut self, tag: u64, outcome: proton::Outcome) {
        let Some(entry) = self.outbound.outcome(tag, &outcome) else { return };
        // First, or what the outcome allows to go on would be sent after a refusal.
        if let proton::Outcome::Rejected(condition) = &outcome
            && consequences::effect(condition, Place::Outcome) == Effect::Sending
        {
            let end = consequences::end(Place::Outcome, self.sending(), condition.clone());
            self.events.push_back(Event::SendingRefused(end));
        }
        self.events.push_back(Event::Outcome { entry, outcome: outbound::meaning(outcome) });
    }

    fn take_in(&mut self, delivery: DeliveryId, payload: Payload) {
        let message = match payload {
            Payload::Whole(bytes) => Message::decode(&bytes).map_err(str::to_owned),
            Payload::TooLarge(size) => {
                Err(format!("it has {size} bytes, more than max_message_size"))
            }
        };
        let id = self.inbound.came(delivery);
        self.events.push_back(Event::Reply { id, reply: reply(message) });
    }

    fn sending(&self) -> Subject {
        Subject::Sending(self.send_to.clone())
    }
}

impl session::Session for Session {
    fn input(&mut self) -> &mut [u8] {
        // What follows bytes that the engine stumbled over, an end too, is not why it ends.
        if self.input_ended || self.hung_up { &mut [] } else { self.engine.input() }
    }

    fn input_done(&mut self, count: usize) {
        if !self.preface.is_whole() {
            self.preface.extend(&self.engine.input()[..count]);
        }
        self.engine.input_done(count);
    }

    fn input_ended(&mut self) {
        self.hung_up = true;
        self.engine.input_ended();
    }

    fn output(&mut self) -> &[u8] {
        self.engine.output()
    }

    fn output_done(&mut self, count: usize) {
        self.engine.output_done(count);
    }

    fn holds_back(&self) -> bool {
        self.engine.holds_back()
    }

    fn tick(&mut self, now: Instant) -> Option<Instant> {
        // The engine takes 0 for "no time".
        let milliseconds = now.saturating_duration_since(self.epoch).as_millis() as i64 + 1;
        let next = self.engine.tick(milliseconds)?;
        Some(self.epoch + Duration::from_millis(next as u64 - 1))
    }

    fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                self.ended |= matches!(event, Event::Ended(_));
                return Some(event);
            }
            match self.engine.next_event() {
                Some(event) => self.translate(event),
                None if self.ended => return None,
                None if self.input_ended || self.hung_up || self.engine.is_finished() => {
                    self.events.push_back(Event::Ended(self.silent_end()));
                }
                None => return None,
            }
        }
    }

    fn phase(&self) -> Phase {
        match self.state {
            State::Opening if self.has_sasl => Phase::Sasl,
            State::Opening => Phase::Open,
            State::Attaching { .. } | State::Standing => Phase::Attach,
        }
    }

    fn is_anonymous(&self) -> bool {
        self.target == Target::Anonymous
    }

    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        if !self.engine.has_credit() {
            return HandOver::NotNow;
        }
        let message = Outgoing {
            durable: self.durable,
            ttl: self.ttl,
            to: &self.send_to,
            application_properties: &request.properties,
            body: &request.body,
        }
        .encode();
        let size = message.len();
        let limit = self.engine.peer_max_message_size();
        if let Some(limit) = limit.filter(|&limit| size as u64 > limit) {
            let words = format!("the message has {size} bytes, the broker takes {limit}");
            return HandOver::Never(Condition::new("amqp:link:message-size-exceeded", &words));
        }
        log::trace!("request: {}", request.body);
        self.engine.send(self.outbound.sent(entry), &message);
        HandOver::Done
    }

    fn idle(&mut self) {
        self.engine.answer_drain();
    }

    fn settle(&mut self, reply: ReplyId, verdict: Result<(), &str>) {
        let Some(delivery) = self.inbound.settled(reply) else { return };
        match verdict {
            Ok(()) => self.engine.settle(delivery, Ok(())),
            Err(reason) => {
                let reason = CString::new(reason).unwrap_or_default();
                self.engine.settle(delivery, Err((c"amqp:decode-error", &reason)));
            }
        }
    }

    fn next_reply(&self) -> u64 {
        self.inbound.next()
    }

    fn close(&mut self) {
        self.engine.close();
    }
}
