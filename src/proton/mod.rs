//! Qpid Proton as a protocol engine: bytes in, bytes out, events; no sockets, no clock.

mod engine;
mod event;
mod message;

pub(crate) use engine::{Engine, Mechanisms, Options};
pub(crate) use event::{DeliveryId, Event, Outcome, Payload, Role};
pub(crate) use message::{Body, Message, Outgoing, Scalar};
