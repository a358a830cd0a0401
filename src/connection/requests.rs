//! Requests on their way, and their outcomes.

use super::{Connection, translate};
use crate::{
    broker::{Event, Handed},
    error::{
        Condition, Subject,
        conditions::{self, Effect, Place},
    },
    proton::{self, Outgoing},
    signing::Request,
    transport::Wire,
};

impl<W: Wire> Connection<W> {
    /// Hands over one request, if there is credit for it.
    pub(crate) fn send(&mut self, entry: usize, request: &Request) -> Handed {
        if !self.pump.engine.has_credit() {
            return Handed::NotNow;
        }
        let message = Outgoing {
            durable: self.durable,
            ttl: self.ttl,
            to: &self.send_to,
            application_properties: &request.properties,
            body: &request.body,
        }
        .encode();
        let limit = self.pump.engine.peer_max_message_size();
        if let Some(limit) = limit.filter(|&limit| message.len() as u64 > limit) {
            let description =
                format!("the message has {} bytes, the broker takes {limit}", message.len());
            return Handed::Never(Condition::new("amqp:link:message-size-exceeded", &description));
        }
        log::trace!("request: {}", request.body);
        self.pump.engine.send(self.next_tag, &message);
        self.in_flight.insert(self.next_tag, entry);
        self.latest.insert(entry, self.next_tag);
        self.next_tag += 1;
        Handed::Over
    }

    /// Notes an outcome of one of our deliveries.
    pub(super) fn note_outcome(&mut self, tag: u64, outcome: proton::Outcome) {
        // It may have been given up when the sender ended.
        let Some(entry) = self.in_flight.remove(&tag) else { return };
        self.has_accepted |= outcome == proton::Outcome::Accepted;
        // Of a request that was sent again since, only one thing matters: that the broker has it.
        if self.latest.get(&entry) != Some(&tag) && outcome != proton::Outcome::Accepted {
            return;
        }
        let refusal = match &outcome {
            proton::Outcome::Rejected(condition)
                if conditions::effect(condition, Place::Outcome) == Effect::Sending =>
            {
                Some(self.refused(self.sending(), condition.clone()))
            }
            _ => None,
        };
        // In this order, or what the outcome lets go on would be sent after a refusal.
        self.events.extend(refusal.map(Event::SendingRefused));
        self.events.push_back(Event::Outcome { entry, outcome: translate::outcome(outcome) });
    }

    pub(super) fn sending(&self) -> Subject {
        Subject::Sending(self.send_to.clone())
    }
}
