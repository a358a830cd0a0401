//! Operations, requests and replies: what is signed, and how it is written in messages.
//!
//! An [`Operation`] becomes [`Request`]s, each a JSON text with application properties; a message that comes back is
//! read into a [`Reply`] with a [`Verdict`]. Nothing here reads a clock, draws a random number, opens a file or logs:
//! ids and times are passed in, so the same input always gives the same bytes.
//!
//! The names used on the wire (`mtype`, `claim_file`, `sig_key_id`, …) appear only in this module.

mod base64;
mod claim;
mod context;
#[cfg(any(test, feature = "cli"))]
mod echo;
#[cfg(test)]
mod golden;
mod id;
mod judge;
mod key_id;
mod ledger;
mod observer;
mod operation;
mod pieces;
mod plain;
mod properties;
pub(crate) mod pyjson;
mod pyread;
#[cfg(feature = "cli")]
mod recorded;
mod reply;
mod request;
mod requests;
#[cfg(any(test, fuzzing))]
pub(crate) mod samples;
mod trace;
mod values;

#[cfg(feature = "cli")]
pub(crate) use claim::{Identity, stated};
pub(crate) use context::{Context, Stamp};
pub use id::RequestId;
#[cfg(any(feature = "verify", test))]
pub(crate) use judge::{Judge, Signed};
pub use ledger::{Entry, Return, State};
pub(crate) use ledger::{Ledger, Outcome, ReplyKind, in_input_order};
pub use observer::{Noted, Notice, Observer, Received};
pub use operation::{Blob, Digest, Image, Items, Key, Operation, Reference, TaskId, Text};
pub(crate) use properties::once;
#[cfg(feature = "cli")]
pub(crate) use recorded::{Recorded, decoded, recorded};
pub(crate) use reply::{Document, RawReply, ReplyBody};
pub use reply::{Reply, Verdict};
pub use request::{Message, Request};
pub use trace::TraceContext;
pub use values::SignedValue;
