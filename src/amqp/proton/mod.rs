//! Qpid Proton as a protocol engine: bytes in, bytes out, events; no sockets, no clock.
//!
//! The driver owns connection, session, links and deliveries, and frees them when the engine is dropped.
//! This module keeps pointers to them, which are valid as long as the driver; a delivery ends earlier,
//! when it is settled, and its pointer is dropped in the same call. No pointer leaves this module.

mod driver;
mod engine;
mod event;
mod events;
mod log;
mod login;
mod nesting;
mod node;
mod peer;
mod raw;
mod receiver;
mod sender;
mod window;

pub(super) use engine::{Engine, Options};
pub(super) use event::{DeliveryId, Event, Outcome, Payload, Role, Settlement};
pub(crate) use login::Mechanisms;
pub(super) use node::Node;
