//! Bytes to and from a broker, over TCP or TLS; knows no AMQP.

mod identity;
mod poll;
mod ration;
mod resolve;
mod tls;
mod wire;

pub(crate) use identity::Identity;
#[cfg(feature = "cli")]
pub(crate) use poll::until_writable;
pub(crate) use poll::{Want, sleep};
pub(crate) use tls::TlsContext;
pub(crate) use wire::{Fault, Turn, Wire};
