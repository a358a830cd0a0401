//! From the broker's packets to the session's events.

use super::{Session, State, codes, inbound};
use crate::{
    error::{Subject, printable},
    mqtt::{
        codes::{Effect, Place},
        memory::SMALL,
        packets::{Packet, Publish, Reason, Version},
    },
    session::{End, Event, Purpose, Scope},
    signing::ReplyBody,
};

impl Session {
    /// Handles the packets that are whole.
    pub(super) fn read(&mut self) {
        while !self.has_ended
            && let Some(packet) = self.reader.next()
        {
            match packet {
                Ok(packet) => self.take_in(packet),
                Err(problem) => self.fail(problem),
            }
        }
    }

    fn take_in(&mut self, packet: Packet) {
        match packet {
            Packet::Connack(connack) if self.state == State::Connecting => self.connack(connack),
            Packet::Disconnect(reason) => self.disconnect(&reason),
            _ if self.state == State::Connecting => {
                self.fail("the broker sent another packet in place of a CONNACK");
            }
            Packet::Connack(_) => self.fail("the broker sent a second CONNACK"),
            Packet::Suback { id, codes, reason } => self.suback(id, &codes, reason),
            Packet::Publish(publish) => self.publish(publish),
            Packet::Puback { id, reason } => self.puback(id, &reason),
            Packet::Pingresp => {}
            Packet::Useless(what) => log::debug!("the broker sent {what}, which is ignored"),
        }
    }

    fn publish(&mut self, publish: Publish) {
        let Publish { id, qos, retained, mut reply } = publish;
        if qos > 1 {
            return self.fail(format!(
                "the broker sent a message with QoS {qos}; at most 1 was asked for"
            ));
        }
        // A check takes nothing.
        if self.state == State::Closing || self.purpose != Purpose::Sign {
            return;
        }
        let is_early = self.state != State::Established;
        if self.inbound.is_full() || is_early && !self.inbound.keeps(&reply) {
            return;
        }
        if self.inbound.len() + self.outbox.unwritten_pubacks() > inbound::MOST {
            return self.fail("the broker sends replies, and does not read what acknowledges them");
        }
        let number = self.inbound.arrived(id);
        // An old message: 3.1.1 cannot ask the broker to keep it to itself.
        if retained && self.version == Version::V311 {
            self.inbound.settled(number);
            return self.acknowledge();
        }
        // JSON does not begin like this, and every message of AMQP does.
        if let ReplyBody::Bytes(body) = &mut reply.body
            && body.first() == Some(&0)
        {
            let decoded = (self.decode)(std::mem::take(body));
            reply.body = decoded.body;
            reply.properties = reply.properties.or(decoded.properties);
        }
        self.events.push_back(Event::Reply { id: number, reply });
    }

    fn disconnect(&mut self, reason: &Reason) {
        self.reason = Some(reason.clone());
        self.may_be_blamed &= !codes::is_of_broker(reason.code);
        let is_subscribing = matches!(self.state, State::Subscribing(_));
        let what = if is_subscribing { self.listening() } else { Subject::Connection };
        let mut condition = codes::condition(reason);
        if reason.code == 0x8e {
            let id = printable(self.remembered.client_id.as_deref().unwrap_or_default());
            condition.description = format!("another client uses the client id \"{id}\"").into();
        }
        let end = match codes::effect(Place::Disconnect, reason.code) {
            Effect::Run => End::Refused { what, condition, scope: Scope::EveryBroker },
            Effect::Sending if self.state == State::Connecting => {
                End::Refused { what, condition, scope: Scope::ThisBroker }
            }
            // Which request it was is not said: none of them is sent again.
            Effect::Sending if self.remembered.queue.begun() > 0 => {
                self.refuse_sending(Place::Disconnect, reason);
                self.remembered.queue.give_up();
                End::Closed { what, condition }
            }
            Effect::Sending => End::Refused { what, condition, scope: Scope::EveryBroker },
            _ => End::Closed { what, condition },
        };
        self.end(end);
    }

    /// What the broker may mean by ending the stream without a word.
    pub(super) fn presume(&self) -> Option<String> {
        let old = self.version == Version::V5;
        Some(match self.state {
            State::Connecting if old => {
                "it may refuse the login, or speak only MQTT 3.1.1; set mqtt_version: \"3.1.1\" if so".into()
            }
            State::Connecting => "it may refuse the login; check mqtt_version, username and password_file".into(),
            State::Subscribing(_) => {
                let topic = printable(&self.listen_to);
                format!("the client may have no permission to read from \"{topic}\"")
            }
            _ if self.remembered.queue.begun() > 0 && self.remembered.queue.largest() > SMALL => {
                format!("{}, or a request is too large for it", self.no_permission_to_write())
            }
            _ if self.remembered.queue.begun() > 0 => self.no_permission_to_write(),
            _ => return None,
        })
    }

    pub(super) fn no_permission_to_write(&self) -> String {
        let topic = printable(&self.send_to);
        format!("the client may have no permission to write to \"{topic}\"")
    }
}
