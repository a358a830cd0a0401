//! What a PUBLISH is as a message of AMQP, and back: one to one, as RabbitMQ 4 maps them.

use fe2o3_amqp::types::{
    messaging::{ApplicationProperties, Header, MessageId, Properties},
    primitives::{Binary, OrderedMap, SimpleValue},
};
use mqtt_proto::{
    TopicName,
    v5::{Publish, PublishProperties, UserProperty},
};

use crate::body::{self, AmqpMessage, Body};

/// The message that a PUBLISH carries. A payload that says that it is text is a string, any other is binary data.
pub(crate) fn received(publish: &Publish) -> AmqpMessage {
    let PublishProperties {
        payload_is_utf8,
        message_expiry_interval,
        response_topic,
        correlation_data,
        user_properties,
        content_type,
        ..
    } = &publish.properties;
    let bytes = publish.payload.to_vec();
    let body = match String::from_utf8(bytes) {
        Ok(text) if *payload_is_utf8 == Some(true) => Body::Text(text),
        Ok(text) => Body::Data(vec![text.into_bytes()]),
        Err(error) => Body::Data(vec![error.into_bytes()]),
    };
    let mut map = OrderedMap::new();
    for UserProperty { name, value } in user_properties {
        // The first of equal names counts.
        if map.get(&**name).is_none() {
            map.insert(name.to_string(), SimpleValue::String(value.to_string()));
        }
    }
    let to_topic = |topic: &TopicName| format!("topic://{}", &**topic);
    let properties = Properties {
        reply_to: response_topic.as_ref().map(to_topic),
        correlation_id: correlation_data
            .as_ref()
            .map(|data| MessageId::Binary(Binary::from(data.to_vec()))),
        content_type: content_type.as_deref().map(Into::into),
        ..Properties::default()
    };
    AmqpMessage {
        header: Some(Header {
            durable: true,
            ttl: message_expiry_interval.map(|seconds| seconds.saturating_mul(1000)),
            ..Header::default()
        }),
        properties: Some(properties),
        application_properties: (!user_properties.is_empty()).then_some(ApplicationProperties(map)),
        ..body::message(body, &[])
    }
}

/// The payload and the properties by which a message goes to a client.
pub(crate) fn payload(message: &AmqpMessage) -> (Vec<u8>, PublishProperties) {
    let body = Body::of(message);
    let properties = message.properties.as_ref();
    let map = message.application_properties.iter().flat_map(|section| section.0.iter());
    let user_properties = map.map(|(name, value)| UserProperty {
        name: name.as_str().into(),
        value: text(value).into(),
    });
    let reply_to = properties.and_then(|properties| properties.reply_to.as_deref());
    let correlation = properties.and_then(|properties| properties.correlation_id.as_ref());
    let ttl = message.header.as_ref().and_then(|header| header.ttl);
    let properties = PublishProperties {
        payload_is_utf8: matches!(body, Body::Text(_)).then_some(true),
        message_expiry_interval: ttl.map(|ttl| ttl.div_ceil(1000).max(1)),
        response_topic: reply_to.and_then(|address| {
            TopicName::try_from(address.strip_prefix("topic://").unwrap_or(address)).ok()
        }),
        correlation_data: correlation.map(|id| match id {
            MessageId::Binary(data) => data.to_vec().into(),
            MessageId::String(text) => text.clone().into_bytes().into(),
            MessageId::Ulong(number) => number.to_string().into_bytes().into(),
            MessageId::Uuid(uuid) => format!("{uuid:?}").into_bytes().into(),
        }),
        user_properties: user_properties.collect(),
        content_type: properties
            .and_then(|properties| properties.content_type.as_ref())
            .map(|kind| kind.to_string().into()),
        ..PublishProperties::default()
    };
    (body.bytes(), properties)
}

/// A value as text: user properties have no other.
fn text(value: &SimpleValue) -> String {
    match value {
        SimpleValue::String(text) => text.clone(),
        SimpleValue::Bool(value) => value.to_string(),
        SimpleValue::Int(value) => value.to_string(),
        SimpleValue::Uint(value) => value.to_string(),
        SimpleValue::Long(value) => value.to_string(),
        SimpleValue::Ulong(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}
