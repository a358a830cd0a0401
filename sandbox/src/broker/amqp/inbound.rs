//! A link on which the client sends: its messages are recorded, routed and settled.

use std::{sync::Arc, time::Instant};

use fe2o3_amqp::{
    Delivery, Receiver,
    link::{
        RecvError,
        delivery::DeliveryInfo,
        receiver::{CreditMode, TerminalDeliveryState},
    },
    types::{
        messaging::{Accepted, Body as AmqpBody, Modified, Rejected, Released},
        primitives::Value,
    },
};
use tokio::sync::{Notify, mpsc};

use super::{
    super::{router::Item, shared::amqp_error},
    client::Client,
};
use crate::{
    body::{self, Body},
    faults::{ConnectionAct, LinkAct, Refusal, RequestAct},
    record::RequestRecord,
};

type Late = mpsc::UnboundedSender<DeliveryInfo>;

/// Serves the link until it ends. `target` is `None` for the anonymous terminus.
pub(crate) async fn serve(
    mut link: Receiver,
    target: Option<String>,
    acts: Vec<LinkAct>,
    client: Client,
) {
    if let Some(refusal) = LinkAct::detached(&acts) {
        // It fails only if the client has hung up already.
        let _ = link.close_with_error(amqp_error(refusal.clone())).await;
        return;
    }
    let credit = match acts.contains(&LinkAct::NoCredit) {
        true => 0,
        false => client.broker.options.credit,
    };
    let mut taken = 0;
    link.set_credit_mode(CreditMode::Manual);
    if credit > 0 && link.set_credit(credit).await.is_err() {
        return;
    }
    let (late, mut settled_late) = mpsc::unbounded_channel();
    loop {
        let delivery = tokio::select! {
            delivery = link.recv::<AmqpBody<Value>>() => delivery,
            Some(info) = settled_late.recv() => {
                if link.accept(info).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let verdict = match delivery {
            Ok(delivery) => take(delivery, &link, target.as_deref(), &client, &late),
            Err(error) => return note(&error, &client),
        };
        let kept = match verdict {
            Verdict::Settle(info, state) => link.dispose(info, state).await.is_ok(),
            Verdict::Leave => true,
            Verdict::Detach(refusal) => {
                let _ = link.close_with_error(amqp_error(refusal)).await;
                return;
            }
        };
        taken += 1;
        let topped_up = taken * 2 < credit || link.set_credit(credit).await.is_ok();
        if taken * 2 >= credit {
            taken = 0;
        }
        if !(kept && topped_up) {
            return;
        }
    }
}

/// The result of a delivery, for the link.
enum Verdict {
    Settle(DeliveryInfo, TerminalDeliveryState),
    Leave,
    Detach(Refusal),
}

fn take(
    delivery: Delivery<AmqpBody<Value>>,
    link: &Receiver,
    target: Option<&str>,
    client: &Client,
    late: &Late,
) -> Verdict {
    let message_format = *delivery.message_format();
    let (info, message) = delivery.into_parts();
    let to = message.properties.as_ref().and_then(|p| p.to.clone());
    let address = target.map(str::to_owned).or(to).unwrap_or_default();
    let bytes = Body::of(&message).bytes();

    let broker = &client.broker;
    let outgoing = body::outgoing(message);
    let record = RequestRecord {
        number: 0,
        received: Instant::now(),
        connection: client.number,
        link: link.name().to_owned(),
        target: target.map(str::to_owned),
        address: address.clone(),
        message_format,
        delivery_tag: info.delivery_tag().to_vec(),
        settled: (client.observer).take_settled(client.channel, info.delivery_id()),
        request_id: body::request_id(&bytes),
        outcome: None,
        outcome_sent: None,
        message: Arc::new(outgoing.message.clone()),
        mqtt: None,
    };
    let (index, acts) = broker.received(record, &bytes);
    client.observer.keep(client.channel, info.delivery_id(), index);
    let accepted = TerminalDeliveryState::Accepted(Accepted {});
    client.line.write_all_raw(&acts.connection);
    if ends_connection(&acts.connection, client) {
        Verdict::Leave
    } else if let Some(refusal) = LinkAct::detached(&acts.link) {
        Verdict::Detach(refusal.clone())
    } else if let Some(state) = turned_away(&acts.request, &address) {
        Verdict::Settle(info, state)
    } else if acts.request.contains(&RequestAct::Drop) {
        Verdict::Settle(info, accepted)
    } else {
        let mut item = Item::new(outgoing);
        let verdict = if acts.request.contains(&RequestAct::NeverSettle) {
            Verdict::Leave
        } else if acts.request.contains(&RequestAct::ReplyBeforeOutcome) {
            item.answered = Some(settle_when_answered(info, late.clone()));
            Verdict::Leave
        } else {
            Verdict::Settle(info, accepted)
        };
        item.acts = acts.reply.into();
        broker.router.route(&address, item);
        verdict
    }
}

/// The outcome of a request that goes nowhere.
fn turned_away(acts: &[RequestAct], address: &str) -> Option<TerminalDeliveryState> {
    let ruled = acts.iter().find_map(|act| match act {
        RequestAct::Reject(refusal) => Some(rejected(refusal.clone())),
        RequestAct::Release => Some(TerminalDeliveryState::Released(Released {})),
        RequestAct::Modify { undeliverable_here } => {
            Some(TerminalDeliveryState::Modified(Modified {
                delivery_failed: Some(true),
                undeliverable_here: Some(*undeliverable_here),
                message_annotations: None,
            }))
        }
        _ => None,
    });
    ruled.or_else(|| {
        address.is_empty().then(|| {
            rejected(Refusal {
                condition: "amqp:precondition-failed".to_owned(),
                description: Some("neither the target nor `to` has an address".to_owned()),
            })
        })
    })
}

fn rejected(refusal: Refusal) -> TerminalDeliveryState {
    let error = Some(amqp_error(refusal));
    TerminalDeliveryState::Rejected(Rejected { error })
}

/// Applies the rules for a request to its connection; returns whether there are any.
fn ends_connection(acts: &[ConnectionAct], client: &Client) -> bool {
    for act in acts {
        match act {
            ConnectionAct::Cut => client.line.cut(),
            ConnectionAct::HalfOpen => client.line.die(),
            // It fails only if the connection has ended: then there is nothing left to close.
            ConnectionAct::Close(refusal) => drop(client.close.send(refusal.clone())),
            _ => continue,
        }
        return true;
    }
    false
}

fn settle_when_answered(info: DeliveryInfo, late: Late) -> Arc<Notify> {
    let answered = Arc::new(Notify::new());
    let waiting = Arc::clone(&answered);
    tokio::spawn(async move {
        tokio::select! {
            () = waiting.notified() => {
                // It fails only if the link has ended: then there is nothing left to settle.
                let _ = late.send(info);
            }
            () = late.closed() => {}
        }
    });
    answered
}

/// A link ends by a Detach or with its session; any other reason is recorded.
fn note(error: &RecvError, client: &Client) {
    if !matches!(error, RecvError::LinkStateError(_)) {
        let problem = format!("receive: {error}");
        client.broker.recorder.problem(client.number, problem);
    }
}
