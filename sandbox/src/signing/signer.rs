//! The signing server inside the sandbox: receives requests from their node, signs, and puts replies on theirs.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use fe2o3_amqp::types::primitives::SimpleValue;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    keys::Keys,
    reply::{self, Context},
};
use crate::{
    body::{self, AmqpMessage, Body},
    broker::{Broker, Item, Subscription},
    faults::ReplyAct,
};

#[derive(Debug)]
pub(crate) struct Signer {
    keys: Keys,
    broker: Arc<Broker>,
    /// The number of replies made so far.
    replies: AtomicU64,
    /// The body of the last request.
    last: Mutex<Option<Vec<u8>>>,
}

impl Signer {
    pub(crate) fn new(keys: Keys, broker: Arc<Broker>) -> Self {
        Self { keys, broker, replies: AtomicU64::new(0), last: Mutex::default() }
    }

    /// Serves one pair of addresses forever.
    pub(crate) fn start(self: &Arc<Self>, requests: &str, replies: &str) {
        // Subscribed before this returns: no request must be lost.
        let subscription = self.broker.router.subscribe(requests);
        let (queue, in_order) = mpsc::unbounded_channel();
        tokio::spawn(Arc::clone(self).take(subscription, replies.to_owned(), queue));
        tokio::spawn(Arc::clone(self).publish_in_order(replies.to_owned(), in_order));
    }

    /// Starts the work on requests as they arrive. Only those without a delay keep their order.
    async fn take(
        self: Arc<Self>,
        subscription: Subscription,
        replies: String,
        in_order: mpsc::UnboundedSender<Making>,
    ) {
        let mut held = Vec::new();
        loop {
            let item = subscription.queue.take().await;
            if item.acts.contains(&ReplyAct::NoReply) {
                continue;
            }
            let delay = delay(&item.acts);
            let reverse = reverse(&item.acts);
            let making = self.begin(item, &replies);
            if let Some(count) = reverse {
                held.push(making);
                if held.len() >= count {
                    // The receiving task lives as long as this one.
                    held.drain(..).rev().for_each(|making| drop(in_order.send(making)));
                }
            } else if delay.is_zero() {
                // The receiving task lives as long as this one.
                let _ = in_order.send(making);
            } else {
                let (signer, replies) = (Arc::clone(&self), replies.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    signer.publish(&replies, making).await;
                });
            }
        }
    }

    async fn publish_in_order(
        self: Arc<Self>,
        replies: String,
        mut in_order: mpsc::UnboundedReceiver<Making>,
    ) {
        while let Some(making) = in_order.recv().await {
            self.publish(&replies, making).await;
        }
    }

    /// Signs on a thread for blocking work, not on those that serve sockets.
    fn begin(self: &Arc<Self>, item: Item, replies: &str) -> Making {
        let (signer, replies) = (Arc::clone(self), replies.to_owned());
        let body = Body::of(&item.message.message).bytes().to_vec();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let previous = last.replace(body);
        tokio::task::spawn_blocking(move || signer.answer(&item, &replies, previous.as_deref()))
    }

    fn answer(&self, request: &Item, replies: &str, previous: Option<&[u8]>) -> Vec<Item> {
        let context = Context {
            keys: &self.keys,
            previous,
            topic: replies,
            received: SystemTime::now(),
            number: self.replies.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let made = self::replies(&request.message.message, &request.acts, &context);
        let items = made.into_iter().map(|(request_id, message)| {
            let mut item = Item::new(body::outgoing(message));
            item.request_id = request_id;
            item.answered = request.answered.clone();
            item.retained = request.acts.contains(&ReplyAct::Retained);
            item.unconfirmed = request.acts.contains(&ReplyAct::Unconfirmed);
            item
        });
        items.collect()
    }

    async fn publish(&self, replies: &str, making: Making) {
        // The work fails only by a panic, which its thread has reported.
        for item in making.await.unwrap_or_default() {
            self.broker.router.route(replies, item);
        }
    }
}

/// The application properties that are texts, in their order.
pub(crate) fn text_properties(request: &AmqpMessage) -> Vec<(String, String)> {
    let all = request.application_properties.iter().flat_map(|properties| properties.0.iter());
    let text = |(name, value): (&String, &SimpleValue)| match value {
        SimpleValue::String(text) => Some((name.clone(), text.clone())),
        _ => None,
    };
    all.filter_map(text).collect()
}

/// Signs a request; returns all replies to it, each with the id of its request.
pub(crate) fn replies(
    request: &AmqpMessage,
    acts: &[ReplyAct],
    context: &Context,
) -> Vec<(Option<String>, AmqpMessage)> {
    let properties = request.application_properties.as_ref();
    let mtype = properties.and_then(|p| match p.0.get("mtype") {
        Some(SimpleValue::String(mtype)) => Some(mtype.as_str()),
        _ => None,
    });
    let made = reply::to(&Body::of(request).bytes(), mtype, acts, context);
    let messages = made.into_iter().map(|reply| {
        let properties = [
            ("amq6100_originalDestination", context.topic),
            ("amq6100_destination", context.topic),
            ("content-type", "text/plain"),
        ];
        (reply.request_id, body::message(reply.body, &properties))
    });
    messages.collect()
}

/// Replies in the making.
type Making = JoinHandle<Vec<Item>>;

fn reverse(acts: &[ReplyAct]) -> Option<usize> {
    acts.iter().find_map(|act| match act {
        ReplyAct::Reverse(count) => Some(*count),
        _ => None,
    })
}

fn delay(acts: &[ReplyAct]) -> Duration {
    let delays = acts.iter().map(|act| match act {
        ReplyAct::Delay(delay) => *delay,
        _ => Duration::ZERO,
    });
    delays.sum()
}
