//! The sections of a message, written and read one at a time (AMQP 1.0 part 3.2, types: part 1).
//!
//! Proton is not used for this: its message type keeps only the last of several data sections, and accepts garbage as an
//! empty message; its data type needs a C stack frame for each nesting level, and a hostile reply could overflow the
//! stack. The reader here neither recurses nor allocates memory because of a size in the message.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub(crate) use decode::{Body, Message, Scalar};
pub(crate) use encode::Outgoing;

const HEADER: u64 = 0x70;
const PROPERTIES: u64 = 0x73;
const APPLICATION_PROPERTIES: u64 = 0x74;
const DATA: u64 = 0x75;
const SEQUENCE: u64 = 0x76;
const VALUE: u64 = 0x77;
