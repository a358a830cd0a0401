//! What happens in a run, for those that want to know while it happens.

use std::time::Duration;

#[cfg(feature = "cli")]
use super::request::Request;
use super::{ledger::Entry, reply::Document};
use crate::error::Error;

/// Something that happened in a run.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A cycle begins: every open request is to be sent.
    Cycle {
        /// Its number, from 1.
        number: u32,
        /// How many cycles there are at most.
        of: u32,
        /// How many requests are open.
        open: usize,
    },
    /// A window of the cycle begins: a wait for replies.
    Window {
        /// Its number in the cycle, from 1.
        number: u32,
        /// How many windows the cycle has at most.
        of: u32,
        /// How many requests are open.
        open: usize,
        /// The time without an expected reply that ends it.
        timeout: Duration,
    },
    /// A request was handed over to the connection, for the first time or once more.
    Sent(Noted<'a>),
    /// The broker disposed of a request; the state says how.
    Outcome(Noted<'a>),
    /// A reply has come that adds something to what is known of a request. The broker does not know yet that the client
    /// has it. With a state file, the requests that were signed before are reported so at the beginning.
    Reply(Noted<'a>, Received<'a>),
}

/// The request that a notice is about.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Noted<'a> {
    /// Its number among [`Run::entries`](crate::Run::entries).
    pub index: usize,
    /// What is known of it now.
    pub entry: &'a Entry,
}

/// A reply by itself.
#[derive(Clone, Copy)]
pub struct Received<'a>(pub(crate) Document<'a>);

impl<'a> Received<'a> {
    /// Returns its body: JSON text, as [`Reply::document`](super::Reply::document) has it.
    pub fn body(self) -> &'a [u8] {
        self.0.body().as_bytes()
    }

    /// The signed values that it has, in request order; empty texts for the others.
    #[cfg(feature = "cli")]
    pub(crate) fn values(self, request: &Request) -> Vec<String> {
        self.0.values(request)
    }
}

/// Sees what happens in a run, while it happens, on the thread of the run.
///
/// [`Signer::sign_observed`](crate::Signer::sign_observed) calls it; each call holds up the run for as long as it takes.
/// `()` is an observer that looks away.
///
/// ```
/// use std::cell::Cell;
///
/// use amqp_messenger::signing::{Notice, Observer};
///
/// /// Counts what is signed.
/// #[derive(Default)]
/// struct Progress(Cell<usize>);
///
/// impl Observer for Progress {
///     fn notice(&self, notice: Notice<'_>) {
///         if let Notice::Reply(noted, received) = notice {
///             self.0.set(self.0.get() + 1);
///             println!("{}: {} bytes", noted.entry.request().subject(), received.body().len());
///         }
///     }
/// }
///
/// # use amqp_messenger::{Operation, Settings, Signer, SignerType, signing::{Blob, Items, Key, TaskId}};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let sandbox = amqp_sandbox::Sandbox::start(amqp_sandbox::Options::new(folder.path()))?;
/// # let settings = Settings::load(sandbox.config_file().as_ref(), SignerType::Single)?;
/// # let signer = Signer::new(settings, None)?;
/// # let blobs = Items::Blobs(vec![Blob::new("release 1.0")?]);
/// # let operation = Operation::new(TaskId::new("1234")?, vec![Key::new("55A34A82")?], blobs)?;
/// let progress = Progress::default();
/// let mut run = signer.prepare(&operation)?;
/// signer.sign_observed(&mut run, &progress)?;
/// assert_eq!(progress.0.get(), 1);
/// # Ok(())
/// # }
/// ```
pub trait Observer {
    /// Takes a notice.
    fn notice(&self, notice: Notice<'_>);

    /// Makes sure that nothing is lost of what was noticed, whatever becomes of the process.
    ///
    /// It is called before the first request is sent, and again before the broker learns that replies have come: for
    /// several at once, at most 50, and 10 ms after the first of them at the latest.
    ///
    /// # Errors
    /// Any error ends the run, and there is no further call. The replies that were noticed since the last call stay at the
    /// broker, and in the run.
    fn secure(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Whether [`Observer::secure`] does anything: otherwise the broker learns of each reply at once.
    fn secures(&self) -> bool {
        false
    }

    /// Whether the run need not keep replies that have been noticed and have everything that was asked for. That saves
    /// their memory; their [`SignedValue`](super::SignedValue)s are empty afterwards.
    fn drops_replies(&self) -> bool {
        false
    }
}

impl Observer for () {
    fn notice(&self, _: Notice<'_>) {}
}

/// Several observers: each sees everything, in their order.
///
/// The first one that cannot make sure of what it noticed ends the run. Replies are dropped if any of them allows it.
impl Observer for Vec<&dyn Observer> {
    fn notice(&self, notice: Notice<'_>) {
        self.iter().for_each(|observer| observer.notice(notice));
    }

    fn secure(&self) -> Result<(), Error> {
        self.iter().try_for_each(|observer| observer.secure())
    }

    fn secures(&self) -> bool {
        self.iter().any(|observer| observer.secures())
    }

    fn drops_replies(&self) -> bool {
        self.iter().any(|observer| observer.drops_replies())
    }
}
