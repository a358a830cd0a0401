//! The broker: listeners, connections, links and nodes; its door for MQTT is a module of its own.

mod address;
mod client;
mod connection;
mod inbound;
mod line;
mod listener;
mod mqtt;
mod observer;
mod outbound;
mod router;
mod sasl;
mod shared;
mod wire;

pub(crate) use listener::{Door, listen, tls_context};
pub(crate) use router::{Item, Subscription};
pub(crate) use shared::Broker;
