//! AMQP 1.0 values and frames made by hand, and a reader of what the other side sends: all that a simulated
//! broker needs. It shares nothing with the client: a mistake in one does not hide a mistake in the other.
//!
//! ```
//! use amqp_frames::{HEADER, Incoming, Reader, attach, message, performative::*};
//!
//! let mut reader = Reader::new();
//! reader.feed(&HEADER);
//! reader.feed(&attach("replies", 0, Role::Receiver, source("queue"), target("queue")).encode());
//! assert_eq!(reader.next(), Some(Ok(Incoming::Header(HEADER))));
//! let Some(Ok(Incoming::Frame(frame))) = reader.next() else { panic!() };
//! assert_eq!(frame.code, attach::CODE);
//! assert_eq!(frame.field(attach::NAME).as_str(), Some("replies"));
//! assert_eq!(reader.next(), None);
//!
//! let reply = transfer(0, 0, message::amqp_value("{}")).with(transfer::SETTLED, true);
//! assert_eq!(amqp_frames::read(&reply.encode()), Ok(vec![Incoming::Frame(reply)]));
//! ```

mod decode;
mod encode;
mod frame;
pub mod message;
pub mod performative;
mod reader;
#[cfg(test)]
mod tests;
mod value;

pub use decode::{MAX_DEPTH, MAX_VALUES, Malformed};
pub use frame::{AMQP_FRAME, Frame, HEADER, HEARTBEAT, SASL_FRAME, SASL_HEADER};
pub use performative::*;
pub use reader::{Incoming, Reader, read};
pub use value::Value;
