//! What the sandbox saw: connections, links, requests and how replies ended.

use std::sync::Arc;
use std::time::Instant;

use fe2o3_amqp::types::definitions::{ReceiverSettleMode, SenderSettleMode};
use fe2o3_amqp::types::messaging::{
    DistributionMode, Header, Outcome, Properties, TerminusDurability, TerminusExpiryPolicy,
};
use fe2o3_amqp::types::primitives::SimpleValue;

use crate::body::{AmqpMessage, Body};

/// Everything seen since the start, in order.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// TCP connections, refused ones included.
    pub connections: Vec<ConnectionRecord>,
    /// Links the clients attached, refused ones included.
    pub links: Vec<LinkRecord>,
    /// Messages the clients sent.
    pub requests: Vec<RequestRecord>,
    /// Messages sent to clients, and how they ended.
    pub deliveries: Vec<DeliveryRecord>,
}

impl Record {
    /// Deliveries a client accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &DeliveryRecord> {
        let accepted = |d: &&DeliveryRecord| d.outcome == Some(DeliveryOutcome::Accepted);
        self.deliveries.iter().filter(accepted)
    }

    /// Whether every connection has ended and the outcome of everything delivered is known.
    ///
    /// The end of a connection alone is too early for a look at the outcomes: each is recorded by
    /// a task of its own, which may come later than that.
    pub fn is_over(&self) -> bool {
        self.connections.iter().all(|c| c.closed.is_some())
            && self.deliveries.iter().all(|d| d.outcome.is_some())
    }
}

/// One TCP connection.
#[derive(Clone, Debug)]
pub struct ConnectionRecord {
    /// Counted from 1.
    pub number: usize,
    /// When TCP was accepted.
    pub accepted: Instant,
    /// When the broker was done with it.
    pub closed: Option<Instant>,
    /// Whether it came in on the TLS port.
    pub tls: bool,
    /// The protocol version, once TLS is up, for example `TLSv1.3`.
    pub tls_version: Option<String>,
    /// The host name the client asked for in the handshake.
    pub server_name: Option<String>,
    /// Subject of the client's certificate, for example `O=Example,CN=me`.
    pub certificate_subject: Option<String>,
    /// The first 8 bytes (behind TLS): `AMQP`, protocol id and version.
    pub protocol_header: Option<[u8; 8]>,
    /// The SASL mechanism, when there was a SASL layer.
    pub sasl_mechanism: Option<String>,
    /// Whether an Open came; the fields below are from it.
    pub opened: bool,
    /// `container-id`.
    pub container_id: String,
    /// `hostname`.
    pub hostname: Option<String>,
    /// `max-frame-size`; 4294967295 when absent.
    pub max_frame_size: u32,
    /// `channel-max`; 65535 when absent.
    pub channel_max: u16,
    /// `idle-time-out` in milliseconds.
    pub idle_time_out: Option<u32>,
    /// `offered-capabilities`.
    pub offered_capabilities: Vec<String>,
    /// `desired-capabilities`.
    pub desired_capabilities: Vec<String>,
    /// The names in `properties`.
    pub properties: Vec<String>,
    /// Whether the client sent a Close, and so did not just hang up.
    pub close_received: bool,
    /// What went wrong: a failed handshake, a malformed frame, and so on.
    pub problems: Vec<String>,
}

impl ConnectionRecord {
    pub(crate) fn new(number: usize, tls: bool) -> Self {
        Self {
            number,
            accepted: Instant::now(),
            closed: None,
            tls,
            tls_version: None,
            server_name: None,
            certificate_subject: None,
            protocol_header: None,
            sasl_mechanism: None,
            opened: false,
            container_id: String::new(),
            hostname: None,
            max_frame_size: 0,
            channel_max: 0,
            idle_time_out: None,
            offered_capabilities: Vec::new(),
            desired_capabilities: Vec::new(),
            properties: Vec::new(),
            close_received: false,
            problems: Vec::new(),
        }
    }
}

/// Which end of a link the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client sends.
    Sender,
    /// The client receives.
    Receiver,
}

/// A link as the client's Attach described it.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// Number of its connection.
    pub connection: usize,
    /// When the Attach came.
    pub attached: Instant,
    /// What the client is.
    pub direction: Direction,
    /// `name`.
    pub name: String,
    /// `source`, when there was one.
    pub source: Option<TerminusRecord>,
    /// `target`, when there was one.
    pub target: Option<TerminusRecord>,
    /// `snd-settle-mode`.
    pub sender_settle_mode: SenderSettleMode,
    /// `rcv-settle-mode`.
    pub receiver_settle_mode: ReceiverSettleMode,
    /// `max-message-size`.
    pub max_message_size: Option<u64>,
    /// `offered-capabilities`.
    pub offered_capabilities: Vec<String>,
    /// `desired-capabilities`.
    pub desired_capabilities: Vec<String>,
    /// The names in `properties`.
    pub properties: Vec<String>,
    /// The credit of the first Flow a receiving client sent.
    pub initial_credit: Option<u32>,
    /// Every credit a receiving client gave, the first included.
    pub credits: Vec<u32>,
    /// When the client detached it.
    pub detached: Option<Instant>,
}

/// A source or target.
#[derive(Clone, Debug)]
pub struct TerminusRecord {
    /// `address`.
    pub address: Option<String>,
    /// `durable`.
    pub durable: TerminusDurability,
    /// `expiry-policy`.
    pub expiry_policy: TerminusExpiryPolicy,
    /// `timeout` in seconds.
    pub timeout: u32,
    /// `dynamic`.
    pub dynamic: bool,
    /// `distribution-mode`, of a source.
    pub distribution_mode: Option<DistributionMode>,
    /// The names in `filter`, of a source.
    pub filters: Vec<String>,
    /// `default-outcome`, of a source.
    pub default_outcome: Option<Outcome>,
    /// `outcomes`, of a source.
    pub outcomes: Vec<String>,
    /// `capabilities`.
    pub capabilities: Vec<String>,
}

/// A message a client sent.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    /// Counted from 1 over the sandbox's life.
    pub number: u64,
    /// When it was complete.
    pub received: Instant,
    /// Number of its connection.
    pub connection: usize,
    /// Name of its link.
    pub link: String,
    /// The address the link's target names; `None` is the anonymous terminus.
    pub target: Option<String>,
    /// The address it was routed by: the target's, else `to`.
    pub address: String,
    /// `message-format` of the transfer.
    pub message_format: Option<u32>,
    /// `delivery-tag` of the transfer.
    pub delivery_tag: Vec<u8>,
    /// Whether the client sent it settled.
    pub settled: bool,
    /// `request_id` of the JSON body, when there is one.
    pub request_id: Option<String>,
    /// Its outcome, once the client was told: a connection that breaks may still lose that.
    pub outcome: Option<Outcome>,
    /// When the client was told.
    pub told: Option<Instant>,
    /// All sections.
    pub message: Arc<AmqpMessage>,
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

    /// The application properties in the order they came, with their types.
    pub fn application_properties(&self) -> Vec<(String, SimpleValue)> {
        let section = self.message.application_properties.iter();
        let entries = section.flat_map(|section| section.0.iter());
        entries.map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// The body.
    pub fn body(&self) -> Body {
        Body::of(&self.message)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body().bytes()).unwrap_or_default()
    }
}

/// A message sent to a client.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    /// Number of the connection.
    pub connection: usize,
    /// Name of the link.
    pub link: String,
    /// Address of the link's source.
    pub address: String,
    /// The request it answers, when the signing server made it.
    pub request_id: Option<String>,
    /// When it was handed to the link.
    pub sent: Instant,
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
    /// Rejected; the message is gone.
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
    /// The link or the connection went first; the message is back on its queue.
    Lost,
}
