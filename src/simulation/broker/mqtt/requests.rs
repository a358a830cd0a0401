//! Requests as they come, and their acknowledgements (MQTT 5.0, 3.3, 3.4 and 4.4).

use super::{Mqtt, Request, read::Publish, replies::message, sessions, write};
use crate::simulation::{
    agenda::{Due, Timer},
    broker::request::Coming,
    plan::{Condition, Outcome, Packet, Trigger},
    server::Asked,
    witness::{Known, Place, Said},
    world::Shared,
};

impl Mqtt {
    pub(super) fn publish(&mut self, publish: Publish, begun: u64, shared: &mut Shared) {
        let (at, known) = self.line.written(begun);
        let text = String::from_utf8_lossy(&publish.payload);
        let asked = match Asked::read(&text) {
            Ok(asked) => asked,
            Err(problem) => return self.line.violates(&format!("a request: {problem}"), shared),
        };
        let mut problems = vec![];
        problems.extend(self.check_properties(&publish, &asked, shared));
        problems.extend(self.check_turn(&publish, known, shared));
        problems.extend(self.check_id(&publish, known, shared));
        for problem in problems {
            self.line.violates(&format!("{problem}: {}", asked.id), shared);
        }
        let held = self.line.stuck.is_some();
        let coming = Coming { at, known, held, is_same: publish.dup };
        let Some(arrival) = self.line.comes(&asked, coming, shared) else { return };
        if publish.dup {
            shared.witness.saw("a request comes again in its session");
        }
        let id = publish.id;
        // A process that is gone sends nothing again.
        let is_of_this_process = self.line.number >= shared.first;
        if let Some(session) = self.session(shared).filter(|_| is_of_this_process) {
            if let Some(before) = session.requests.iter_mut().find(|request| request.id == id)
                && publish.dup
            {
                before.told = None;
            } else {
                session.requests.retain(|request| request.id != id);
                let content = publish.content;
                session.requests.push(sessions::Request { id, content, told: None });
            }
        }
        let (number, sending) = (self.requests.len(), arrival.order);
        self.requests.push(Request { id, sending, outcome: Outcome::Never, told: None });
        if self.is_fault_at(number) {
            return self.let_fault_happen(shared);
        }
        let treatment = shared.script.request(&arrival);
        if let Some(fault) = treatment.ends {
            shared.witness.saw("a request ends the connection");
            self.line.plan.fault = Some((Trigger::AtRequest(number), fault));
            self.line.faulted = false;
            return self.let_fault_happen(shared);
        }
        self.requests[number].outcome = treatment.outcome;
        if treatment.outcome == Outcome::Never {
            shared.witness.saw("outcome: never");
        } else {
            let due = Due::Timer(self.line.number, Timer::Outcome(number));
            shared.agenda.after(treatment.delay, due);
        }
        self.line.answers(&asked, arrival.request, treatment.replies, message, shared);
    }

    /// What every request has.
    fn check_properties(&self, publish: &Publish, asked: &Asked, shared: &Shared) -> Vec<String> {
        let mut problems = vec![];
        let plan = &self.line.plan.mqtt;
        if publish.topic != crate::simulation::SEND_TO_TOPIC {
            problems.push(format!("a request to {:?}", publish.topic));
        }
        if self.is_new() && plan.max_packet.is_some_and(|most| publish.size > most as usize) {
            problems.push("a request above the maximum packet size".to_owned());
        }
        if !self.is_new() {
            return problems;
        }
        let values = &publish.properties;
        let expected = [(0x01, 1), (0x02, shared.expiry.as_secs() as u32)];
        if expected.iter().any(|(id, value)| values.numbers.get(id) != Some(value)) {
            problems.push(format!("format and expiry: {:?}", values.numbers));
        }
        let texts = [0x03, 0x08, 0x09].map(|id| values.text(id).unwrap_or_default());
        if texts != ["application/json", crate::simulation::LISTEN_TO_TOPIC, &asked.id] {
            problems.push(format!("type, response topic and correlation: {texts:?}"));
        }
        if !values.users.iter().any(|(name, _)| name == "mtype") {
            problems.push(format!("user properties: {:?}", values.users));
        }
        problems
    }

    /// Whether a request may come now: after the SUBACK, behind those that must come again, and within what the broker
    /// takes.
    fn check_turn(&self, publish: &Publish, known: Known, shared: &Shared) -> Vec<String> {
        let mut problems = vec![];
        let seen = &shared.witness.connections[self.line.number];
        if seen.receiver.is_none_or(|told| told.end > known[0]) {
            problems.push("a request before the SUBACK".to_owned());
        }
        if !publish.dup && !self.owed.is_empty() {
            problems.push(format!("a request before {:?} have come again", self.owed));
        }
        let most = self.line.plan.mqtt.receive_maximum.unwrap_or(u16::MAX);
        let is_open = |request: &&Request| request.told.is_none_or(|told| told.end > known[0]);
        let open = self.requests.iter().filter(is_open).count();
        if self.is_new() && open >= usize::from(most) {
            problems.push(format!("{} requests on their way, {most} are allowed", open + 1));
        }
        problems
    }

    /// Whether the packet id is free, or that of the request that comes again.
    fn check_id(&mut self, publish: &Publish, known: Known, shared: &mut Shared) -> Option<String> {
        let id = publish.id;
        if !publish.dup {
            return self.is_in_use(id, known, shared).then(|| format!("packet id {id} is in use"));
        }
        // What a process has written may arrive after it was killed, when what it sent before is forgotten.
        if self.line.number < shared.first {
            return None;
        }
        let goes_on = shared.witness.connections[self.line.number].session;
        if !goes_on.is_some_and(|(_, goes_on)| goes_on) && !self.line.plan.mqtt.invents {
            return Some(format!("packet id {id} again, in another session"));
        }
        let owed = self.owed.pop_front();
        let before = self.session(shared)?.requests.iter().find(|before| before.id == id);
        match (owed, before) {
            (Some(owed), Some(before)) if owed == id && before.content == publish.content => None,
            // It was lost on its way with the last connection.
            (None, None) => None,
            (None, Some(_)) => Some(format!("packet id {id} again, which is acknowledged")),
            (Some(owed), _) if owed != id => Some(format!("packet id {id} again before {owed}")),
            _ => Some(format!("packet id {id} again, with something else")),
        }
    }

    /// Whether the client has no answer yet to what it sent with this packet id.
    pub(super) fn is_in_use(&self, id: u16, known: Known, shared: &mut Shared) -> bool {
        let (number, subscription) = (self.line.number, self.subscription);
        let of_subscribe = subscription.is_some_and(|(subscribe, told)| {
            subscribe == id && told.is_none_or(|told| told.end > known[0])
        });
        let Some(session) = self.session(shared) else { return of_subscribe };
        let told = session.requests.iter().find(|request| request.id == id).map(|one| one.told);
        let is_known = |told: crate::simulation::witness::Told| {
            if told.connection == number {
                told.end <= known[0]
            } else {
                shared.witness.was_read(told) && shared.witness.counts(told)
            }
        };
        of_subscribe || told.is_some_and(|told| !told.is_some_and(is_known))
    }

    /// Acknowledges a request.
    pub(super) fn acknowledge(&mut self, number: usize, shared: &mut Shared) {
        let Request { id, sending, outcome, .. } = self.requests[number];
        let (kind, code) = match outcome {
            Outcome::Accepted => ("outcome: accepted", 0),
            Outcome::Rejected(Condition::Code(Packet::Puback, code)) => (
                match code {
                    0x10 => "outcome: no subscriber",
                    0x83 | 0x97 => "outcome: full",
                    0x87 | 0x90 => "outcome: refused",
                    code if code < 0x80 => "outcome: accepted in another way",
                    _ => "outcome: rejected",
                },
                code,
            ),
            _ => unreachable!("no outcome of MQTT: {outcome:?}"),
        };
        // MQTT 3.1.1 has no codes.
        let code = if self.is_new() { code } else { 0 };
        let is_wordy = self.is_new() && self.line.plan.mqtt.is_wordy;
        let told = self.say(&write::puback(id, code, is_wordy), shared);
        shared.witness.saw(kind);
        self.requests[number].told = Some(told);
        // The connection may have ended with it.
        if let Some(client) = &self.client
            && let Some(session) = shared.sessions.get(self.line.broker, &client.id)
            && let Some(request) = session.requests.iter_mut().find(|request| request.id == id)
        {
            request.told = Some(told);
        }
        let outcome = match code {
            code if code < 0x80 && code != 0x10 => Outcome::Accepted,
            code => Outcome::Rejected(Condition::Code(Packet::Puback, code)),
        };
        if code == 0x91 {
            // The client does not trust the session any more.
            shared.witness.ends(told);
        }
        let now = shared.agenda.now();
        shared.witness.sendings[sending].outcome = Some((outcome, told));
        if let Outcome::Rejected(condition) = outcome {
            shared.witness.said.push(Said { place: Place::Outcome, condition, told, at: now });
        }
        shared.witness.note(now, self.line.number, kind, &[id.into(), code.into()]);
    }
}
