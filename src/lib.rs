//! Sends signing requests to a broker, over AMQP 1.0 or MQTT 5, and waits for the signed replies.
//!
//! It is synchronous and single-threaded: [`Signer::sign`] blocks until every request is answered or the retry limits
//! are exhausted, and every wait in it has a deadline.
//!
//! ```
//! use amqp_messenger::{
//!     Operation, Settings, Signer, SignerType, Status,
//!     signing::{Blob, Items, Key, TaskId},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let sandbox = amqp_sandbox::Sandbox::start(amqp_sandbox::Options::new(folder.path()))?;
//! # let path = sandbox.config_file();
//! let settings = Settings::load(path.as_ref(), SignerType::Single)?;
//! let signer = Signer::new(settings, None)?; // reads and checks certificates; connects to nothing
//! let blobs = Items::Blobs(vec![Blob::new("release 1.0")?]);
//! let operation = Operation::new(TaskId::new("1234")?, vec![Key::new("55A34A82")?], blobs)?;
//! let mut run = signer.prepare(&operation)?; // makes the requests; sends nothing
//! let ended = signer.sign(&mut run); // connects, sends, waits
//! for entry in run.entries() {
//!     println!("{}: {:?}", entry.request().subject(), entry.state());
//! }
//! for value in run.signed_values() {
//!     println!("{value}"); // in the order of the input; for images it has digest(), reference() and key()
//! }
//! assert_eq!(Status::of_run(&ended, run.entries()), Status::Signed);
//! # Ok(())
//! # }
//! ```
//!
//! Whatever ends a run, it holds what was received: the error says why it ended early, and the state of
//! each entry says how far that request got. [`Status::of_run`] summarizes both.
//!
//! # Deadlines
//!
//! Without a reply a run takes `timeout × retries × send_retries`, plus connecting and sending, which have their own
//! limits; each expected reply adds at most `timeout`. The setting `deadline` limits all of it, and an [`Interrupt`]
//! ends it at once.
//!
//! # Threads
//!
//! A run happens on the thread that calls [`Signer::sign`]. Only host names are looked up on another thread, because
//! the system's resolver has no deadline; if the system allows no thread, the look-up has none either. Between calls
//! nothing runs, except a look-up that has not ended by its deadline. A [`Signer`] may be used repeatedly, and from
//! several threads; each [`Run`] belongs to one call at a time.
//!
//! The library does not catch signals or change how they are handled; see [`Interrupt`] for how to end a run
//! from a handler. A broker that hangs up raises no `SIGPIPE`.
//!
//! # Features
//!
//! - `cli` (on by default): the command line of `amqp-messenger`, and its dependencies, with `verify`. Library users can
//!   disable it.
//! - `mqtt` (on by default): MQTT, beside AMQP.
//! - `verify`: verifies signed values against OpenPGP certificates.
//! - `static`: builds Qpid Proton's core from source and links it statically, so that programs need no
//!   `libqpid-proton` at run time.

mod amqp;
mod broker;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod client;
pub mod config;
mod connection;
mod connector;
mod deadline;
mod error;
mod facts;
mod failover;
pub mod files;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod journal;
#[cfg(any(feature = "cli", test))]
mod list;
#[cfg(feature = "mqtt")]
mod mqtt;
// Some of it is only for the command line.
#[cfg(feature = "verify")]
#[cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]
mod openpgp;
pub mod preflight;
mod random;
mod secret;
mod session;
mod signer;
pub mod signing;
#[cfg(test)]
mod simulation;
mod status;
mod stop;
mod transport;
#[cfg(feature = "verify")]
mod verify;

pub use config::{Settings, SignerType};
pub use error::{Argument, Condition, Error, Phase, Subject, TlsCause};
pub use signer::{Run, Signer};
pub use signing::Operation;
pub use status::Status;
pub use stop::Interrupt;
#[cfg(feature = "verify")]
pub use verify::Keyring;
