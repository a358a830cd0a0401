//! Sends signing requests to an AMQP 1.0 broker and waits for the signed replies.
//!
//! Synchronous and single-threaded: [`Signer::sign`] blocks until every request is answered or its
//! patience is over, and every wait in it has a deadline. The paved path:
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
//!     println!("{}: {:?}, {:?}", entry.request().subject, entry.state(), entry.signed_values());
//! }
//! assert_eq!(Status::of_run(&ended, run.entries()), Status::Signed);
//! # Ok(())
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
//! While no call is under way nothing moves, but for a look-up that has not ended by its deadline. A [`Signer`] may be used again
//! and again, and from several threads; each [`Run`] belongs to one call at a time.
//!
//! Nothing here catches signals or changes how they are handled; see [`Interrupt`] for how to end a run
//! from a handler. Nor does a broker that hangs up raise `SIGPIPE`.
//!
//! # Features
//!
//! - `cli` (on by default): the command line of `amqp-messenger`, and its dependencies. A library needs it not.
//! - `static`: builds Qpid Proton's core from source and links it statically, so that programs need no
//!   `libqpid-proton` where they run.

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
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod proton;
mod random;
mod secret;
mod signer;
pub mod signing;
mod status;
mod stop;
mod transport;

pub use config::{Settings, SignerType};
pub use error::{Argument, Condition, Error, Phase, Subject, TlsCause};
pub use signer::{Run, Signer};
pub use signing::Operation;
pub use status::Status;
pub use stop::Interrupt;
