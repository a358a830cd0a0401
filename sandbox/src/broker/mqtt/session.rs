//! Sessions, which outlive connections: what a client has subscribed, what waits for it, and what it has not acknowledged.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::super::router::{Item, Queue, Subscription};
use crate::record::{DeliveryOutcome, Recorder};

/// A broker (by its number), and a client identifier there.
pub(super) type Key = (usize, String);

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    all: Mutex<HashMap<Key, Arc<Session>>>,
}

/// The session of one client.
#[derive(Debug)]
pub(super) struct Session {
    /// What waits for the client, of all its subscriptions.
    pub(super) queue: Arc<Queue>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    owner: Option<Owner>,
    subscribed: Vec<Subscribed>,
    /// Sent and not acknowledged, in the order of the first sending.
    flights: VecDeque<Flight>,
    /// How many of these the owner has sent.
    sent: usize,
    last_id: u16,
    /// How long it lives without a connection.
    expiry: u32,
    /// When it ends, if it has no connection.
    end: Option<Instant>,
}

/// The connection that has the session.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) connection: usize,
    /// How many unacknowledged messages it may have.
    pub(super) limit: usize,
    /// Notified when another connection takes over.
    pub(super) lost: mpsc::UnboundedSender<()>,
}

#[derive(Debug)]
struct Subscribed {
    topic: String,
    qos: u8,
    /// None if nothing ever comes.
    _subscription: Option<Subscription>,
}

#[derive(Debug)]
struct Flight {
    id: u16,
    item: Item,
    /// The connection that sent it last, and its place in the record.
    sent: Option<(usize, usize)>,
}

/// A message to send.
pub(super) struct Next {
    pub(super) item: Item,
    /// None for QoS 0.
    pub(super) id: Option<u16>,
    pub(super) dup: bool,
}

impl Sessions {
    /// Gives the session to a connection; returns whether it was there before. A connection that had it is notified.
    pub(super) fn open(
        &self,
        key: &Key,
        clean: bool,
        expiry: u32,
        owner: Owner,
        fresh: impl FnOnce() -> Queue,
        recorder: &Recorder,
    ) -> (Arc<Session>, bool) {
        self.purge();
        let mut all = self.all.lock().unwrap();
        let known = all.get(key).cloned();
        if let Some(known) = &known {
            known.take_from_owner(recorder);
        }
        let kept = known.filter(|_| !clean);
        let present = kept.is_some();
        let session = kept.unwrap_or_else(|| Arc::new(Session::new(fresh())));
        let mut state = session.state.lock().unwrap();
        (state.owner, state.expiry, state.end, state.sent) = (Some(owner), expiry, None, 0);
        drop(state);
        all.insert(key.clone(), Arc::clone(&session));
        (session, present)
    }

    /// Ends the connection's hold of the session, and the session if it is not to be kept.
    pub(super) fn leave(
        &self,
        key: &Key,
        session: &Arc<Session>,
        connection: usize,
        forget: bool,
        recorder: &Recorder,
    ) {
        let mut all = self.all.lock().unwrap();
        if !session.is_owned_by(connection) {
            return;
        }
        session.take_from_owner(recorder);
        let mut state = session.state.lock().unwrap();
        state.end = Instant::now().checked_add(Duration::from_secs(state.expiry.into()));
        if forget || state.expiry == 0 {
            all.remove(key);
        }
    }

    /// Ends the sessions whose time has passed.
    pub(super) fn purge(&self) {
        let now = Instant::now();
        let lives =
            |session: &Arc<Session>| session.state.lock().unwrap().end.is_none_or(|end| now < end);
        self.all.lock().unwrap().retain(|_, session| lives(session));
    }

    /// Ends all sessions, as if the broker had lost them.
    pub(crate) fn forget(&self) {
        self.all.lock().unwrap().clear();
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.purge();
        self.all.lock().unwrap().len()
    }
}

impl Session {
    fn new(queue: Queue) -> Self {
        Self {
            queue: Arc::new(queue),
            state: Mutex::new(State {
                owner: None,
                subscribed: Vec::new(),
                flights: VecDeque::new(),
                sent: 0,
                last_id: 0,
                expiry: 0,
                end: None,
            }),
        }
    }

    /// Whether this connection has it.
    pub(super) fn is_owned_by(&self, connection: usize) -> bool {
        let state = self.state.lock().unwrap();
        state.owner.as_ref().is_some_and(|owner| owner.connection == connection)
    }

    /// What its connection has sent and is not acknowledged is lost with the connection.
    fn take_from_owner(&self, recorder: &Recorder) {
        let mut state = self.state.lock().unwrap();
        let Some(owner) = state.owner.take() else { return };
        // It fails only if the connection has ended by itself.
        let _ = owner.lost.send(());
        for (connection, index) in state.flights.iter().filter_map(|flight| flight.sent) {
            if connection == owner.connection {
                conclude(recorder, index, DeliveryOutcome::Lost);
            }
        }
    }

    /// Gives its unacknowledged messages new packet ids, from 1 on.
    pub(super) fn renumber(&self) {
        let mut state = self.state.lock().unwrap();
        for (flight, id) in state.flights.iter_mut().zip(1..) {
            flight.id = id;
        }
        state.last_id = u16::try_from(state.flights.len()).unwrap_or_default();
    }

    /// Changes how long it lives without a connection; returns whether that may be (MQTT 5.0, 3.14.2.2.2).
    pub(super) fn set_expiry(&self, expiry: u32) -> bool {
        let mut state = self.state.lock().unwrap();
        let may = state.expiry > 0 || expiry == 0;
        if may {
            state.expiry = expiry;
        }
        may
    }

    /// Adds or replaces a subscription; returns whether it is new.
    pub(super) fn subscribe(
        &self,
        topic: &str,
        qos: u8,
        subscription: Option<Subscription>,
    ) -> bool {
        let mut state = self.state.lock().unwrap();
        let before = state.subscribed.len();
        state.subscribed.retain(|known| known.topic != topic);
        let is_new = state.subscribed.len() == before;
        let topic = topic.to_owned();
        state.subscribed.push(Subscribed { topic, qos, _subscription: subscription });
        is_new
    }

    /// Removes a subscription; returns whether there was one.
    pub(super) fn unsubscribe(&self, topic: &str) -> bool {
        let mut state = self.state.lock().unwrap();
        let before = state.subscribed.len();
        state.subscribed.retain(|known| known.topic != topic);
        state.subscribed.len() < before
    }

    /// The next message that a connection may send: first what is to be sent again, in the old order. `record` adds it to
    /// the record, and returns its place there.
    pub(super) fn next(
        &self,
        connection: usize,
        record: impl FnOnce(&Next) -> usize,
    ) -> Option<Next> {
        let mut state = self.state.lock().unwrap();
        let owner = state.owner.as_ref().filter(|owner| owner.connection == connection)?;
        if state.sent >= owner.limit {
            return None;
        }
        let is_mine = |flight: &Flight| flight.sent.is_some_and(|(by, _)| by == connection);
        if let Some(flight) = state.flights.iter_mut().find(|flight| !is_mine(flight)) {
            let next = Next { item: flight.item.clone(), id: Some(flight.id), dup: true };
            flight.sent = Some((connection, record(&next)));
            state.sent += 1;
            return Some(next);
        }
        let item = loop {
            let item = self.queue.try_take()?;
            if item.expires.is_none_or(|expires| Instant::now() < expires) {
                break item;
            }
        };
        let topic = item.address.strip_prefix("topic://").unwrap_or(&item.address);
        let qos = state.subscribed.iter().find(|known| known.topic == topic).map_or(1, |s| s.qos);
        if qos == 0 || item.unconfirmed {
            let next = Next { item, id: None, dup: false };
            record(&next);
            return Some(next);
        }
        let id = state.free_id();
        let next = Next { item, id: Some(id), dup: false };
        let sent = Some((connection, record(&next)));
        state.flights.push_back(Flight { id, item: next.item.clone(), sent });
        state.sent += 1;
        Some(next)
    }

    /// Ends what was sent under this id by this connection; returns it with its place in the record.
    pub(super) fn acknowledge(&self, connection: usize, id: u16) -> Option<(Item, usize)> {
        let mut state = self.state.lock().unwrap();
        let is_it = |flight: &Flight| {
            flight.id == id && flight.sent.is_some_and(|(by, _)| by == connection)
        };
        let place = state.flights.iter().position(is_it)?;
        let flight = state.flights.remove(place)?;
        state.sent -= 1;
        drop(state);
        self.queue.wake();
        flight.sent.map(|(_, index)| (flight.item, index))
    }
}

impl State {
    /// The next id that is not in use.
    fn free_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.wrapping_add(1).max(1);
            let last = self.last_id;
            if self.flights.iter().all(|flight| flight.id != last) {
                return last;
            }
        }
    }
}

/// Notes how a delivery ended.
pub(super) fn conclude(recorder: &Recorder, index: usize, outcome: DeliveryOutcome) {
    recorder.write(|record| {
        let delivery = &mut record.deliveries[index];
        delivery.outcome = Some(outcome);
        delivery.ended = Some(Instant::now());
    });
}
