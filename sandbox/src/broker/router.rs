//! Queues and topics, where messages wait.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Instant,
};

use tokio::sync::Notify;

use super::address::Node;
use crate::{body::Outgoing, faults::ReplyAct};

/// A message on its way through the broker.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its place in the order of arrival; set by the router.
    pub(crate) sequence: u64,
    /// Where it was put; set by the router.
    pub(crate) address: Arc<str>,
    pub(crate) message: Arc<Outgoing>,
    /// The acts that the rules have for its reply, if it is a request.
    pub(crate) acts: Arc<[ReplyAct]>,
    /// The request id of the reply, if it is one.
    pub(crate) request_id: Option<String>,
    /// Notified when a client has settled the reply to this message.
    pub(crate) answered: Option<Arc<Notify>>,
    /// Over MQTT: it is kept for later subscribers.
    pub(crate) retained: bool,
    /// Over MQTT: it is one that was kept.
    pub(crate) old: bool,
    /// Over MQTT: it goes out with QoS 0.
    pub(crate) unconfirmed: bool,
    /// It is dropped from then on.
    pub(crate) expires: Option<Instant>,
}

impl Item {
    pub(crate) fn new(message: Outgoing) -> Self {
        Self {
            sequence: 0,
            address: "".into(),
            message: Arc::new(message),
            acts: Arc::new([]),
            request_id: None,
            answered: None,
            retained: false,
            old: false,
            unconfirmed: false,
            expires: None,
        }
    }
}

/// Messages in order of arrival, for one or more receivers.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    items: Mutex<VecDeque<Item>>,
    arrived: Notify,
    /// More than that many are dropped, in silence.
    limit: Option<usize>,
}

impl Queue {
    /// A queue that drops what is more than that many.
    pub(crate) fn limited(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    /// The next message, if there is one.
    pub(crate) fn try_take(&self) -> Option<Item> {
        self.items.lock().unwrap().pop_front()
    }

    /// Waits until a message has arrived, or [`Queue::wake`] was called. Cancelling the wait loses nothing.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Wakes the receiver that waits for a message.
    pub(crate) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Waits for the next message. Cancelling the wait loses nothing.
    pub(crate) async fn take(&self) -> Item {
        loop {
            if let Some(item) = self.items.lock().unwrap().pop_front() {
                return item;
            }
            // A message that arrives here leaves a permit behind, so it is not missed.
            self.arrived.notified().await;
        }
    }

    pub(crate) fn put(&self, item: Item) {
        let mut items = self.items.lock().unwrap();
        if self.limit.is_none_or(|limit| items.len() < limit) {
            items.push_back(item);
            self.arrived.notify_one();
        }
    }

    /// Returns a message to its old place in the order.
    pub(crate) fn give_back(&self, item: Item) {
        let mut items = self.items.lock().unwrap();
        let place = items.partition_point(|other| other.sequence < item.sequence);
        items.insert(place, item);
        drop(items);
        self.arrived.notify_one();
    }
}

/// All nodes of the broker; each is created when it is first named.
#[derive(Debug, Default)]
pub(crate) struct Router {
    nodes: Mutex<Nodes>,
}

#[derive(Debug, Default)]
struct Nodes {
    sequence: u64,
    queues: HashMap<String, Arc<Queue>>,
    /// The queues that get a copy of each message to a topic.
    topics: HashMap<String, Vec<Arc<Queue>>>,
    /// The message that each topic keeps for later subscribers.
    retained: HashMap<String, Item>,
}

impl Router {
    /// Puts a message on the node, in order of the calls. Returns whether a receiver gets it, now or later.
    pub(crate) fn route(&self, address: &str, mut item: Item) -> bool {
        let mut nodes = self.nodes.lock().unwrap();
        nodes.sequence += 1;
        item.sequence = nodes.sequence;
        item.address = address.into();
        match Node::parse(address) {
            Node::Queue(name) => {
                nodes.queue(name).put(item);
                true
            }
            Node::Topic(name) => {
                let queues = nodes.topics.get(&name).map_or(&[][..], |queues| queues);
                for queue in queues {
                    queue.put(item.clone());
                }
                let reached = !queues.is_empty();
                if item.retained {
                    nodes.retained.insert(name, Item { old: true, ..item });
                }
                reached
            }
        }
    }

    /// Whether a receiver gets a message that is put on this node.
    pub(crate) fn reaches(&self, address: &str) -> bool {
        let nodes = self.nodes.lock().unwrap();
        match Node::parse(address) {
            Node::Queue(_) => true,
            Node::Topic(name) => nodes.topics.get(&name).is_some_and(|queues| !queues.is_empty()),
        }
    }

    /// The message that a topic keeps.
    pub(crate) fn retained(&self, topic: &str) -> Option<Item> {
        self.nodes.lock().unwrap().retained.get(topic).cloned()
    }

    /// Removes a queue: it gets no more messages, and those in it are dropped with its last receiver.
    pub(crate) fn delete(&self, address: &str) {
        let mut nodes = self.nodes.lock().unwrap();
        let Node::Queue(name) = Node::parse(address) else { return };
        let Some(queue) = nodes.queues.remove(&name) else { return };
        if let Some(subscribers) =
            Node::virtual_topic(&name).and_then(|topic| nodes.topics.get_mut(topic))
        {
            subscribers.retain(|other| !Arc::ptr_eq(other, &queue));
        }
    }

    /// Gives access to the messages of a node from now on.
    pub(crate) fn subscribe(self: &Arc<Self>, address: &str) -> Subscription {
        let mut nodes = self.nodes.lock().unwrap();
        match Node::parse(address) {
            Node::Queue(name) => Subscription { queue: nodes.queue(name), topic: None },
            Node::Topic(name) => {
                drop(nodes);
                self.attach(&name, Arc::new(Queue::default()))
            }
        }
    }

    /// Gives copies of the messages to a topic to this queue, from now on.
    pub(crate) fn attach(self: &Arc<Self>, topic: &str, queue: Arc<Queue>) -> Subscription {
        let mut nodes = self.nodes.lock().unwrap();
        let subscribers = nodes.topics.entry(topic.to_owned()).or_default();
        subscribers.push(Arc::clone(&queue));
        Subscription { queue, topic: Some((topic.to_owned(), Arc::clone(self))) }
    }
}

impl Nodes {
    fn queue(&mut self, name: String) -> Arc<Queue> {
        if let Some(queue) = self.queues.get(&name) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(Queue::default());
        if let Some(topic) = Node::virtual_topic(&name) {
            let subscribers = self.topics.entry(topic.to_owned()).or_default();
            subscribers.push(Arc::clone(&queue));
        }
        self.queues.insert(name, Arc::clone(&queue));
        queue
    }
}

/// One receiver's view of a node; a topic's copies end with it.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) queue: Arc<Queue>,
    topic: Option<(String, Arc<Router>)>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some((name, router)) = &self.topic {
            let mut nodes = router.nodes.lock().unwrap();
            // Two overlapping subscriptions may share a queue.
            let subscribers = nodes.topics.get_mut(name).into_iter();
            for subscribers in subscribers {
                let place = subscribers.iter().position(|queue| Arc::ptr_eq(queue, &self.queue));
                if let Some(place) = place {
                    subscribers.remove(place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{self, Body};

    #[test]
    fn a_deleted_queue_is_empty_and_gets_nothing_more() {
        let router = Arc::new(Router::default());
        let address = "queue://Consumer.me.7.VirtualTopic.t";
        let publish = || {
            let message = body::message(Body::Text("copied".to_owned()), &[]);
            router.route("topic://VirtualTopic.t", Item::new(body::outgoing(message)));
        };
        let waiting = |subscription: &Subscription| subscription.queue.items.lock().unwrap().len();
        let old = router.subscribe(address);
        publish();
        router.delete(address);
        publish();
        let new = router.subscribe(address);
        assert_eq!((waiting(&old), waiting(&new)), (1, 0));
        publish();
        assert_eq!((waiting(&old), waiting(&new)), (1, 1));
    }
}
