//! Replies on their way to the client, and its acknowledgements (MQTT 5.0, 3.3, 3.4 and 4.4).

use amqp_frames::{Value, message as amqp};

use super::{Mqtt, State, write, write::Property};
use crate::simulation::{
    server::Body,
    witness::{Delivered, Settled},
    world::Shared,
};

impl Mqtt {
    /// Sends again what was not acknowledged on the session's last connection.
    pub(super) fn redeliver(&mut self, shared: &mut Shared) {
        let renumbers = self.line.plan.mqtt.renumbers;
        let Some(session) = self.session(shared) else { return };
        if renumbers {
            for (index, unsettled) in session.unsettled.iter_mut().enumerate() {
                unsettled.0 = index as u16 + 1;
            }
        }
        for (id, reply) in session.unsettled.clone() {
            shared.witness.saw("reply: again");
            self.send(reply, Some(id), true, shared);
        }
    }

    /// Sends what waits in the session's queue, as far as the client takes it.
    pub(super) fn deliver_replies(&mut self, shared: &mut Shared) {
        let prefetch = self.line.plan.mqtt.prefetch;
        let most = self.client.as_ref().map_or(0, |client| client.most_replies.min(prefetch));
        while self.line.state == State::Up
            && let Some(session) = self.session(shared)
            && let Some(qos) = session.qos
            && (session.unsettled.len() < most || qos == 0)
            && let Some(reply) = session.queue.pop_front()
        {
            let id = (qos > 0).then(|| session.next_id());
            session.unsettled.extend(id.map(|id| (id, reply)));
            if id.is_none() {
                shared.witness.saw("reply: settled as it is sent");
            }
            self.send(reply, id, false, shared);
        }
    }

    fn send(&mut self, reply: usize, id: Option<u16>, dup: bool, shared: &mut Shared) {
        let made = &shared.witness.made[reply];
        let (message, kind, request) = (made.message.clone(), made.kind, made.request);
        let now = shared.agenda.now();
        let text = "reply # goes out, to request #";
        shared.witness.note(now, self.line.number, text, &[reply as u64, request as u64]);
        shared.witness.saw(kind.shown());
        let level = self.client.as_ref().map_or(5, |client| client.level);
        let values = [
            Property::Byte(0x01, 1),
            Property::Text(0x03, "application/json"),
            Property::User("mtype", "reply"),
        ];
        let values = if reply.is_multiple_of(2) { &values[..] } else { &[] };
        let topic = crate::simulation::LISTEN_TO_TOPIC;
        let packet = write::publish(level, topic, id, dup, values, &message);
        let size = write::remaining_length(&packet) as u64;
        let told = self.say(&packet, shared);
        let delivered = shared.witness.delivered.len();
        shared.witness.delivered.push(Delivered { reply, size, told, at: now, settled: None });
        if let Some(id) = id.filter(|_| self.line.state != State::Gone) {
            self.unsettled.insert(id, delivered);
        }
    }

    /// The client's word on a reply.
    pub(super) fn puback(&mut self, id: u16, code: u8, begun: u64, shared: &mut Shared) {
        let (_, known) = self.line.written(begun);
        let Some(delivered) = self.unsettled.remove(&id) else {
            return self.line.violates(&format!("acknowledges {id}, which it has not"), shared);
        };
        if code != 0 {
            self.line.violates(&format!("acknowledges {id} with {code:#04x}"), shared);
        }
        let Delivered { reply, told, .. } = shared.witness.delivered[delivered];
        if told.end > known[0] {
            self.line.violates(&format!("acknowledges {id} before it has come"), shared);
        }
        shared.witness.delivered[delivered].settled = Some(Settled::Accepted);
        let now = shared.agenda.now();
        shared.witness.note(now, self.line.number, "reply # is acknowledged", &[reply as u64]);
        let Some(session) = self.session(shared) else { return };
        if session.unsettled.front().is_none_or(|first| first.0 != id) {
            self.line.violates(&format!("acknowledges {id} out of order"), shared);
        }
        if let Some(session) = self.session(shared) {
            session.unsettled.retain(|unsettled| unsettled.0 != id);
        }
        shared.has_replies = true;
    }
}

/// The payload of a reply: the text, or as brokers hand over what came to them by AMQP: a section, or a whole message.
pub(super) fn message(body: Body, number: usize) -> Vec<u8> {
    let body = match body {
        Body::Good(body) | Body::Malformed(body) => body,
        Body::Odd(0) => return b"{\"msg\": {\"request_id\": \"\xff\"}}".to_vec(),
        Body::Odd(1) => return amqp::amqp_value(Value::Null),
        Body::Odd(_) => return b"\x00\x53\x77\xa1\xff!".to_vec(),
    };
    let properties = amqp::application_properties(&[("mtype", Value::from("reply"))]);
    match number % 6 {
        0 => amqp::amqp_value(body),
        1 => [properties, amqp::amqp_value(body.as_bytes())].concat(),
        2 => [properties, amqp::data(body.as_bytes())].concat(),
        _ => body.into_bytes(),
    }
}
