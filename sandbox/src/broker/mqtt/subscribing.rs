//! A SUBSCRIBE of a client.

use std::sync::Arc;

use mqtt_proto::{
    QoS,
    v5::{
        Packet, RetainHandling, Suback, SubackProperties, Subscribe, SubscribeReasonCode,
        SubscriptionOptions,
    },
};

use super::client::{Client, Ending};
use crate::faults::{Answer, LinkAct};

/// Takes a SUBSCRIBE; returns how the connection ends, if it does.
pub(super) fn take(client: &Arc<Client>, subscribe: &Subscribe) -> Option<Ending> {
    let mut answers = Vec::new();
    let mut late = None;
    for (filter, options) in &subscribe.topics {
        let address = format!("topic://{}", &**filter);
        let (links, connection) = {
            let matcher = client.broker.matcher.lock().unwrap();
            let links = matcher.receiver_link(client.number, &address);
            (links, matcher.subscribe(client.number, &address))
        };
        if let Some(ending) = client.apply(&connection) {
            return Some(ending);
        }
        for link in &links {
            match link {
                LinkAct::Detach(refusal) => {
                    client.sender.disconnect(&refusal.into());
                    return Some(Ending::Closed);
                }
                LinkAct::LateSuback(delay) => late = Some(*delay),
                _ => {}
            }
        }
        answers.push(grant(client, filter, *options, &links));
    }
    let reason = answers.iter().find_map(|answer| answer.reason.clone());
    // A code that the codec does not know is for all of them.
    let codes = answers.iter().map(|answer| SubscribeReasonCode::from_u8(answer.code));
    let known: Option<Vec<_>> = codes.collect();
    let suback = Suback {
        pid: subscribe.pid,
        properties: SubackProperties {
            reason_string: reason.as_deref().map(Into::into),
            user_properties: Vec::new(),
        },
        topics: known
            .clone()
            .unwrap_or_else(|| vec![SubscribeReasonCode::UnspecifiedError; answers.len()]),
    };
    let (packet, sender) = (Packet::Suback(suback), client.sender.clone());
    let send = move || match known {
        Some(_) => sender.send(&packet),
        None => sender.send_code(&packet, answers[0].code, None),
    };
    match late {
        None => send(),
        Some(delay) => {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                send();
            });
        }
    }
    None
}

/// Subscribes one topic, unless the answer is a refusal.
fn grant(client: &Client, filter: &str, options: SubscriptionOptions, links: &[LinkAct]) -> Answer {
    let ruled = links.iter().find_map(|act| match act {
        LinkAct::Suback(answer) => Some(answer.clone()),
        LinkAct::Refuse(refusal) => Some(refusal.into()),
        _ => None,
    });
    let refused = match filter {
        _ if filter.starts_with("$share/") => Some(Answer::code(0x9e)),
        _ if filter.contains(['+', '#']) => Some(Answer::code(0xa2)),
        _ => None,
    };
    let maximum = client.settings.maximum_qos.unwrap_or(1);
    let granted = maximum.min(if options.max_qos == QoS::Level0 { 0 } else { 1 });
    let answer = ruled.or(refused).unwrap_or_else(|| Answer::code(granted));
    if answer.code >= 0x80 {
        return answer;
    }
    let (session, router) = (&client.session, &client.broker.router);
    let muted = links.contains(&LinkAct::Mute);
    let subscription = (!muted).then(|| router.attach(filter, Arc::clone(&session.queue)));
    let is_new = session.subscribe(filter, answer.code.min(1), subscription);
    let wanted = match options.retain_handling {
        RetainHandling::SendAtSubscribe => true,
        RetainHandling::SendAtSubscribeIfNotExist => is_new,
        RetainHandling::DoNotSend => false,
    };
    if (wanted && !muted) || links.contains(&LinkAct::OldMessage) {
        router.retained(filter).into_iter().for_each(|item| session.queue.put(item));
    }
    answer
}
