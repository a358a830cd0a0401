//! A link on which the client receives: messages are sent as credit allows, and outcomes come back.

use std::{sync::Arc, time::Instant};

use fe2o3_amqp::{
    Sender,
    link::SendError,
    types::{definitions::ErrorCondition, messaging::Outcome, primitives::Symbol},
};
use tokio::sync::watch;

use super::{
    super::{
        router::{Item, Queue, Subscription},
        shared::amqp_error,
    },
    client::Client,
    observer::Credit,
};
use crate::{
    faults::LinkAct,
    record::{DeliveryOutcome, DeliveryRecord, Recorder},
};

/// Serves the link until it ends.
pub(crate) async fn serve(
    mut link: Sender,
    address: String,
    subscription: Subscription,
    mut credit: watch::Receiver<Credit>,
    acts: Vec<LinkAct>,
    client: Client,
) {
    if let Some(refusal) = LinkAct::detached(&acts) {
        // It fails only if the client has hung up already.
        let _ = link.close_with_error(amqp_error(refusal.clone())).await;
        return;
    }
    let queue = &subscription.queue;
    // Counted here because the library does not report the remaining credit. Without this count a
    // message could wait here, although another receiver of the queue could have it at once.
    let mut delivery_count: u32 = 0;
    loop {
        // A link that has ended takes no message, although there is one.
        let item = tokio::select! {
            biased;
            _ = link.on_detach() => break,
            () = allowed(&mut credit, &mut delivery_count) => tokio::select! {
                biased;
                _ = link.on_detach() => break,
                changed = credit.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => break,
                },
                item = queue.take() => item,
            },
        };
        // Before it is sent: the record must have it when the client gets it.
        let index = client.broker.recorder.write(|record| {
            record.deliveries.push(DeliveryRecord {
                connection: client.number,
                link: link.name().to_owned(),
                address: address.clone(),
                request_id: item.request_id.clone(),
                sent: Instant::now(),
                mqtt: None,
                outcome: None,
                ended: None,
            });
            record.deliveries.len() - 1
        });
        let recorder = Arc::clone(&client.broker.recorder);
        match link.send_batchable_ref(&item.message).await {
            Ok(outcome) => {
                delivery_count = delivery_count.wrapping_add(1);
                let queue = Arc::clone(queue);
                tokio::spawn(async move {
                    let outcome = conclude(outcome.await, item, &queue);
                    end(&recorder, index, outcome);
                });
            }
            Err(error) => {
                let outcome = conclude(Err(error), item, queue);
                end(&recorder, index, outcome);
                break;
            }
        }
    }
}

fn end(recorder: &Recorder, delivery: usize, outcome: DeliveryOutcome) {
    recorder.write(|record| {
        let delivery = &mut record.deliveries[delivery];
        delivery.outcome = Some(outcome);
        delivery.ended = Some(Instant::now());
    });
}

/// Waits until the client allows another message.
async fn allowed(credit: &mut watch::Receiver<Credit>, delivery_count: &mut u32) {
    loop {
        let now = *credit.borrow_and_update();
        // Serial numbers, RFC 1982: the difference counts, not the order.
        let left = now.limit.wrapping_sub(*delivery_count).cast_signed();
        match left > 0 {
            // The library answers a drain by using up the credit itself.
            true if now.drain => *delivery_count = now.limit,
            true => return,
            false if credit.changed().await.is_err() => std::future::pending().await,
            false => {}
        }
    }
}

/// Handles the message as its outcome requires.
fn conclude(outcome: Result<Outcome, SendError>, item: Item, queue: &Queue) -> DeliveryOutcome {
    if let (Ok(_), Some(answered)) = (&outcome, &item.answered) {
        answered.notify_one();
    }
    match outcome {
        Ok(Outcome::Accepted(_)) => DeliveryOutcome::Accepted,
        Ok(Outcome::Rejected(rejected)) => {
            let (condition, description) = match rejected.error {
                Some(error) => (Some(condition_name(&error.condition)), error.description),
                None => (None, None),
            };
            DeliveryOutcome::Rejected { condition, description }
        }
        Ok(Outcome::Released(_)) => {
            queue.give_back(item);
            DeliveryOutcome::Released
        }
        Ok(Outcome::Modified(modified)) => {
            let undeliverable_here = modified.undeliverable_here.unwrap_or(false);
            if !undeliverable_here {
                queue.give_back(item);
            }
            DeliveryOutcome::Modified {
                delivery_failed: modified.delivery_failed.unwrap_or(false),
                undeliverable_here,
            }
        }
        Err(_) => {
            queue.give_back(item);
            DeliveryOutcome::Lost
        }
    }
}

fn condition_name(condition: &ErrorCondition) -> String {
    let name = match condition {
        ErrorCondition::AmqpError(error) => Symbol::from(error),
        ErrorCondition::ConnectionError(error) => Symbol::from(error),
        ErrorCondition::SessionError(error) => Symbol::from(error),
        ErrorCondition::LinkError(error) => Symbol::from(error),
        ErrorCondition::Custom(name) => name.clone(),
    };
    name.to_string()
}
