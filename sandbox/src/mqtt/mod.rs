//! MQTT packets, as the broker and the signing server read and write them: framed here, with `mqtt-proto` for what is
//! inside, an implementation that shares nothing with the client's.

mod frames;
mod message;
mod options;
mod packet;

pub(crate) use frames::{Frame, Frames};
pub(crate) use message::{payload, received};
pub use options::Mqtt;
pub(crate) use packet::{Version, code, id, read, with_code, write};
