//! The broker's door for MQTT: the same nodes, rules and record behind another protocol.

mod client;
mod connection;
mod inbound;
mod opening;
mod outbound;
mod session;
mod subscribing;
mod writer;

pub(super) use connection::serve;
pub(crate) use session::Sessions;
