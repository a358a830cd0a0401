//! What has no meaning over MQTT, or only there.

use std::time::Duration;

use super::{
    super::{
        Capability, ForeignReplies, MqttVersion, Protocol, Sasl, SenderTarget, Settings, Template,
        section::Section,
    },
    topic::{client_id, topic},
};
use crate::error::Error;

/// The longest keep alive: 16 bits of seconds (MQTT 5.0 section 3.1.2.10).
const KEEP_ALIVE: Duration = Duration::from_secs(65_535);

/// The default of `mqtt_max_open`, as the table of keys has it.
const MAX_OPEN: u32 = 500;

/// Checks what depends on the protocol.
///
/// # Errors
/// [`Error::Config`] for the first key that means nothing with the brokers' protocol, or another thing than in AMQP.
pub(in crate::config) fn check(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    match settings.protocol() {
        Protocol::Amqp => check_amqp(settings, section),
        Protocol::Mqtt => {
            check_keys(settings, section)?;
            check_topics(settings, section)
        }
    }
}

fn check_amqp(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let given = [
        ("mqtt_version", settings.mqtt_version != MqttVersion::V5),
        ("mqtt_client_id", settings.mqtt_client_id.is_some()),
        ("mqtt_max_open", settings.mqtt_max_open != MAX_OPEN),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((key, _)) => {
            let broker = &settings.brokers[0];
            let problem = format!(
                "{broker} is for AMQP, where it means nothing; remove it, or list mqtts:// brokers"
            );
            Err(section.fail(key, problem))
        }
        None => Ok(()),
    }
}

fn check_keys(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let is_too_long = settings.idle_timeout.is_some_and(|time| time > KEEP_ALIVE);
    let long_name = settings.username.as_ref().is_some_and(|name| name.len() > u16::MAX.into());
    let refused = [
        (
            "sasl",
            settings.sasl != Sasl::Auto,
            "MQTT has no SASL: the client shows its certificate by TLS, and user name and password in CONNECT; remove it",
        ),
        (
            "sender_target",
            settings.sender_target != SenderTarget::Auto,
            "over MQTT each message names its topic; remove it",
        ),
        (
            "sender_capability",
            settings.sender_capability != Capability::None,
            "over MQTT all addresses are topics; remove it",
        ),
        (
            "receiver_capability",
            settings.receiver_capability != Capability::None,
            "over MQTT all addresses are topics; remove it",
        ),
        (
            "open_hostname",
            settings.open_hostname.is_some(),
            "MQTT has no virtual hosts: the broker knows only the URL's host, by TLS; remove it",
        ),
        (
            "durable",
            !settings.durable,
            "over MQTT every request is sent with QoS 1, without which the broker would not confirm it; remove it",
        ),
        (
            "foreign_replies",
            settings.foreign_replies == ForeignReplies::Release,
            "over MQTT each client has its own copy of a reply, and cannot give it back; remove it",
        ),
        (
            "idle_timeout",
            is_too_long,
            "over MQTT it is the keep alive, at most 65535 s; lower it, or set 0 for none",
        ),
        ("username", long_name, "MQTT has room for 65535 bytes; shorten it"),
    ];
    match refused.iter().find(|(_, is_refused, _)| *is_refused) {
        Some((key, _, problem)) => Err(section.fail(key, *problem)),
        None => Ok(()),
    }
}

/// Checks the fixed parts of topics and client id; the rest is known once an operation is.
fn check_topics(settings: &Settings, section: &Section<'_>) -> Result<(), Error> {
    let mut topics = Vec::new();
    for (key, template) in
        [("topic_send_to", &settings.send_to), ("topic_listen_to", &settings.listen_to)]
    {
        topics.push(topic(shown(template)).map_err(|problem| section.fail(key, problem))?);
    }
    if topics[0] == topics[1] {
        return Err(section.fail("topic_listen_to", SAME));
    }
    if let Some(template) = &settings.mqtt_client_id {
        client_id(shown(template)).map_err(|problem| section.fail("mqtt_client_id", problem))?;
    }
    Ok(())
}

/// The problem if requests would come back as replies.
pub(in crate::config) const SAME: &str = "it is the topic of topic_send_to, so that the client would get its own requests; use another topic";

/// The template with the names of its fields, so that an error quotes it as it is written.
fn shown(template: &Template) -> String {
    let shown = template.render(|name| Ok::<_, std::convert::Infallible>(format!("{{{name}}}")));
    shown.unwrap_or_else(|never| match never {})
}
