//! Messages on their way to a client.

use std::{sync::Arc, time::Instant};

use mqtt_proto::{
    Pid, QosPid, TopicName,
    v5::{Packet, Publish},
};

use super::{client::Client, session::Next};
use crate::{
    mqtt,
    record::{DeliveryOutcome, DeliveryRecord},
};

/// Sends what the session has, as far as the client may have it, until the connection ends.
pub(super) async fn serve(client: Arc<Client>) {
    loop {
        client.session.queue.arrived().await;
        if !client.session.is_owned_by(client.number) {
            // Another connection has taken over, and this was meant for it.
            return client.session.queue.wake();
        }
        send_waiting(&client);
    }
}

/// Sends what the session has now, as far as the client may have it.
pub(super) fn send_waiting(client: &Client) {
    loop {
        let record = |next: &Next| {
            client.broker.recorder.write(|all| {
                all.deliveries.push(delivery(client, next));
                all.deliveries.len() - 1
            })
        };
        let Some(next) = client.session.next(client.number, record) else { return };
        send(client, &next);
    }
}

fn delivery(client: &Client, next: &Next) -> DeliveryRecord {
    let now = Instant::now();
    // With QoS 0 the client does not say what becomes of it.
    let outcome = next.id.is_none().then_some(DeliveryOutcome::Accepted);
    DeliveryRecord {
        connection: client.number,
        link: String::new(),
        address: next.item.address.to_string(),
        request_id: next.item.request_id.clone(),
        sent: now,
        mqtt: Some((next.id, next.dup)),
        ended: outcome.is_some().then_some(now),
        outcome,
    }
}

fn send(client: &Client, next: &Next) {
    let item = &next.item;
    let topic = item.address.strip_prefix("topic://").unwrap_or(&item.address);
    let (payload, properties) = mqtt::payload(&item.message.message);
    let id = next.id.and_then(|id| Pid::try_from(id).ok());
    let packet = Packet::Publish(Publish {
        dup: next.dup,
        retain: item.old,
        qos_pid: id.map_or(QosPid::Level0, QosPid::Level1),
        topic_name: TopicName::try_from(topic).expect("it was subscribed"),
        payload: payload.into(),
        properties,
    });
    let bytes = mqtt::write(client.version, &packet);
    if bytes.len() <= client.largest {
        client.sender.publish(&packet, bytes, item.request_id.clone());
    } else if let Some((_, index)) =
        next.id.and_then(|id| client.session.acknowledge(client.number, id))
    {
        // A message that is too large for its client is dropped in silence.
        super::session::conclude(&client.broker.recorder, index, DeliveryOutcome::Lost);
    }
}
