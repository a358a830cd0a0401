//! What brokers of MQTT keep of their clients between connections (MQTT 5.0, 4.1).

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use crate::simulation::{
    witness::{Told, Witness},
    world::Shared,
};

/// A client's session at a broker.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// The connection that it is on.
    pub(super) on: Option<usize>,
    /// When it ends unless the client comes back.
    pub(super) ends: Option<Duration>,
    /// The QoS of the subscription to replies.
    pub(super) qos: Option<u8>,
    /// Replies that wait.
    pub(super) queue: VecDeque<usize>,
    /// Replies that went out and were not acknowledged, with their packet ids.
    pub(super) unsettled: VecDeque<(u16, usize)>,
    pub(super) last_id: u16,
    /// Requests in the order in which they came first, by the client's packet ids.
    pub(super) requests: Vec<Request>,
}

/// A request of the client's, as it came.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: u16,
    pub(super) content: Vec<u8>,
    /// The broker's acknowledgement.
    pub(super) told: Option<Told>,
}

impl Session {
    /// The packet id of the next reply.
    pub(super) fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if self.unsettled.iter().all(|(id, _)| *id != self.last_id) {
                return self.last_id;
            }
        }
    }

    /// The requests that the client has no acknowledgement of.
    pub(super) fn unacknowledged(&self, witness: &Witness) -> VecDeque<u16> {
        let has = |told| witness.was_read(told) && witness.counts(told);
        let is_open = |request: &&Request| !request.told.is_some_and(has);
        self.requests.iter().filter(is_open).map(|request| request.id).collect()
    }
}

/// All sessions, by broker and client id.
#[derive(Debug, Default)]
pub(crate) struct Sessions(BTreeMap<(usize, String), Session>);

impl Sessions {
    pub(super) fn get(&mut self, broker: usize, client: &str) -> Option<&mut Session> {
        self.0.get_mut(&(broker, client.to_owned()))
    }

    pub(super) fn start(&mut self, broker: usize, client: &str) -> &mut Session {
        let session = self.0.entry((broker, client.to_owned())).or_default();
        *session = Session::default();
        session
    }

    pub(super) fn end(&mut self, broker: usize, client: &str) {
        self.0.remove(&(broker, client.to_owned()));
    }
}

impl Sessions {
    /// The clients' memory is gone: what is not acknowledged does not come again.
    pub(crate) fn forget_requests(&mut self) {
        self.0.values_mut().for_each(|session| session.requests.clear());
    }
}

impl Shared {
    /// A reply goes to every session that subscribes to it; without one it is lost.
    pub(crate) fn publish(&mut self, reply: usize) {
        let (queue, now) = (self.witness.made[reply].queue, self.agenda.now());
        let is_one = self.queues.len() == 1;
        for ((broker, _), session) in &mut self.sessions.0 {
            let is_reached = is_one || *broker == queue;
            let lives = session.on.is_some() || session.ends.is_some_and(|at| now < at);
            if is_reached && lives && session.qos.is_some() {
                session.queue.push_back(reply);
                self.has_replies = true;
            }
        }
    }
}
