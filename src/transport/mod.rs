//! Bytes to and from a broker, over TCP or TLS; knows no AMQP.

mod clock;
mod host;
mod identity;
mod network;
mod poll;
mod ration;
mod resolve;
mod socket;
mod sockets;
mod tls;

pub(crate) use identity::Identity;
pub(crate) use network::{Fault, Network, Turn, Wire};
pub(crate) use poll::Readiness;
#[cfg(feature = "cli")]
pub(crate) use poll::until_writable;
pub(crate) use sockets::Sockets;
#[cfg(feature = "cli")]
pub(crate) use sockets::begin;
pub(crate) use tls::TlsContext;
