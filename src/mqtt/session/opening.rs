//! The beginning of a session: CONNECT and SUBSCRIBE, and the broker's answers.

use std::time::Duration;

use super::{Inbound, KeepAlive, Options, Outbox, Session, State, codes};
use crate::{
    error::{Condition, Subject, printable},
    mqtt::{
        codes::{Effect, Place},
        memory::{MOST_ENDS, Suspect},
        packets::{self, Connack, Connect, Reader, Reason, Unwritable, Version},
    },
    session::{End, Event, Purpose, Scope},
    signing::Outcome,
};

/// The most replies without a PUBACK: brokers allow fewer, and the client acknowledges each at once.
const RECEIVE_MAXIMUM: u16 = 1000;

/// The longest time for which a broker is asked to keep a session, in seconds: the next number means forever (§3.1.2.11.2).
const LONGEST_EXPIRY: u32 = u32::MAX - 1;

/// How many requests without a PUBACK there may be over MQTT 3.1.1, in which a broker cannot say that.
const OLD_WINDOW: usize = 20;

impl Session {
    /// Makes a session whose first output is the CONNECT.
    ///
    /// # Errors
    /// A client id, user name, password or address that MQTT cannot carry.
    pub(crate) fn new(options: &Options<'_>) -> Result<Self, String> {
        let mut remembered = options.memory.take();
        // Without a connection a session lasts only for a run, and 3.1.1 cannot say for how long.
        let lasts = options.version == Version::V5 && options.purpose == Purpose::Sign;
        let expiry = seconds(options.session_expiry).clamp(1, LONGEST_EXPIRY);
        let session_expiry = if lasts { expiry } else { 0 };
        remembered.has_session |= options.goes_on && lasts && remembered.client_id.is_none();
        let clean_start = !remembered.has_session || remembered.convicted().is_some();
        let client_id = remembered.client_id.get_or_insert_with(|| options.client_id.to_owned());
        let keep_alive = options.idle_timeout.map_or(0, seconds);
        let connect = Connect {
            version: options.version,
            client_id,
            clean_start,
            keep_alive: keep_alive.try_into().unwrap_or(u16::MAX),
            session_expiry,
            receive_maximum: RECEIVE_MAXIMUM,
            username: options.username,
            password: options.password.map(str::as_bytes),
        };
        let mut outbox = Outbox::default();
        let written = connect.write(&mut outbox.others);
        let session = Self {
            version: options.version,
            purpose: options.purpose,
            state: State::Connecting,
            has_ended: false,
            reader: Reader::new(options.version, options.max_message_size),
            outbox,
            keep_alive: KeepAlive::new(options.idle_timeout, options.now),
            inbound: Inbound::new(options.first_reply),
            events: Default::default(),
            remembered,
            memory: options.memory.clone(),
            clean_start,
            connack: None,
            window: 0,
            careful: 0,
            may_be_blamed: false,
            reason: None,
            listen_to: options.listen_to.into(),
            send_to: options.send_to.into(),
            ttl: seconds(options.ttl).max(1),
            session_expiry,
            doubt: None,
            decode: options.decode,
        };
        written.map(|()| session).map_err(problem)
    }

    /// Handles the answer to the CONNECT.
    pub(super) fn connack(&mut self, connack: Box<Connack>) {
        let mut reason = connack.reason.clone();
        if connack.version == Version::V311 {
            if reason.code > 0 {
                reason.text = format!("return code {} of MQTT 3.1.1", reason.code);
            }
            reason.code = codes::of_old_connack(reason.code);
            if self.version == Version::V5 && reason.code == 0 {
                reason.code = codes::of_old_connack(1);
                reason.text = "the broker answers in MQTT 3.1.1".into();
            }
        }
        if codes::effect(Place::Connack, reason.code) != Effect::Success {
            return self.end(codes::end(Place::Connack, Subject::Connection, &reason));
        }
        if connack.maximum_qos == Some(0) {
            let words = "the broker accepts no requests that it would have to acknowledge; enable QoS 1 there";
            let condition = Condition::new("maximum QoS 0", words);
            let (what, scope) = (Subject::Connection, Scope::ThisBroker);
            return self.end(End::Refused { what, condition, scope });
        }
        if connack.receive_maximum == Some(0) {
            return self.fail("the broker's Receive Maximum is 0");
        }
        if connack.session_present && self.clean_start {
            self.remembered.forget_session();
            return self.fail("the broker resumes a session, although the client began a new one");
        }
        let limit = connack.maximum_packet_size.map_or(usize::MAX, |limit| limit as usize);
        if connack.session_present && self.remembered.queue.largest() > limit {
            // They would have to go out again as they are: only in a new session they need not.
            self.remembered.forget_session();
            return self.fail("the broker accepts only smaller packets than before");
        }
        self.begin(&connack);
        self.connack = Some(connack);
        self.events.push_back(Event::Opened);
        if self.purpose == Purpose::SeeLogin {
            self.state = State::Established;
            self.events.push_back(Event::Ready(Ok(())));
            return;
        }
        self.subscribe();
    }

    /// Does as the CONNACK says.
    fn begin(&mut self, connack: &Connack) {
        let remembered = &mut self.remembered;
        if let Some(id) = &connack.assigned_client_id {
            remembered.client_id = Some(id.clone());
        }
        remembered.has_session = self.session_expiry > 0;
        self.careful = remembered.careful();
        if !connack.session_present {
            if !self.clean_start {
                log::info!(
                    "the broker has not kept the session: replies that came meanwhile may be lost"
                );
            }
            remembered.queue.clear();
            remembered.has_missed_replies = true;
        }
        let receive_maximum = connack.receive_maximum.map_or(usize::from(u16::MAX), Into::into);
        self.window = if self.version == Version::V5 { receive_maximum } else { OLD_WINDOW };
        let seconds = |seconds: u16| Duration::from_secs(seconds.into());
        self.keep_alive.obey(connack.server_keep_alive.map_or(Duration::ZERO, seconds));
        let expiry = connack.session_expiry.filter(|expiry| *expiry < self.session_expiry);
        if let Some(expiry) = expiry
            && !std::mem::replace(&mut remembered.has_told_of_expiry, true)
        {
            let asked = self.session_expiry;
            log::warn!(
                "the broker keeps the session for {expiry} s without a connection, not for {asked} s: replies may be lost if a connection is lost for longer"
            );
        }
    }

    /// Subscribes, also in a session that is resumed: that loses nothing, and some brokers forget subscriptions.
    fn subscribe(&mut self) {
        let Some(id) = self.remembered.queue.take_id() else {
            return self.fail("no packet identifier is free");
        };
        self.state = State::Subscribing(id);
        let out = &mut self.outbox.others;
        let start = out.len();
        if let Err(error) = packets::write_subscribe(out, self.version, id, &self.listen_to) {
            return self.fail(problem(error));
        }
        let size = out.len() - start;
        if let Some(condition) = self.too_large(size) {
            self.outbox.others.truncate(start);
            let (what, scope) = (self.listening(), Scope::ThisBroker);
            self.end(End::Refused { what, condition, scope });
        }
    }

    /// Handles the answer to the SUBSCRIBE.
    pub(super) fn suback(&mut self, id: u16, codes: &[u8], reason: Reason) {
        if self.state != State::Subscribing(id) {
            return log::debug!("a SUBACK with packet identifier {id}, which was not asked for");
        }
        self.remembered.queue.release_id(id);
        let Some(&code) = codes.first() else {
            return self.fail("the broker's SUBACK has no reason code");
        };
        let reason = match (self.version, code) {
            // The only refusal that 3.1.1 has (MQTT 3.1.1, 3.9.3); it does not pass.
            (Version::V311, 0x80) => {
                Reason { code: 0x87, text: "return code 128 of MQTT 3.1.1".into(), ..reason }
            }
            _ => Reason { code, ..reason },
        };
        match codes::effect(Place::Suback, reason.code) {
            Effect::Success => {}
            effect => {
                if effect == Effect::Forget {
                    self.remembered.forget_session();
                }
                return self.end(codes::end(Place::Suback, self.listening(), &reason));
            }
        }
        if code == 0 {
            self.doubt_subscription();
        }
        self.state = State::Established;
        self.may_be_blamed = true;
        // Before the session is ready, so that the request is not handed over again before.
        self.give_up_convicted();
        self.events.push_back(Event::Ready(Ok(())));
    }

    /// Notes that the broker granted only QoS 0, and warns of it in a run; a check has a line for it.
    fn doubt_subscription(&mut self) {
        let words = format!(
            "the broker delivers replies from \"{}\" without acknowledgement (QoS 0): those that come while there is no connection are lost; let it grant QoS 1",
            printable(&self.listen_to)
        );
        if self.purpose == Purpose::Sign {
            log::warn!("{words}");
        }
        self.doubt = Some(words);
    }

    /// Ends a request that ended too many connections, or sends it later. If the second one did as the first, and none was
    /// ever acknowledged, what they have in common is the topic.
    fn give_up_convicted(&mut self) {
        let Some(Suspect { entry, is_mute, passing, .. }) = self.remembered.convicted().cloned()
        else {
            return;
        };
        self.remembered.suspect = None;
        if let Some(condition) = passing {
            let outcome = Outcome::Postponed(condition);
            return self.events.push_back(Event::Outcome { entry, outcome });
        }
        let is_of_topic = is_mute && !self.remembered.has_acknowledged;
        let mut words = format!(
            "{MOST_ENDS} connections in a row ended while this request was the oldest one that was not acknowledged"
        );
        if is_of_topic {
            words += &format!("; {}", self.no_permission_to_write());
        }
        if is_of_topic && std::mem::replace(&mut self.remembered.seems_to_forbid, true) {
            let words = format!(
                "the broker hung up {MOST_ENDS} times in a row at each of two requests, and has acknowledged none"
            );
            let (what, condition) = (self.sending(), Condition::new("", &words));
            let end = End::Refused { what, condition, scope: Scope::EveryBroker };
            self.events.push_back(Event::SendingRefused(end));
        }
        let outcome = Outcome::Fatal(Condition::new("", &words));
        self.events.push_back(Event::Outcome { entry, outcome });
    }
}

/// A length of time in whole seconds, rounded up.
fn seconds(time: Duration) -> u32 {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    seconds.try_into().unwrap_or(u32::MAX)
}

pub(super) fn problem(error: Unwritable) -> String {
    match error {
        Unwritable::Never(words) => words,
        Unwritable::Body(error) => error.to_string(),
    }
}
