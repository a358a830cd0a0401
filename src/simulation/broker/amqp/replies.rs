//! Replies on their way to the client, and what it says of them.

use amqp_frames::{
    Frame, Role, Value, accepted, continuation, disposition, message, rejected, transfer,
};

use super::{Amqp, State};
use crate::simulation::{
    server::Body,
    witness::{Delivered, Settled},
    world::Shared,
};

impl Amqp {
    /// Sends what waits in the broker's queue, as far as the client takes it.
    pub(super) fn deliver_replies(&mut self, shared: &mut Shared) {
        let queue = shared.queue_of(self.line.broker);
        while self.line.state == State::Up
            && let Some(link) = &mut self.receiver
            && (link.limit.wrapping_sub(link.delivered) as i32) > 0
            && let Some(reply) = shared.queues[queue].pop_front()
        {
            let id = link.delivered;
            link.delivered += 1;
            let (handle, made) = (link.handle, &shared.witness.made[reply]);
            let (message, kind, request) = (made.message.clone(), made.kind, made.request);
            let now = shared.agenda.now();
            let text = "reply # goes out, to request #";
            shared.witness.note(now, self.line.number, text, &[reply as u64, request as u64]);
            shared.witness.saw(kind.shown());
            let size = message.len() as u64;
            let pieces: Vec<_> = message.chunks(self.line.plan.split.max(1)).collect();
            if pieces.len() > 1 {
                shared.witness.saw("reply: in several transfers");
            }
            let last = pieces.len() - 1;
            let mut told = None;
            for (index, piece) in pieces.into_iter().enumerate() {
                let frame: Frame = if index == 0 {
                    transfer(handle, id, piece.to_vec())
                        .with(transfer::SETTLED, self.line.plan.presettled)
                } else {
                    continuation(handle, piece.to_vec())
                };
                let frame = if index < last { frame.with(transfer::MORE, true) } else { frame };
                told = Some(self.say(&frame, shared));
                self.session.sent += 1;
            }
            let Some(told) = told else { return };
            let delivered = shared.witness.delivered.len();
            shared.witness.delivered.push(Delivered { reply, size, told, at: now, settled: None });
            if self.line.plan.presettled {
                shared.witness.saw("reply: settled as it is sent");
            } else if self.line.state == State::Gone {
                // The connection ended with it.
                shared.queues[queue].push_front(reply);
            } else {
                self.unsettled.insert(id, delivered);
            }
        }
    }

    /// The client's word on replies; on its requests there is nothing to say after the broker's.
    pub(super) fn disposition(&mut self, frame: &Frame, shared: &mut Shared) {
        if Role::of(frame.field(disposition::ROLE)) != Some(Role::Receiver) {
            return;
        }
        let first = frame.field(disposition::FIRST).as_u32().unwrap_or_default();
        let last = frame.field(disposition::LAST).as_u32().unwrap_or(first);
        let state = frame.field(disposition::STATE).as_described().map(|(code, _)| code);
        let settled = match state {
            Some(code) if code == u64::from(accepted::CODE) => Settled::Accepted,
            Some(code) if code == u64::from(rejected::CODE) => Settled::Rejected,
            _ => Settled::Otherwise,
        };
        for id in first..=last {
            let Some(delivered) = self.unsettled.remove(&id) else {
                if !self.line.plan.presettled {
                    let text =
                        format!("#{}: settles reply {id}, which it has not", self.line.number);
                    shared.witness.violation(text);
                }
                continue;
            };
            shared.witness.delivered[delivered].settled = Some(settled);
            let reply = shared.witness.delivered[delivered].reply;
            let now = shared.agenda.now();
            let text = "reply # is settled: #";
            shared.witness.note(now, self.line.number, text, &[reply as u64, settled as u64]);
        }
        if frame.field(disposition::SETTLED) != &Value::Bool(true) {
            shared
                .witness
                .violation(format!("#{}: an outcome that is not settled", self.line.number));
        }
    }
}

/// A message with this body: as a text, as bytes, in one piece or several.
pub(super) fn envelope(body: Body, number: usize) -> Vec<u8> {
    let body = match body {
        Body::Good(body) => body,
        Body::Malformed(text) => return message::amqp_value(text),
        Body::Odd(0) => return message::data(b"{\"msg\": {\"request_id\": \"\xff\"}}"),
        Body::Odd(1) => return message::amqp_value(Value::Null),
        Body::Odd(_) => return b"\x00\x53\x77\xa1\xff!".to_vec(),
    };
    let properties = message::application_properties(&[("mtype", Value::from("reply"))]);
    let sections = match number % 4 {
        0 => message::amqp_value(body),
        1 => message::amqp_value(body.as_bytes()),
        2 => message::data(body.as_bytes()),
        _ => body.as_bytes().chunks(50).flat_map(message::data).collect(),
    };
    if number.is_multiple_of(3) { sections } else { [properties, sections].concat() }
}
