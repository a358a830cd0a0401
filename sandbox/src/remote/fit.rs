//! Whether the settings of a signing server fit the protocol of its brokers: one that would have no effect is refused.

use mqtt_proto::{TopicFilter, TopicName};

use super::{
    mqtt::topic,
    settings::{Mechanism, Mqtt, Service, Settings},
    wire::Url,
};
use crate::config::Protocol;

/// # Errors
///
/// What does not fit, with a remedy.
pub(super) fn check(settings: &Settings, urls: &[Url]) -> Result<(), String> {
    let protocol = match urls {
        [] => return Err("brokers is empty; name one".to_owned()),
        [first, others @ ..] if others.iter().all(|url| url.protocol == first.protocol) => {
            first.protocol
        }
        _ => return Err("brokers has both AMQP and MQTT; use one of them".to_owned()),
    };
    if settings.services.is_empty() {
        return Err("services is empty; name one".to_owned());
    }
    match protocol {
        Protocol::Amqp if settings.mqtt == Mqtt::default() => Ok(()),
        Protocol::Amqp => Err("mqtt has no effect over AMQP; remove it".to_owned()),
        Protocol::Mqtt => over_mqtt(settings),
    }
}

fn over_mqtt(settings: &Settings) -> Result<(), String> {
    if settings.sasl != Mechanism::None {
        return Err("MQTT has no SASL; remove sasl, and set username and password_file if the broker demands them".to_owned());
    }
    if settings.hostname.is_some() {
        return Err("MQTT names no host in its CONNECT; remove hostname".to_owned());
    }
    if !settings.durable {
        return Err("replies over MQTT always survive a restart; remove durable: false".to_owned());
    }
    for Service { requests, replies } in &settings.services {
        for (address, is_valid) in [
            (requests, TopicFilter::try_from(topic(requests)).is_ok()),
            (replies, TopicName::try_from(topic(replies)).is_ok()),
        ] {
            if !is_valid || address.starts_with("queue://") {
                return Err(format!("{address:?} is no topic of MQTT; write one"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMQP: &str = "brokers: [amqps://a:1, amqp://b:2]\nservices: [{requests: queue://in, replies: topic://out}]\nsasl: plain\nhostname: vhost\ndurable: false\n";
    const MQTT: &str = "brokers: [mqtts://a:1, mqtt://b:2]\nservices: [{requests: in/+, replies: topic://out}]\nmqtt: {client_id: me}\n";

    fn checked(text: &str) -> Result<(), String> {
        let settings: Settings = serde_yaml::from_str(&format!("{text}keys: keys\n")).unwrap();
        let urls: Result<Vec<_>, _> = settings.brokers.iter().map(|url| Url::parse(url)).collect();
        check(&settings, &urls?)
    }

    #[test]
    fn what_fits_is_accepted_and_what_has_no_effect_is_not() {
        for good in [AMQP, MQTT] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        for (text, from, to, says) in [
            (AMQP, "amqps:", "mqtts:", "both AMQP and MQTT"),
            (MQTT, "mqtts://a:1, mqtt://b:2", "", "brokers is empty"),
            (AMQP, "{requests: queue://in, replies: topic://out}", "", "services is empty"),
            (AMQP, "sasl:", "mqtt: {session: 1}\nsasl:", "mqtt has no effect over AMQP"),
            (MQTT, "mqtt: ", "sasl: external\nmqtt: ", "remove sasl"),
            (MQTT, "mqtt: ", "hostname: vhost\nmqtt: ", "remove hostname"),
            (MQTT, "mqtt: ", "durable: false\nmqtt: ", "remove durable"),
            (MQTT, "in/+", "queue://in", "\"queue://in\" is no topic"),
            (MQTT, "in/+", "in+", "\"in+\" is no topic"),
            (MQTT, "topic://out", "topic://out/#", "\"topic://out/#\" is no topic"),
        ] {
            let error = checked(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
