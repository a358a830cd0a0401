//! The AMQP session of one connection: a receiver for the replies and a sender for the requests.

mod events;
mod known;
mod options;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    ffi::{CString, NulError},
    time::{Duration, Instant},
};

use super::{
    framing::Framing,
    inbound::Inbound,
    message::Outgoing,
    offer::{Means, Offer},
    outbound::Outbound,
    outgoing::Unsent,
    preface::Preface,
    proton::{self, Engine, Mechanisms, Node},
};
use crate::{
    broker::{HandOver, ReplyId, Settlement},
    error::{Condition, Phase, printable_body},
    session::{self, End, Event, Known, Purpose, Target},
    signing::Request,
};
pub(crate) use options::Options;

/// How far a session has come.
enum State {
    /// It waits for the broker's Open.
    Opening,
    /// It waits for the broker's answers to both links.
    Attaching { receiver: bool, sender: Option<Result<(), End>> },
    /// Both links were answered.
    Attached,
    /// The client closes, and waits for the broker's Close.
    Closing,
}

/// An AMQP session.
pub(crate) struct Session {
    engine: Engine,
    state: State,
    preface: Preface,
    framing: Framing,
    outbound: Outbound,
    /// The rest of the message that was handed over last; of no use once that has an outcome.
    unsent: Unsent,
    inbound: Inbound,
    events: VecDeque<Event>,
    /// The engine accepts no more bytes.
    input_ended: bool,
    /// The broker ended the byte stream.
    hung_up: bool,
    /// [`Event::Ended`] was reported.
    ended: bool,
    /// The broker has accepted the login.
    logged_in: bool,
    /// The SASL mechanisms that are allowed, separated by blanks; `None`: no SASL layer.
    allowed: Option<&'static str>,
    means: Means,
    offer: Offer,
    purpose: Purpose,
    sender_name: String,
    listen_to: String,
    send_to: String,
    target: Target,
    target_capability: Option<&'static str>,
    durable: bool,
    /// Milliseconds.
    ttl: u32,
    idle_timeout: Option<Duration>,
    epoch: Instant,
}

impl Session {
    /// Makes a session whose first output has everything that may be sent before the broker's Open.
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
            framing: Framing::default(),
            outbound: Outbound::new(),
            unsent: Unsent::default(),
            inbound: Inbound::new(options.first_reply),
            events: VecDeque::new(),
            input_ended: false,
            hung_up: false,
            ended: false,
            logged_in: false,
            allowed: options.mechanisms.map(Mechanisms::names),
            means: options.means,
            offer: Offer::default(),
            purpose: options.purpose,
            sender_name: options.sender_name.into(),
            listen_to: options.listen_to.into(),
            send_to: options.send_to.into(),
            target: options.target,
            target_capability: options.target_capability,
            durable: options.durable,
            ttl: u32::try_from(options.ttl.as_millis()).unwrap_or(u32::MAX),
            idle_timeout: options.idle_timeout,
            epoch: options.now,
        };
        if options.purpose != Purpose::SeeLogin {
            session.ask_for_links(options)?;
        }
        Ok(session)
    }

    fn ask_for_links(&mut self, options: &Options<'_>) -> Result<(), NulError> {
        let (name, limit) = (options.receiver_name, options.max_message_size);
        let source = Node { address: options.listen_to, capability: options.source_capability };
        let grants = options.purpose == Purpose::Sign;
        self.engine.attach_receiver(name, source, limit, grants)?;
        if options.target != Target::AsOffered {
            self.attach_sender()?;
        }
        // The sender is attached after the broker's Open; its texts are checked now.
        CString::new(options.send_to).and(CString::new(options.sender_name)).map(drop)
    }

    fn attach_sender(&mut self) -> Result<(), NulError> {
        let node = Node { address: &self.send_to, capability: self.target_capability };
        let target = (self.target == Target::Address).then_some(node);
        self.engine.attach_sender(&self.sender_name, target)
    }
}

impl session::Session for Session {
    fn input(&mut self) -> &mut [u8] {
        // After bytes that the engine cannot read, nothing else is the reason for the end, not even the stream's end.
        if self.input_ended || self.hung_up { &mut [] } else { self.engine.input() }
    }

    fn input_done(&mut self, count: usize) {
        let bytes = &self.engine.input()[..count];
        if !self.preface.is_whole() {
            self.preface.extend(bytes);
        }
        let arriving = self.framing.feed(bytes);
        if arriving > 0 && matches!(self.state, State::Attached) {
            self.events.push_back(Event::Arriving(arriving));
        }
        if self.allowed.is_some() && matches!(self.state, State::Opening) {
            self.offer.extend(&self.engine.input()[..count]);
        }
        self.engine.input_done(count);
        if !self.logged_in && self.engine.has_logged_in() {
            self.logged_in = true;
            self.events.push_back(Event::LoggedIn);
        }
    }

    fn input_ended(&mut self) {
        self.hung_up = true;
        self.engine.input_ended();
    }

    fn output(&mut self) -> &[u8] {
        if self.unsent.is_begun() && self.engine.output().is_empty() {
            self.unsent.give(&mut self.engine);
        }
        self.engine.output()
    }

    fn output_done(&mut self, count: usize) {
        self.engine.output_done(count);
    }

    fn holds_back(&self) -> bool {
        self.engine.holds_back()
    }

    fn tick(&mut self, now: Instant) -> Option<Instant> {
        // For the engine 0 means "no time".
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
            State::Opening if self.allowed.is_some() && !self.logged_in => Phase::Sasl,
            State::Opening => Phase::Open,
            State::Attaching { .. } | State::Attached | State::Closing => Phase::Attach,
        }
    }

    fn is_anonymous(&self) -> bool {
        self.target == Target::Anonymous
    }

    fn known(&self) -> Known {
        self.look()
    }

    fn presumed(&self) -> Option<String> {
        // To a broker of MQTT the first bytes are a malformed packet.
        let is_mute = matches!(self.state, State::Opening) && self.preface.is_empty();
        is_mute.then(|| "it may speak MQTT; use mqtt:// or mqtts:// if so".into())
    }

    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        if !self.engine.has_credit() {
            return HandOver::NotNow;
        }
        let unsent = &mut self.unsent;
        unsent.clear();
        if let Err(error) = request.write_body(&mut unsent.body) {
            return HandOver::Failed(error);
        }
        let outgoing = Outgoing {
            durable: self.durable,
            ttl: self.ttl,
            to: &self.send_to,
            application_properties: &request.properties(),
            body: &unsent.body,
        };
        outgoing.write_head(&mut unsent.head);
        let size = unsent.head.len() + unsent.body.len();
        let limit = self.engine.peer_max_message_size();
        if let Some(limit) = limit.filter(|&limit| size as u64 > limit) {
            let words = format!("the message has {size} bytes; the broker accepts at most {limit}");
            return HandOver::Never(Condition::new("amqp:link:message-size-exceeded", &words));
        }
        log::trace!("request: {}", printable_body(&String::from_utf8_lossy(&unsent.body)));
        let tag = self.outbound.sent(entry, size);
        unsent.begin(&mut self.engine, tag);
        unsent.give(&mut self.engine);
        HandOver::Done
    }

    fn idle(&mut self) {
        self.engine.answer_drain();
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        let Some(delivery) = self.inbound.settled(reply) else { return };
        match settlement {
            Settlement::Accept => self.engine.settle(delivery, proton::Settlement::Accepted),
            Settlement::Release => self.engine.settle(delivery, proton::Settlement::Released),
            Settlement::Reject(reason) => {
                let reason = CString::new(reason).unwrap_or_default();
                let rejected = proton::Settlement::Rejected(c"amqp:decode-error", &reason);
                self.engine.settle(delivery, rejected);
            }
        }
    }

    fn next_reply(&self) -> u64 {
        self.inbound.next()
    }

    fn has_missed_replies(&self) -> bool {
        // They are in a queue, which no connection owns.
        false
    }

    fn outlasts_connection(&self) -> bool {
        false
    }

    fn close(&mut self, _stays: bool) {
        self.state = State::Closing;
        self.engine.close();
    }
}
