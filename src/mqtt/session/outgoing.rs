//! Requests: handing them over, and what becomes of them.

use super::{Session, State, codes};
use crate::{
    broker::HandOver,
    error::{Condition, printable, printable_body},
    mqtt::{
        codes::{Effect, Place},
        packets::{self, Reason, Unwritable},
        queue::Acknowledged,
    },
    session::Event,
    signing::{Outcome, Request},
};

/// About how many bytes a packet has besides the body.
const HEAD: usize = 1024;

/// No more requests are taken while those without a PUBACK have this many bytes: each is kept until then, and files are
/// large.
const MOST_KEPT: usize = 4 << 20;

impl Session {
    /// How many requests may be on their way on this connection now.
    pub(super) fn open_window(&self) -> usize {
        match self.state {
            _ if self.has_ended => 0,
            State::Established if self.careful > 0 => 1.min(self.window),
            State::Established => self.window,
            _ => 0,
        }
    }

    pub(super) fn hand_over(&mut self, entry: usize, request: &Request) -> HandOver {
        if self.state != State::Established || self.has_ended {
            return HandOver::NotNow;
        }
        let queue = &mut self.remembered.queue;
        if queue.goes_out_again(entry) {
            return HandOver::Done;
        }
        let window = if self.careful > 0 { 1 } else { self.window };
        if queue.len() >= window || queue.size() >= MOST_KEPT {
            return HandOver::NotNow;
        }
        let Some(id) = queue.take_id() else { return HandOver::NotNow };
        match self.packet(id, request) {
            Ok(packet) => {
                self.remembered.queue.push(id, entry, packet);
                HandOver::Done
            }
            Err(failure) => {
                self.remembered.queue.release_id(id);
                failure
            }
        }
    }

    fn packet(&self, id: u16, request: &Request) -> Result<Vec<u8>, HandOver> {
        let (mut id_buffer, properties) = ([0; 36], request.properties());
        let packet = packets::Request {
            version: self.version,
            id,
            topic: &self.send_to,
            // A packet that goes out again has all of this again, as one over AMQP has: the loops give a request that was in doubt
            // the time of a cycle.
            expiry: self.ttl,
            response_topic: &self.listen_to,
            correlation: request.id.text(&mut id_buffer),
            properties: &properties,
        };
        let mut bytes = Vec::with_capacity(request.size() as usize + HEAD);
        let mut body = 0;
        let written = packet.write(&mut bytes, |out| {
            let start = out.len();
            request.write_body(out)?;
            body = out.len() - start;
            Ok(())
        });
        match written {
            Err(Unwritable::Body(error)) => return Err(HandOver::Failed(error)),
            Err(Unwritable::Never(words)) => {
                return Err(HandOver::Never(Condition::new("", &words)));
            }
            Ok(()) => {}
        }
        if let Some(condition) = self.too_large(bytes.len()) {
            return Err(HandOver::Never(condition));
        }
        let body = &bytes[bytes.len() - body..];
        log::trace!("request: {}", printable_body(&String::from_utf8_lossy(body)));
        Ok(bytes)
    }

    /// Why a packet of that many bytes is not sent, if it is larger than the broker accepts.
    pub(super) fn too_large(&self, size: usize) -> Option<Condition> {
        let limit = self.connack.as_ref()?.maximum_packet_size?;
        let words = format!("the packet has {size} bytes; the broker accepts at most {limit}");
        let reason = Reason { code: 0x95, text: words, ..Reason::default() };
        (size as u64 > limit.into()).then(|| codes::condition(&reason))
    }

    /// Handles the answer to a request. Answers may come in any order.
    pub(super) fn puback(&mut self, id: u16, reason: &Reason) {
        let remembered = &mut self.remembered;
        let Some(Acknowledged { entry, is_latest }) = remembered.queue.acknowledged(id) else {
            return log::debug!("a PUBACK with packet identifier {id}, which is not in use");
        };
        remembered.acknowledged(entry);
        self.careful = self.careful.saturating_sub(1);
        let before = self.events.len();
        match codes::effect(Place::Puback, reason.code) {
            Effect::Success => {
                self.events.push_back(Event::Outcome { entry, outcome: Outcome::Accepted });
            }
            Effect::Later => {
                self.tell_of_no_subscriber(reason.code);
                let outcome = Outcome::NotNow(codes::condition(reason));
                self.events.extend(is_latest.then_some(Event::Outcome { entry, outcome }));
            }
            Effect::Sending => {
                self.refuse_sending(Place::Puback, reason);
                let outcome = Outcome::Undeliverable(codes::condition(reason));
                self.events.extend(is_latest.then_some(Event::Outcome { entry, outcome }));
            }
            Effect::Forget => {
                self.remembered.forget_session();
                self.may_be_blamed = false;
                self.end(codes::end(Place::Puback, self.sending(), reason));
            }
            Effect::Item | Effect::NextBroker | Effect::Run | Effect::BrokerIsOut => {
                let outcome = Outcome::Undeliverable(codes::condition(reason));
                self.events.extend(is_latest.then_some(Event::Outcome { entry, outcome }));
            }
        }
        if self.events.len() == before {
            self.events.push_back(Event::Writable);
        }
    }

    /// Sends nothing more that was not begun.
    pub(super) fn refuse_sending(&mut self, place: Place, reason: &Reason) {
        let end = codes::end(place, self.sending(), reason);
        self.remembered.queue.drop_waiting();
        self.events.push_back(Event::SendingRefused(end));
    }

    /// Warns once that the broker drops requests because there is no subscription.
    fn tell_of_no_subscriber(&mut self, code: u8) {
        let told = &mut self.remembered.has_told_of_no_subscriber;
        if code == 0x10 && !std::mem::replace(told, true) {
            log::warn!(
                "the broker has no subscriber to \"{}\", and drops the requests; they are sent again later; check topic_send_to, and whether the signing server runs",
                printable(&self.send_to)
            );
        }
    }
}
