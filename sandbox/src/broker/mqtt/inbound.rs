//! A PUBLISH of a client: it is recorded, routed and answered.

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use fe2o3_amqp::types::messaging::{Accepted, Outcome, Rejected};
use mqtt_proto::{QoS, v5::Publish};
use tokio::sync::Notify;

use super::{
    super::{router::Item, shared::amqp_error},
    client::{Client, Ending, described},
};
use crate::{
    body::{self, Body},
    faults::{Answer, LinkAct, Refusal, RequestAct},
    mqtt,
    record::{End, PacketRecord, PublishRecord, RequestRecord},
};

/// Takes a PUBLISH; returns how the connection ends, if it does.
pub(super) fn take(client: &Arc<Client>, publish: Publish, size: usize) -> Option<Ending> {
    let settings = &client.settings;
    let id = publish.qos_pid.pid().map(|id| id.value());
    let message = mqtt::received(&publish);
    let bytes = Body::of(&message).bytes();
    let request_id = body::request_id(&bytes);
    let packet = mqtt_proto::v5::Packet::Publish(publish);
    let described = described(client.number, End::Client, &packet, size);
    let mqtt_proto::v5::Packet::Publish(publish) = packet else { return None };
    let described = PacketRecord { request_id: request_id.clone(), ..described };
    client.broker.recorder.write(|all| all.packets.push(described));
    if let Some(ending) = violation(client, &publish) {
        return Some(ending);
    }

    let address = format!("topic://{}", &*publish.topic_name);
    let outgoing = body::outgoing(message);
    let record = RequestRecord {
        number: 0,
        received: Instant::now(),
        connection: client.number,
        link: String::new(),
        target: Some(address.clone()),
        address: address.clone(),
        message_format: None,
        delivery_tag: Vec::new(),
        settled: id.is_none(),
        request_id,
        outcome: None,
        outcome_sent: None,
        message: Arc::new(outgoing.message.clone()),
        mqtt: Some(published(client, &publish)),
    };
    let (index, acts) = client.broker.received(record, &bytes);
    if let Some(ending) = client.apply(&acts.connection) {
        return Some(ending);
    }
    if let Some(refusal) = LinkAct::detached(&acts.link) {
        client.sender.disconnect(&refusal.into());
        return Some(Ending::Closed);
    }
    let too_large = settings.payload_limit.is_some_and(|limit| bytes.len() > limit);
    client.broker.sessions.purge();
    let unheard = settings.tells_no_subscriber && !client.broker.router.reaches(&address);
    let answer = ruled(&acts.request)
        .or_else(|| too_large.then(|| Answer::code(0x95)))
        .unwrap_or_else(|| Answer::code(if unheard { 0x10 } else { 0 }));
    let goes =
        answer.code < 0x80 && answer.code != 0x10 && !acts.request.contains(&RequestAct::Drop);
    let mut item = Item::new(outgoing);
    item.retained = publish.retain;
    item.expires = publish
        .properties
        .message_expiry_interval
        .and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds.into())));
    if let Some(id) = id {
        answer_publish(client, id, answer, index, &acts.request, &mut item);
    }
    if goes || item.retained {
        item.acts = acts.reply.into();
        client.broker.router.route(&address, item);
    }
    None
}

/// What of the protocol, or of what the broker announced, the client does not keep to.
fn violation(client: &Client, publish: &Publish) -> Option<Ending> {
    let settings = &client.settings;
    let qos = publish.qos_pid.qos();
    if qos == QoS::Level2 || (qos == QoS::Level1 && settings.maximum_qos == Some(0)) {
        return client.blame(0x9b, "a PUBLISH with a QoS that is not supported");
    }
    if publish.properties.topic_alias.is_some() {
        return client.blame(0x94, "a topic alias");
    }
    if publish.topic_name.is_empty() {
        return client.blame(0x82, "a PUBLISH without a topic");
    }
    let id = publish.qos_pid.pid()?.value();
    let mut open = client.open.lock().unwrap();
    let is_new = open.insert(id);
    let count = open.len();
    drop(open);
    if !is_new {
        return client.blame(0x82, &format!("packet id {id}, which is in use"));
    }
    let maximum = settings.receive_maximum.unwrap_or(u16::MAX);
    if count > usize::from(maximum) {
        return client.blame(0x93, "more messages in flight than the Receive Maximum");
    }
    None
}

/// What the rules answer to a request.
fn ruled(acts: &[RequestAct]) -> Option<Answer> {
    acts.iter().find_map(|act| match act {
        RequestAct::Puback(answer) => Some(answer.clone()),
        RequestAct::Reject(refusal) => Some(refusal.into()),
        RequestAct::Release => Some(Answer::code(0x97)),
        RequestAct::Modify { .. } => Some(Answer::code(0x80)),
        RequestAct::Drop => Some(Answer::code(0)),
        _ => None,
    })
}

/// Answers a PUBLISH when the rules say so.
fn answer_publish(
    client: &Arc<Client>,
    id: u16,
    answer: Answer,
    index: usize,
    acts: &[RequestAct],
    item: &mut Item,
) {
    let late = acts.iter().find_map(|act| match act {
        RequestAct::LateOutcome(delay) => Some(*delay),
        _ => None,
    });
    let reverse = acts.iter().find_map(|act| match act {
        RequestAct::ReverseOutcomes(count) => Some(*count),
        _ => None,
    });
    if acts.contains(&RequestAct::NeverSettle) {
        return;
    }
    if acts.contains(&RequestAct::ReplyBeforeOutcome) {
        let answered = Arc::new(Notify::new());
        item.answered = Some(Arc::clone(&answered));
        let client = Arc::clone(client);
        tokio::spawn(async move {
            tokio::select! {
                () = answered.notified() => client.puback(id, &answer, index),
                () = client.sender.queue.closed() => {}
            }
        });
    } else if let Some(delay) = late {
        let client = Arc::clone(client);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            client.puback(id, &answer, index);
        });
    } else if let Some(count) = reverse {
        let mut held = client.held.lock().unwrap();
        held.push((id, answer, index));
        if held.len() >= count {
            let held = mem::take(&mut *held);
            held.iter().rev().for_each(|(id, answer, index)| client.puback(*id, answer, *index));
        }
    } else {
        client.puback(id, &answer, index);
    }
}

/// A reason code as an outcome of AMQP.
pub(super) fn outcome(code: u8) -> Outcome {
    match code {
        0x80.. => Outcome::Rejected(Rejected {
            error: Some(amqp_error(Refusal {
                condition: format!("{code:#04x}"),
                description: None,
            })),
        }),
        _ => Outcome::Accepted(Accepted {}),
    }
}

fn published(client: &Client, publish: &Publish) -> PublishRecord {
    let properties = &publish.properties;
    let user_properties = properties.user_properties.iter();
    PublishRecord {
        client_id: client.key.1.clone(),
        id: publish.qos_pid.pid().map(|id| id.value()),
        dup: publish.dup,
        qos: publish.qos_pid.qos() as u8,
        retain: publish.retain,
        topic: publish.topic_name.to_string(),
        format_indicator: properties.payload_is_utf8,
        expiry: properties.message_expiry_interval,
        topic_alias: properties.topic_alias,
        response_topic: properties.response_topic.as_ref().map(ToString::to_string),
        correlation_data: properties.correlation_data.as_ref().map(|data| data.to_vec()),
        content_type: properties.content_type.as_deref().map(str::to_owned),
        user_properties: user_properties
            .map(|property| (property.name.to_string(), property.value.to_string()))
            .collect(),
        puback: None,
    }
}
