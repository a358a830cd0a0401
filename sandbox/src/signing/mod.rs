//! The signing server: keys, replies, and their verification.

mod keys;
mod reply;
mod signer;
mod verify;

pub(crate) use keys::Keys;
pub(crate) use reply::Context;
pub(crate) use signer::{Signer, replies, text_properties};
pub use verify::Verifier;
