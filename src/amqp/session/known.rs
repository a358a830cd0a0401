//! What the session has learned of the broker so far.

use super::{Session, State};
use crate::{
    error::{Phase, printable},
    facts::{Link, Sasl},
    session::{Known, Target},
};

impl Session {
    pub(super) fn look(&self) -> Known {
        let engine = &self.engine;
        let (receiver, sender) = match &self.state {
            State::Opening => (false, false),
            State::Attaching { receiver, sender } => (*receiver, matches!(sender, Some(Ok(())))),
            State::Attached | State::Closing => (true, true),
        };
        Known {
            login: self
                .allowed
                .map(|_| Sasl { offered: self.offer.names(), chosen: engine.mechanism() }),
            peer: engine.peer(),
            mqtt: None,
            doubt: None,
            receiver: receiver.then(|| Link {
                address: Some(printable(&self.listen_to)),
                credit: 0,
                max_message_size: engine.peer_max_reply_size(),
            }),
            sender: sender.then(|| Link {
                address: (self.target != Target::Anonymous).then(|| printable(&self.send_to)),
                credit: engine.credit(),
                max_message_size: engine.peer_max_message_size(),
            }),
        }
    }

    /// The protocol that the client began with: the broker's first bytes answer that.
    pub(super) fn begun_with(&self) -> Phase {
        if self.allowed.is_some() { Phase::Sasl } else { Phase::Open }
    }
}
