//! From the engine's events to the session's: what each means for the requests and the run.

use super::{Session, State};
use crate::{
    amqp::{
        consequences::{self, Effect, Place},
        outbound,
        proton::{self, DeliveryId, Payload, Role},
        reply::reply,
    },
    error::{Condition, Subject},
    session::{End, Event, Purpose, Scope, Target},
    signing::{Outcome, RawReply, ReplyBody},
};

impl Session {
    /// Turns an event of the engine into events of the session.
    pub(super) fn translate(&mut self, event: proton::Event) {
        match event {
            proton::Event::Opened => self.opened(),
            proton::Event::Begun => self.begun(),
            proton::Event::Attached(role) => self.attached(role),
            proton::Event::Credit => self.events.push_back(Event::Writable),
            proton::Event::Outcome { tag, outcome } => self.outcome(tag, outcome),
            proton::Event::Message { delivery, payload } => self.take_in(delivery, payload),
            proton::Event::Arriving(bytes) => self.events.push_back(Event::Arriving(bytes)),
            proton::Event::LinkEnded(Role::Sender, condition) => self.sender_ended(condition),
            proton::Event::LinkEnded(Role::Receiver, condition) => {
                self.end_at(Place::Receiver, condition);
            }
            proton::Event::SessionEnded(condition) => self.end_at(Place::Session, condition),
            proton::Event::ConnectionEnded(condition) => {
                // Brokers that answer a refused login with an Open close the connection right after it.
                let place = match self.state {
                    State::Opening | State::Attaching { .. } => Place::Login,
                    State::Attached | State::Closing => Place::Connection,
                };
                self.end_at(place, condition);
            }
            // The session knows more than the engine's text for a stream that ended in the middle says.
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
        if self.target == Target::AsOffered && self.purpose != Purpose::SeeLogin {
            let is_offered = self.engine.offers_anonymous_relay();
            self.target = if is_offered { Target::Anonymous } else { Target::Address };
            self.attach_sender().expect("the address was checked for NUL");
        }
        self.events.push_back(Event::Opened);
    }

    /// Without links this is all that there is to wait for.
    fn begun(&mut self) {
        if self.purpose == Purpose::SeeLogin && matches!(self.state, State::Attaching { .. }) {
            self.state = State::Attached;
            self.events.push_back(Event::Ready(Ok(())));
        }
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
            self.state = State::Attached;
            self.events.push_back(Event::Ready(sender));
        }
    }

    fn sender_ended(&mut self, condition: Condition) {
        let effect = consequences::effect(&condition, Place::Sender);
        if let State::Attaching { sender, .. } = &mut self.state {
            let what = Subject::Sending(self.send_to.as_str().into());
            // A broker that does not know the anonymous terminus may use any condition.
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
        // The receiver is still attached: replies that have already arrived must not be lost with the sender.
        self.events.push_back(match effect {
            Effect::Sending => Event::SendingRefused(end),
            _ => Event::Ending(end),
        });
        if matches!(effect, Effect::Sending | Effect::Unsettled) {
            let outcome = || Outcome::Undeliverable(condition.clone());
            let given_up = self.outbound.give_up_unaccepted();
            self.events.extend(
                given_up.into_iter().map(|entry| Event::Outcome { entry, outcome: outcome() }),
            );
        }
        if effect == Effect::Blame {
            self.blame_largest(condition);
        }
    }

    fn end_at(&mut self, place: Place, condition: Condition) {
        // The last dispositions and the Close are still to be written, and the broker's Close is to come.
        if matches!(self.state, State::Closing) && place != Place::Connection {
            return;
        }
        let what = match place {
            Place::Login | Place::Connection => Subject::Connection,
            Place::Session => Subject::Session,
            Place::Receiver => Subject::Listening(self.listen_to.as_str().into()),
            Place::Sender | Place::Outcome => self.sending(),
        };
        if consequences::effect(&condition, place) == Effect::Blame {
            self.blame_largest(condition.clone());
        }
        self.events.push_back(Event::Ended(consequences::end(place, what, condition)));
    }

    fn blame_largest(&mut self, condition: Condition) {
        let outcome = Outcome::Blamed(condition);
        self.events.extend(self.outbound.largest().map(|entry| Event::Outcome { entry, outcome }));
    }

    /// Why the engine gave up, in its own text unless that is jargon.
    fn failure(&self, condition: Condition) -> End {
        if matches!(self.state, State::Opening) {
            // By this name the engine reports that the login failed; by others, that it could not read the bytes.
            let allowed = self.allowed.filter(|_| condition.name == "amqp:unauthorized-access");
            let Some(allowed) = allowed else {
                return self.preface.explain(Some(&condition), self.begun_with());
            };
            let (what, may_pass) = (Subject::Login, self.engine.login_may_succeed_later());
            let condition = self.offer.explain(allowed, self.means, may_pass);
            return if may_pass {
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
    pub(super) fn silent_end(&self) -> End {
        match (&self.state, self.hung_up) {
            (State::Opening, true) if self.preface.is_empty() => End::HungUp,
            (State::Opening, _) => self.preface.explain(None, self.begun_with()),
            (_, true) => End::HungUp,
            (_, false) => {
                End::Protocol("the broker sent something that is not an AMQP frame".into())
            }
        }
    }

    fn outcome(&mut self, tag: u64, outcome: proton::Outcome) {
        let Some(entry) = self.outbound.outcome(tag, &outcome) else { return };
        // This comes first: otherwise the outcome could make room for further requests after a refusal.
        if let proton::Outcome::Rejected(condition) = &outcome
            && consequences::effect(condition, Place::Outcome) == Effect::Sending
        {
            let end = consequences::end(Place::Outcome, self.sending(), condition.clone());
            self.events.push_back(Event::SendingRefused(end));
        }
        self.events.push_back(Event::Outcome { entry, outcome: outbound::meaning(outcome) });
    }

    fn take_in(&mut self, delivery: DeliveryId, payload: Payload) {
        let reply = match payload {
            Payload::Whole(bytes) => reply(bytes),
            Payload::TooLarge(size, ids) => {
                RawReply { body: ReplyBody::TooLarge { size, ids }, properties: None }
            }
        };
        let id = self.inbound.arrived(delivery);
        self.events.push_back(Event::Reply { id, reply });
    }

    fn sending(&self) -> Subject {
        Subject::Sending(self.send_to.as_str().into())
    }
}
