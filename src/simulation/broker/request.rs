//! A request as it comes, whatever the protocol: who wants to know of it, and what the signing server makes of it.

use std::time::Duration;

use super::Line;
use crate::simulation::{
    agenda::Due,
    plan::{Arrival, Reply},
    server::{Asked, Body},
    witness::{Known, Made, Sending},
    world::Shared,
};

/// A request that came, before anything is said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    /// When its first byte was written, and what the client knew then.
    pub(super) at: Duration,
    pub(super) known: Known,
    /// It may have been written later than the client decided on it.
    pub(super) held: bool,
    /// It is the message that came before, in a session that goes on.
    pub(super) is_same: bool,
}

impl Line {
    /// Notes a request; `None` if it is none of this run's.
    pub(super) fn comes(
        &self,
        asked: &Asked,
        coming: Coming,
        shared: &mut Shared,
    ) -> Option<Arrival> {
        let Some(request) = shared.ids.get(&asked.id).copied() else {
            shared.witness.violation(format!("#{}: a request of another run", self.number));
            return None;
        };
        let order = shared.witness.sendings.len();
        let repetition =
            shared.witness.sendings.iter().filter(|sent| sent.request == request).count();
        let Coming { at, known, held, is_same } = coming;
        let connection = self.number;
        let sent = Sending { request, connection, at, known, held, is_same, outcome: None };
        shared.witness.sendings.push(sent);
        let now = shared.agenda.now();
        let text = "request # comes, after it came # times";
        shared.witness.note(now, self.number, text, &[request as u64, repetition as u64]);
        if repetition > 0 {
            shared.witness.saw("a request comes again");
        }
        Some(Arrival { request, order, repetition })
    }

    /// Lets the signing server make its replies, as messages of the protocol.
    pub(super) fn answers(
        &self,
        asked: &Asked,
        request: usize,
        replies: Vec<(Duration, Reply)>,
        message: fn(Body, usize) -> Vec<u8>,
        shared: &mut Shared,
    ) {
        for (delay, kind) in replies {
            let reply = shared.witness.made.len();
            let (body, values) = asked.answer(kind, reply);
            let message = message(body, reply).into();
            let queue = shared.queue_of(self.broker);
            shared.witness.made.push(Made { kind, request, values, message, queue });
            shared.agenda.after(delay, Due::Reply(reply));
        }
    }
}
