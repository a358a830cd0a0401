//! Qpid Proton as a protocol engine: bytes in, bytes out, events; no sockets, no clock.
//!
//! The driver owns connection, session, links and deliveries, and frees them in one place, when the
//! engine is dropped. What this module keeps of them are pointers that live as long as the driver; a
//! delivery ends earlier, when it is settled, and its pointer is forgotten in the same call. No pointer
//! leaves this module.

mod driver;
mod engine;
mod event;
mod events;
mod login;
mod raw;
mod receiver;
mod sender;

pub(super) use engine::{Engine, Options};
pub(super) use event::{DeliveryId, Event, Outcome, Payload, Role};
pub(crate) use login::Mechanisms;
