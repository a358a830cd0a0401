//! Qpid Proton as a protocol engine: bytes in, bytes out, events; no sockets, no clock.

mod credit;
mod engine;
mod event;
mod message;
mod raw;
mod translate;

pub(crate) use engine::{Engine, Mechanisms, Options};
pub(crate) use event::{DeliveryId, Event, Outcome, Payload, Role};
pub(crate) use message::{Body, Message, Outgoing, Scalar};
