//! What is signed, asked and answered: the pure part of the program.
//!
//! An [`Operation`] becomes [`Request`]s, each a JSON text with application properties; what comes back is read
//! into a [`Reply`] with a [`Verdict`]. Nothing here reads a clock, draws a random number, opens a file or logs:
//! ids and times are passed in, so the same input always gives the same bytes.
//!
//! The names used on the wire (`mtype`, `claim_file`, `sig_key_id`, …) appear in this module and nowhere else.

mod answer;
mod claim;
#[cfg(test)]
mod golden;
mod index;
mod ledger;
mod operation;
pub(crate) mod pyjson;
mod pyread;
mod reply;
mod request;

pub use ledger::{Entry, State};
pub(crate) use ledger::{Ledger, Outcome, ReplyKind};
pub use operation::{BlobSign, ClearSign, ContainerSign, Keys, Operation, Text};
pub(crate) use reply::{RawReply, ReplyBody};
pub use reply::{Reply, Verdict};
pub use request::Request;
pub(crate) use request::{Context, Stamp};
