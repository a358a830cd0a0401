//! The sections of a message, written and read one at a time (AMQP 1.0 part 3.2, types: part 1).
//!
//! Not by Proton: its message type keeps the last of several data sections and calls garbage an
//! empty message, and its data type takes a C stack frame a nesting level, which a hostile reply
//! turns into a stack overflow. Reading here neither recurses nor allocates by what a size claims.

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
