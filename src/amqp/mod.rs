//! An AMQP 1.0 session: links, requests on their way, replies that are not settled, and what a broker's
//! conditions mean. Bytes and the time in, bytes and events out.

mod consequences;
mod framing;
mod inbound;
mod message;
mod offer;
mod outbound;
mod outgoing;
mod preface;
mod proton;
mod reply;
mod session;

#[cfg(any(test, fuzzing))]
pub(crate) use message::Outgoing;
pub(crate) use offer::Means;
pub(crate) use proton::Mechanisms;
#[cfg(any(feature = "mqtt", test, fuzzing))]
pub(crate) use reply::reply as reply_of;
pub(crate) use session::{Options, Session};
