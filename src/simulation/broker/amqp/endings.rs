//! How a broker ends a connection, or a part of it.

use amqp_frames::{Frame, Value, close, detach, end};

use super::{Amqp, State, requests::said};
use crate::simulation::{
    plan::{Condition, Fault},
    stream::End,
    witness::{Place, Said},
    world::Shared,
};

impl Amqp {
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
                let told = self.say_bytes(&bytes, shared);
                shared.witness.ends(told);
            }
            Fault::Close(condition) => self.close(condition, shared),
            Fault::EndSession(condition) => {
                self.say_condition(Place::Session, condition, end, shared);
            }
            Fault::DetachReceiver(condition) => {
                if let Some(handle) = self.receiver.as_ref().map(|link| link.handle) {
                    self.receiver = None;
                    let detach = |error| detach(handle, true, error);
                    self.say_condition(Place::Receiver, condition, detach, shared);
                }
            }
            Fault::DetachSender(condition) => {
                if let Some(handle) = self.sender.as_ref().map(|link| link.handle) {
                    self.sender = None;
                    let detach = |error| detach(handle, true, error);
                    self.say_condition(Place::Sender, condition, detach, shared);
                }
            }
        }
    }

    /// Closes the connection for this reason; the client's Close, or the end of its bytes, is waited for.
    pub(super) fn close(&mut self, condition: Condition, shared: &mut Shared) {
        if std::mem::replace(&mut self.is_closing, true) {
            return;
        }
        let seen = &shared.witness.connections[self.line.number];
        let stands = seen.receiver.is_some() && seen.sender.is_some();
        let place = if stands { Place::Connection } else { Place::Login };
        self.say_condition(place, condition, close, shared);
        self.receiver = None;
        self.sender = None;
    }

    /// Says a condition in the frame that is made of its error.
    pub(super) fn say_condition(
        &mut self,
        place: Place,
        condition: Condition,
        frame: impl FnOnce(Value) -> Frame,
        shared: &mut Shared,
    ) {
        let told = self.say(&frame(said(condition)), shared);
        shared.witness.said.push(Said { place, condition, told, at: shared.agenda.now() });
        if place != Place::Sender || !condition.meaning().refuses() {
            shared.witness.ends(told);
        }
        shared.witness.saw(match place {
            Place::Tls => "condition: TLS",
            Place::Login => "condition: login",
            Place::Connection => "condition: connection",
            Place::Session => "condition: session",
            Place::Receiver => "condition: receiver",
            Place::Sender => "condition: sender",
            Place::Outcome => "condition: outcome",
        });
        shared.witness.note(
            shared.agenda.now(),
            self.line.number,
            &condition.shown(),
            &[place as u64],
        );
    }

    /// Ends the connection; replies that were not settled go back to their queue.
    pub(super) fn end(&mut self, how: End, shared: &mut Shared) {
        if !self.line.end(how, shared) {
            return;
        }
        let mut returned: Vec<_> = self.unsettled.drain().map(|(_, delivered)| delivered).collect();
        returned.sort_unstable();
        for delivered in returned.into_iter().rev() {
            let reply = shared.witness.delivered[delivered].reply;
            let queue = shared.witness.made[reply].queue;
            shared.queues[queue].push_front(reply);
        }
        shared.has_replies = true;
    }
}
