//! Sends signing requests to an AMQP 1.0 broker and waits for the signed replies.

mod broker;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod client;
pub mod config;
mod connection;
mod deadline;
mod error;
mod failover;
mod proton;
mod signer;
pub mod signing;
mod status;
mod stop;
mod transport;

pub use config::{Settings, SignerType};
pub use error::{Condition, Error, Phase};
pub use signer::{Run, Signer};
pub use signing::Operation;
pub use status::Status;
pub use stop::Interrupt;
