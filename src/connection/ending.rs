//! What ends a connection, its session or its links, and what that means.

use std::time::Duration;

use super::Connection;
use crate::{
    broker::Event,
    deadline::Deadline,
    error::{
        Condition, Error, Subject,
        conditions::{self, Effect, Place},
    },
    signing::Outcome,
    transport::Wire,
};

impl<W: Wire> Connection<W> {
    pub(super) fn refused(&self, what: Subject, condition: Condition) -> Error {
        Error::Refused { broker: self.broker.clone(), what, condition }
    }

    /// The error of a condition that the broker ended something with.
    pub(super) fn ended(&self, place: Place, condition: Condition, deadline: &Deadline) -> Error {
        let what = match place {
            Place::Login | Place::Connection => Subject::Connection,
            Place::Session => Subject::Session,
            Place::Receiver => Subject::Listening(self.listen_to.clone()),
            Place::Sender | Place::Outcome => self.sending(),
        };
        match conditions::effect(&condition, place) {
            Effect::Run | Effect::Sending | Effect::BrokerIsOut => self.refused(what, condition),
            Effect::Item | Effect::Unsettled | Effect::NextBroker => Error::Closed {
                broker: self.broker.clone(),
                phase: deadline.phase(),
                what,
                condition,
            },
        }
    }

    /// Why the connection ends: what came first says why, unless the second word is that we may not.
    pub(super) fn reason(&mut self, error: Error) -> Error {
        match self.ending.take() {
            Some((first, _)) if !error.is_refusal() => first,
            _ => error,
        }
    }

    pub(super) fn sender_ended(&mut self, condition: Condition, deadline: &Deadline) {
        let error = self.ended(Place::Sender, condition.clone(), deadline);
        let effect = conditions::effect(&condition, Place::Sender);
        if effect == Effect::Sending {
            self.events.push_back(Event::SendingRefused(error));
        } else {
            // The receiver still stands: replies that are here already must not go with the sender.
            self.ending = Some((
                error,
                Deadline::after(self.pump.wire.now(), Duration::ZERO, deadline.phase()),
            ));
        }
        // What has no outcome by now gets none. Where nothing was ever taken, nothing of it was: so Qpid Broker-J says
        // that there is no such address, or that it takes no durable messages. Else some of it may be on its way to
        // the signing server, and is waited for.
        if matches!(effect, Effect::Sending | Effect::Unsettled) && !self.has_accepted {
            let untold = self.in_flight.drain().map(|(_, entry)| entry);
            let undeliverable = |entry| Event::Outcome {
                entry,
                outcome: Outcome::Undeliverable(condition.clone()),
            };
            self.events.extend(untold.map(undeliverable));
        }
    }
}
