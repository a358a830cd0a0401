//! The broker: listeners, connections, links and nodes.

mod address;
mod client;
mod connection;
mod inbound;
mod line;
mod listener;
mod observer;
mod outbound;
mod router;
mod sasl;
mod shared;
mod wire;

pub(crate) use listener::{listen, tls_context};
pub(crate) use router::{Item, Subscription};
pub(crate) use shared::Broker;
