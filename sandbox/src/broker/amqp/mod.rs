//! The broker's door for AMQP: connections, sessions and links, by the library.

mod client;
mod connection;
mod inbound;
mod observer;
mod outbound;
mod sasl;
mod wire;

pub(super) use connection::serve;
