//! CONNECT and SUBSCRIBE, and the session that a client comes back to (MQTT 5.0, 3.1, 3.2, 3.8 and 4.1).

use std::time::Duration;

use super::{Client, Connack, Mqtt, Suback, read::Connect, write, write::Property};
use crate::simulation::{
    agenda::{Due, Timer},
    plan::{Condition, Packet},
    stream::End,
    witness::Place,
    world::Shared,
};

/// What is noted of a broker that announces the most bytes of a packet.
pub(crate) const A_SIZE: &str = "connack: a maximum packet size";

/// What is noted of a broker that accepts only requests without acknowledgement.
pub(crate) const NO_REQUESTS: &str = "connack: maximum QoS 0";

/// How much longer than it may be silent a client is waited for.
const GRACE: Duration = Duration::from_millis(100);

impl Mqtt {
    pub(super) fn connect(&mut self, connect: Connect, shared: &mut Shared) {
        let plan = self.line.plan.mqtt.clone();
        self.check_connect(&connect, shared);
        let keep_alive = match plan.keep_alive {
            Some(seconds) if connect.level == 5 => seconds,
            _ => connect.keep_alive,
        };
        let keep_alive =
            Some(keep_alive).filter(|seconds| *seconds > 0).map(|s| Duration::from_secs(s.into()));
        let most_replies =
            connect.receive_maximum.map_or(usize::from(u16::MAX), |most| most as usize);
        let expiry = match (connect.level, plan.expiry) {
            // Until the client says otherwise: without properties there is no time.
            (4, _) => {
                if connect.clean {
                    0
                } else {
                    u32::MAX
                }
            }
            (_, Some(most)) => connect.expiry.min(most),
            (_, None) => connect.expiry,
        };
        let (broker, id, now) = (self.line.broker, &connect.client_id, shared.agenda.now());
        match plan.connack {
            Connack::Accepts => {}
            Connack::Nothing => return shared.witness.saw("connack: none"),
            Connack::HangsUp => {
                shared.witness.saw("connack: the end");
                return self.end(End::Eof, shared);
            }
            Connack::Old(code) => {
                return self.refuse(Packet::OldConnack, code, None, shared);
            }
            Connack::Refuses(code) => {
                return self.refuse(Packet::Connack, code, Some(&[]), shared);
            }
        }
        let before = shared.sessions.get(broker, id);
        let is_there = before
            .is_some_and(|session| session.on.is_some() || session.ends.is_some_and(|at| now < at));
        let goes_on = is_there && !connect.clean && !plan.forgets;
        let present = goes_on || plan.invents;
        let is_first = shared.witness.connections[..self.line.number]
            .iter()
            .all(|seen| seen.broker != broker || seen.session.is_none());
        shared.witness.saw(match (goes_on, is_first) {
            (true, _) => "session: goes on",
            (false, true) => "session: new",
            (false, false) => "session: lost",
        });
        if present && !goes_on {
            shared.witness.saw("session: invented");
        }
        if !goes_on {
            shared.sessions.start(broker, id);
        }
        let Some(session) = shared.sessions.get(broker, id) else { return };
        (session.on, session.ends) = (Some(self.line.number), None);
        self.owed = session.unacknowledged(&shared.witness);
        let level = connect.level;
        self.client =
            Some(Client { level, id: connect.client_id, expiry, keep_alive, most_replies });
        let mut values = vec![Property::Short(0x22, 10)];
        values.extend(plan.receive_maximum.map(|most| Property::Short(0x21, most)));
        values.extend(plan.keep_alive.map(|seconds| Property::Short(0x13, seconds)));
        if let Some(most) = plan.max_packet {
            values.push(Property::Long(0x27, most));
            shared.witness.saw(A_SIZE);
        }
        values.extend(plan.expiry.map(|_| Property::Long(0x11, expiry)));
        values.extend(plan.max_qos.map(|most| Property::Byte(0x24, most)));
        if plan.max_qos == Some(0) {
            shared.witness.saw(NO_REQUESTS);
        }
        let values = Some(&values[..]).filter(|_| level == 5);
        let told = self.say(&write::connack(present, 0, values), shared);
        shared.witness.connections[self.line.number].session = Some((told, goes_on));
        let text = "the client is let in; its session goes on: #";
        shared.witness.note(now, self.line.number, text, &[goes_on.into()]);
        if let Some(keep_alive) = keep_alive {
            let due = Due::Timer(self.line.number, Timer::IdleCheck);
            shared.agenda.after(keep_alive * 3 / 2 + GRACE, due);
        }
        self.redeliver(shared);
        shared.has_replies = true;
    }

    /// What holds for every CONNECT of a run, whatever the broker makes of it.
    fn check_connect(&mut self, connect: &Connect, shared: &mut Shared) {
        let mut problems = vec![];
        let knows = shared.witness.connections[..self.line.number]
            .iter()
            .filter(|seen| seen.broker == self.line.broker)
            .any(|seen| seen.session.is_some_and(|(told, _)| shared.witness.was_read(told)));
        // An earlier process may have had it.
        if !knows && !connect.clean && connect.level == 5 && !shared.is_recorded {
            problems.push("asks for a session that it cannot have".to_owned());
        }
        if connect.level == 5 && connect.expiry == 0 {
            problems.push("asks for no session".to_owned());
        }
        if connect.announces_size {
            problems.push("announces a size of packets: brokers drop what is larger".to_owned());
        }
        let plain = (connect.username.as_deref(), connect.password.as_deref());
        let expected = shared.username.then_some((Some("user"), Some(&b"secret"[..])));
        if plain != expected.unwrap_or_default() {
            problems.push(format!("logs in as {plain:?}"));
        }
        if connect.client_id.is_empty() || connect.client_id.len() > 23 {
            problems.push(format!("client id {:?}", connect.client_id));
        }
        for problem in problems {
            self.line.violates(&problem, shared);
        }
    }

    fn refuse(
        &mut self,
        packet: Packet,
        code: u8,
        values: Option<&[Property<'_>]>,
        shared: &mut Shared,
    ) {
        let told = self.say(&write::connack(false, code, values), shared);
        self.note_condition(Place::Login, Condition::Code(packet, code), told, shared);
        self.end(End::Eof, shared);
    }

    pub(super) fn subscribe(
        &mut self,
        id: u16,
        filter: &str,
        options: u8,
        begun: u64,
        shared: &mut Shared,
    ) {
        let (_, known) = self.line.written(begun);
        // QoS 1, no retained messages.
        let expected = if self.is_new() { 0x21 } else { 1 };
        if filter != crate::simulation::LISTEN_TO_TOPIC || options != expected {
            self.line.violates(&format!("subscribes to {filter:?}, {options:#04x}"), shared);
        }
        let session = shared.witness.connections[self.line.number].session;
        if session.is_none_or(|(told, _)| told.end > known[0]) {
            self.line.violates("subscribes before the CONNACK", shared);
        }
        if self.is_in_use(id, known, shared) || self.subscription.is_some() {
            self.line.violates(&format!("packet id {id} of the SUBSCRIBE is in use"), shared);
        }
        self.subscription = Some((id, None));
        let due = Due::Timer(self.line.number, Timer::Answer);
        shared.agenda.after(self.line.plan.mqtt.suback_delay, due);
    }

    pub(super) fn answer_subscription(&mut self, shared: &mut Shared) {
        let Some((id, _)) = self.subscription else { return };
        let level = self.client.as_ref().map_or(5, |client| client.level);
        let (code, hangs_up) = match self.line.plan.mqtt.suback {
            Suback::Grants(qos) => {
                if let Some(session) = self.session(shared) {
                    session.qos = Some(qos);
                }
                if qos == 0 {
                    shared.witness.saw("suback: QoS 0");
                }
                let told = self.say(&write::suback(level, id, qos), shared);
                self.subscription = Some((id, Some(told)));
                let seen = &mut shared.witness.connections[self.line.number];
                (seen.receiver, seen.sender) = (Some(told), Some(told));
                let odd = self.line.plan.mqtt.odd.clone();
                self.say(&odd, shared);
                return;
            }
            Suback::Nothing => return shared.witness.saw("suback: none"),
            Suback::HangsUp => {
                shared.witness.saw("suback: the end");
                return self.end(End::Eof, shared);
            }
            Suback::Disconnects(code) => return self.disconnect(code, shared),
            Suback::Refuses(code) => (code, false),
            Suback::RefusesAndHangsUp(code) => (code, true),
        };
        // Return code 128 is the only refusal of 3.1.1, and means that the client may not.
        let (sent, code) = if level == 5 { (code, code) } else { (0x80, 0x87) };
        let told = self.say(&write::suback(level, id, sent), shared);
        self.note_condition(Place::Receiver, Condition::Code(Packet::Suback, code), told, shared);
        if hangs_up {
            self.end(End::Eof, shared);
        }
    }

    /// Ends the connection of a client that was silent for longer than it said.
    pub(super) fn idle_check(&mut self, shared: &mut Shared) {
        let Some(keep_alive) = self.client.as_ref().and_then(|client| client.keep_alive) else {
            return;
        };
        let limit = keep_alive * 3 / 2 + GRACE;
        let silent = shared.agenda.now().saturating_sub(self.line.heard);
        if silent < limit {
            let due = Due::Timer(self.line.number, Timer::IdleCheck);
            return shared.agenda.at(self.line.heard + limit, due);
        }
        shared.witness.saw("the broker misses a PINGREQ");
        // Until it has read the CONNACK, the client waits for nothing else.
        let is_let_in = self.subscription.is_some();
        if is_let_in && shared.witness.jumped.is_zero() && self.line.stuck.is_none() {
            self.line.violates(&format!("no PINGREQ for {silent:?}"), shared);
        }
        if self.line.plan.mqtt.says_why && self.is_new() {
            self.disconnect(0x8d, shared);
        } else {
            self.end(End::Eof, shared);
        }
    }

    pub(super) fn pingreq(&mut self, shared: &mut Shared) {
        shared.witness.saw("a PINGREQ");
        shared.witness.note(shared.agenda.now(), self.line.number, "a PINGREQ", &[]);
        if self.line.plan.heartbeats {
            self.say(&write::pingresp(), shared);
        }
    }
}
