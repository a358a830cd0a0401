//! OpenPGP as a signing server writes it (RFC 9580, keys of version 4), right or wrong on request.
//!
//! It is made by hand, on OpenSSL's mathematics: so it can write what no library would, and shares nothing with those that
//! verify it.

mod armor;
mod key;
mod packet;
mod recipe;
mod secret;
mod signature;
mod twist;

pub use key::KeyKind;
pub(crate) use key::SigningKey;
pub(crate) use recipe::Recipe;
pub use recipe::{Form, Parts};
pub use twist::Twist;
pub(crate) use twist::{Job, another};
