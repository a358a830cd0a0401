//! The signing server: takes requests off their node, signs, and puts replies on theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::behaviour::Act;
use crate::body::{self, Body};
use crate::broker::Broker;
use crate::openpgp::SigningKey;
use crate::reply::{self, Context};
use crate::router::{Item, Subscription};

#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey,
    broker: Arc<Broker>,
    /// Replies made so far.
    replies: AtomicU64,
}

impl Signer {
    pub(crate) fn new(key: SigningKey, broker: Arc<Broker>) -> Signer {
        Signer { key, broker, replies: AtomicU64::new(0) }
    }

    /// Serves one pair of addresses for ever.
    pub(crate) fn start(self: &Arc<Self>, requests: &str, replies: &str) {
        // Subscribed here and now, so that no request is lost.
        let subscription = self.broker.router.subscribe(requests);
        let (queue, in_order) = mpsc::unbounded_channel();
        tokio::spawn(Arc::clone(self).take(subscription, replies.to_owned(), queue));
        tokio::spawn(Arc::clone(self).publish_in_order(replies.to_owned(), in_order));
    }

    /// Starts the work on requests as they come; only those without delay keep their order.
    async fn take(
        self: Arc<Self>,
        subscription: Subscription,
        replies: String,
        in_order: mpsc::UnboundedSender<Making>,
    ) {
        loop {
            let item = subscription.queue.take().await;
            if item.acts.contains(&Act::NoReply) {
                continue;
            }
            let delay = delay(&item.acts);
            let making = self.begin(item, &replies);
            if delay.is_zero() {
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

    async fn publish_in_order(self: Arc<Self>, replies: String, mut in_order: mpsc::UnboundedReceiver<Making>) {
        while let Some(making) = in_order.recv().await {
            self.publish(&replies, making).await;
        }
    }

    /// Signs on a thread of its own kind, away from those that serve sockets.
    fn begin(self: &Arc<Self>, item: Item, replies: &str) -> Making {
        let (signer, replies) = (Arc::clone(self), replies.to_owned());
        tokio::task::spawn_blocking(move || signer.answer(&item, &replies))
    }

    fn answer(&self, request: &Item, replies: &str) -> Vec<Item> {
        let message = &request.message.message;
        let properties = message.application_properties.as_ref();
        let mtype = properties.and_then(|p| match p.0.get("mtype") {
            Some(fe2o3_amqp::types::primitives::SimpleValue::String(mtype)) => Some(mtype.as_str()),
            _ => None,
        });
        let context = Context {
            key: &self.key,
            topic: replies,
            received: SystemTime::now(),
            number: self.replies.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let body = Body::of(message).bytes();
        let made = reply::to(&body, mtype, &request.acts, &context);
        let items = made.into_iter().map(|reply| {
            let properties = [
                ("amq6100_originalDestination", replies),
                ("amq6100_destination", replies),
                ("content-type", "text/plain"),
            ];
            let message = body::message(reply.body, &properties);
            let mut item = Item::new(body::outgoing(message));
            item.request_id = reply.request_id;
            item.answered = request.answered.clone();
            item
        });
        items.collect()
    }

    async fn publish(&self, replies: &str, making: Making) {
        // The work fails only by a panic, which the thread has reported.
        for item in making.await.unwrap_or_default() {
            self.broker.router.route(replies, item);
        }
    }
}

/// Replies in the making.
type Making = JoinHandle<Vec<Item>>;

fn delay(acts: &[Act]) -> Duration {
    let delays = acts.iter().map(|act| match act {
        Act::Delay(delay) => *delay,
        _ => Duration::ZERO,
    });
    delays.sum()
}
