//! The broker: listeners and nodes, and a door for each protocol.

mod address;
mod amqp;
mod line;
mod listener;
mod mqtt;
mod router;
mod shared;

pub(crate) use listener::{Door, listen, tls_context};
pub(crate) use router::{Item, Subscription};
pub(crate) use shared::Broker;
