//! How a connection ends, and what is left of it (MQTT 5.0, 3.14 and 4.13).

use std::time::Duration;

use super::{Mqtt, State, write};
use crate::simulation::{
    plan::{Condition, Fault, Packet},
    stream::End,
    witness::{Place, Said, Told},
    world::Shared,
};

impl Mqtt {
    /// Lets happen what the plan has for this connection.
    pub(super) fn let_fault_happen(&mut self, shared: &mut Shared) {
        let Some((_, fault)) = self.line.plan.fault.clone() else { return };
        if std::mem::replace(&mut self.line.faulted, true) || self.line.state != State::Up {
            return;
        }
        shared.witness.note(shared.agenda.now(), self.line.number, "the fault comes", &[]);
        match fault {
            Fault::Cut(how) => {
                shared.witness.saw(if how == End::Eof { "cut: end" } else { "cut: reset" });
                self.end(how, shared);
            }
            Fault::Silence => self.line.fall_silent(shared),
            Fault::Garbage(bytes) => {
                shared.witness.saw("garbage");
                let told = self.say(&bytes, shared);
                shared.witness.ends(told);
            }
            Fault::Close(Condition::Code(_, code)) if self.is_new() => {
                self.disconnect(code, shared)
            }
            // MQTT 3.1.1 has no words for it.
            _ => self.end(End::Eof, shared),
        }
    }

    /// Says why the connection ends, and ends it.
    pub(super) fn disconnect(&mut self, code: u8, shared: &mut Shared) {
        let seen = &shared.witness.connections[self.line.number];
        let place = if seen.receiver.is_some() { Place::Connection } else { Place::Login };
        let told = self.say(&write::disconnect(code, self.line.plan.mqtt.is_wordy), shared);
        self.note_condition(place, Condition::Code(Packet::Disconnect, code), told, shared);
        self.end(End::Eof, shared);
    }

    /// Notes what the broker said.
    pub(super) fn note_condition(
        &self,
        place: Place,
        condition: Condition,
        told: Told,
        shared: &mut Shared,
    ) {
        let now = shared.agenda.now();
        shared.witness.said.push(Said { place, condition, told, at: now });
        shared.witness.ends(told);
        shared.witness.saw(match place {
            Place::Login => "condition: login",
            Place::Receiver => "condition: receiver",
            _ => "condition: connection",
        });
        shared.witness.note(now, self.line.number, &condition.shown(), &[place as u64]);
    }

    /// The client ends the connection in order.
    pub(super) fn disconnected(
        &mut self,
        code: u8,
        expiry: Option<u32>,
        begun: u64,
        shared: &mut Shared,
    ) {
        let (_, known) = self.line.written(begun);
        let number = self.line.number;
        shared.witness.note(shared.agenda.now(), number, "the client disconnects", &[]);
        if code != 0 {
            self.line.violates(&format!("disconnects with {code:#04x}"), shared);
        } else {
            shared.witness.connections[number].closed = Some(known);
            shared.witness.connections[number].stays = self.is_new() && expiry != Some(0);
            if let Some(client) = self.client.as_mut() {
                client.expiry = expiry.unwrap_or(client.expiry);
            }
        }
        self.is_closing = true;
        self.end(End::Eof, shared);
    }

    /// Ends the connection. Replies that were not acknowledged stay with the session, if that outlives it.
    pub(super) fn end(&mut self, how: End, shared: &mut Shared) {
        if !self.line.end(how, shared) {
            return;
        }
        self.unsettled.clear();
        let now = shared.agenda.now();
        let Some(client) = &self.client else { return };
        let (broker, id, expiry) = (self.line.broker, client.id.clone(), client.expiry);
        let Some(session) = self.session(shared) else { return };
        session.on = None;
        session.ends = Some(now + Duration::from_secs(expiry.into()));
        if expiry == 0 {
            shared.sessions.end(broker, &id);
        }
    }
}
