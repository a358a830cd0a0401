//! An MQTT session: requests on their way, replies not acknowledged, and what a broker's reason codes mean ("§" is a section
//! of the MQTT 5.0 standard). Bytes and the time in, bytes and events out.

mod codes;
mod ids;
mod memory;
mod packets;
mod queue;
mod session;

pub(crate) use memory::Memory;
pub(crate) use packets::Version;
pub(crate) use session::{Options, Session};
