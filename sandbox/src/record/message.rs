//! Messages, and how they ended.

use std::{sync::Arc, time::Instant};

use fe2o3_amqp::types::{
    messaging::{Header, Outcome, Properties},
    primitives::SimpleValue,
};

use super::PublishRecord;
use crate::body::{AmqpMessage, Body};

/// A message a client sent.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    /// Counted from 1 over the sandbox's life.
    pub number: u64,
    /// When it was complete.
    pub received: Instant,
    /// Number of its connection.
    pub connection: usize,
    /// Name of its link; empty over MQTT.
    pub link: String,
    /// The address of the link's target; `None` is the anonymous terminus.
    pub target: Option<String>,
    /// The address it was routed by: the target's, else `to`.
    pub address: String,
    /// `message-format` of the transfer.
    pub message_format: Option<u32>,
    /// `delivery-tag` of the transfer.
    pub delivery_tag: Vec<u8>,
    /// Whether the client sent it settled.
    pub settled: bool,
    /// `request_id` of the JSON body, if there is one.
    pub request_id: Option<String>,
    /// Its outcome, once it was sent to the client: a connection that breaks may still lose it.
    pub outcome: Option<Outcome>,
    /// When the outcome was sent to the client.
    pub outcome_sent: Option<Instant>,
    /// All sections; over MQTT what the PUBLISH is as a message of AMQP.
    pub message: Arc<AmqpMessage>,
    /// What the PUBLISH carried beside, over MQTT.
    pub mqtt: Option<PublishRecord>,
}

impl RequestRecord {
    /// The header section.
    pub fn header(&self) -> Option<&Header> {
        self.message.header.as_ref()
    }

    /// The properties section.
    pub fn properties(&self) -> Option<&Properties> {
        self.message.properties.as_ref()
    }

    /// `to` of the properties.
    pub fn to(&self) -> Option<&str> {
        self.properties()?.to.as_deref()
    }

    /// The application properties in the order of the message, with their types.
    pub fn application_properties(&self) -> Vec<(String, SimpleValue)> {
        let section = self.message.application_properties.iter();
        let entries = section.flat_map(|section| section.0.iter());
        entries.map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// The body.
    pub fn body(&self) -> Body {
        Body::of(&self.message)
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body().bytes()).unwrap_or_default()
    }
}

/// A message sent to a client.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    /// Number of the connection.
    pub connection: usize,
    /// Name of the link; empty over MQTT.
    pub link: String,
    /// Address of the link's source.
    pub address: String,
    /// The request that it answers, if the signing server made it.
    pub request_id: Option<String>,
    /// When it was handed to the link.
    pub sent: Instant,
    /// Over MQTT: its packet identifier, unless it went with QoS 0, and the DUP flag.
    pub mqtt: Option<(Option<u16>, bool)>,
    /// How it ended.
    pub outcome: Option<DeliveryOutcome>,
    /// When it ended.
    pub ended: Option<Instant>,
}

/// How a delivery to a client ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Accepted.
    Accepted,
    /// Rejected; the message is discarded.
    Rejected {
        /// The error condition.
        condition: Option<String>,
        /// Its description.
        description: Option<String>,
    },
    /// Released; the message is back on its queue.
    Released,
    /// Modified; the message is back on its queue unless undeliverable here.
    Modified {
        /// `delivery-failed`.
        delivery_failed: bool,
        /// `undeliverable-here`.
        undeliverable_here: bool,
    },
    /// The link or the connection ended first; the message is back on its queue, or (over MQTT) in its session.
    Lost,
}
