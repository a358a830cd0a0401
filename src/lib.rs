//! Sends signing requests to an AMQP 1.0 broker and waits for the signed replies.
//!
//! Synchronous and single-threaded: [`Signer::sign`] blocks until every request is answered or its
//! patience is over, and every wait in it has a deadline. The paved path:
//!
//! ```no_run
//! use amqp_messenger::{Operation, Settings, Signer, SignerType, signing};
//!
//! # fn main() -> Result<(), amqp_messenger::Error> {
//! let settings = Settings::load("conf.yaml".as_ref(), SignerType::Single)?;
//! let signer = Signer::new(settings, None)?; // reads and checks certificates; connects to nothing
//! let operation = Operation::Container(signing::ContainerSign {
//!     digests: vec!["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into()],
//!     references: vec!["registry.example.com/ns/app:1.0".into()],
//!     keys: signing::Keys { ids: vec!["55A34A82".into()], names: vec![] },
//!     task_id: "1234".into(),
//!     requester: None,
//! });
//! let mut run = signer.prepare(&operation)?; // makes the requests; sends nothing
//! let ended = signer.sign(&mut run); // connects, sends, waits
//! for entry in run.entries() {
//!     match entry.reply() {
//!         Some(reply) => println!("{}: {:?}", entry.request().subject, reply.signed_values(entry.request())),
//!         None => println!("{}: {:?}", entry.request().subject, entry.state()),
//!     }
//! }
//! ended
//! # }
//! ```
//!
//! Whatever ends a run, what was received is in it: the error says why it ended early, the state of
//! each entry how far that request came. [`Status::of_run`] sums both up.
//!
//! # Deadlines
//!
//! Without a single reply a run takes `timeout × retries × send_retries`, and connecting and sending,
//! which have bounds of their own; each expected reply adds at most `timeout`. The setting `deadline`
//! bounds all of it, and an [`Interrupt`] ends it at once.
//!
//! # Threads
//!
//! A run happens on the thread that calls [`Signer::sign`], and needs nothing else of the process; only
//! a host name is looked up on a thread of its own, since the system's resolver knows no deadline.
//! While no call is under way nothing moves: there is no background work.
//!
//! # From C
//!
//! The feature `capi` is the interface that `include/amqp_messenger.h` declares; `make install` builds the libraries.

mod broker;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod capi;
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
mod random;
mod secret;
mod signer;
pub mod signing;
mod status;
mod stop;
mod transport;

pub use config::{Settings, SignerType};
pub use error::{Condition, Error, Phase, Subject};
pub use signer::{Run, Signer};
pub use signing::Operation;
pub use status::Status;
pub use stop::Interrupt;
