//! The record of what the sandbox saw: connections, links, packets, requests and how replies ended.

mod connection;
mod link;
mod message;
mod mqtt;
mod recorder;

use std::collections::HashMap;

pub use connection::ConnectionRecord;
pub use link::{Direction, LinkRecord, TerminusRecord};
pub(crate) use link::{keys, names};
pub use message::{DeliveryOutcome, DeliveryRecord, RequestRecord};
pub use mqtt::{ConnectRecord, End, PacketRecord, PublishRecord};
pub(crate) use recorder::Recorder;

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
    /// MQTT packets both ways.
    pub packets: Vec<PacketRecord>,
}

impl Record {
    /// Deliveries a client accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &DeliveryRecord> {
        let accepted = |d: &&DeliveryRecord| d.outcome == Some(DeliveryOutcome::Accepted);
        self.deliveries.iter().filter(accepted)
    }

    /// The MQTT packets of one connection that one end sent, each in short: `PUBLISH 7 DUP`, `PUBACK 7 0x00`.
    pub fn sent(&self, connection: usize, from: End) -> Vec<String> {
        let packets = self.packets.iter();
        let sent = packets.filter(|packet| packet.connection == connection && packet.from == from);
        sent.map(ToString::to_string).collect()
    }

    /// How often each request was received, by its id, in the order of their first arrival.
    ///
    /// # Panics
    ///
    /// If a request has no id.
    pub fn arrivals(&self) -> Vec<usize> {
        let mut places = HashMap::new();
        let mut times = Vec::new();
        for request in &self.requests {
            let id = request.request_id.as_deref().expect("each request has an id");
            let place = *places.entry(id).or_insert(times.len());
            if place == times.len() {
                times.push(0);
            }
            times[place] += 1;
        }
        times
    }

    /// Whether every connection has ended and the outcome of everything delivered is known.
    ///
    /// At the end of a connection not all outcomes may be known yet: each is recorded by a separate task, which may run
    /// later.
    pub fn is_over(&self) -> bool {
        self.connections.iter().all(|c| c.closed.is_some())
            && self.deliveries.iter().all(|d| d.outcome.is_some())
    }
}
