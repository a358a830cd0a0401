//! What ends a run from outside: an interrupt, and the deadline of the whole run.

use std::{
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{deadline::Deadline, error::Error};

/// Ends the waits of a run from outside, once and for all.
///
/// Clones are the same interrupt. After it is raised, a run that waits receives the replies that have arrived, and returns
/// [`Error::Interrupted`], and a run that starts later as soon as it would wait.
///
/// ```
/// use amqp_messenger::Interrupt;
///
/// let interrupt = Interrupt::new()?;
/// let elsewhere = interrupt.clone(); // for another thread, or a signal handler
/// std::thread::spawn(move || elsewhere.raise());
/// // signer.set_interrupt(interrupt) before signer.sign(…)
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Interrupt {
    reader: Arc<UnixStream>,
    writer: Arc<UnixStream>,
}

impl Interrupt {
    /// Makes an interrupt that is not raised.
    ///
    /// # Errors
    /// An error of the operating system, if the process has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        writer.set_nonblocking(true)?;
        Ok(Self { reader: Arc::new(reader), writer: Arc::new(writer) })
    }

    /// Raises the interrupt. It is one write(2), and so may be called from a signal handler.
    pub fn raise(&self) {
        // A failure means that the buffer is full: it is raised already.
        let _ = (&*self.writer).write(&[1]);
    }

    /// A stream that raises the interrupt when a byte is written to it, for a signal handler to own.
    ///
    /// # Errors
    /// An error of the operating system, if the process has no file descriptors left.
    pub fn writer(&self) -> io::Result<UnixStream> {
        self.writer.try_clone()
    }
}

/// What every wait of a run watches besides its own deadline.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    pub(crate) interrupt: Option<Interrupt>,
    pub(crate) total: Option<Deadline>,
    /// Called now and then while a run waits, on its thread: people see that time passes.
    pub(crate) pulse: Option<Pulse>,
}

/// What is called now and then while a run waits.
#[derive(Clone, Copy)]
pub(crate) struct Pulse {
    pub(crate) beat: fn(),
    /// The time until it is called next.
    pub(crate) pause: fn() -> Duration,
}

impl Stop {
    /// The descriptor that the interrupt makes readable. Nothing reads from it, so it stays readable.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.interrupt.as_ref().map(|interrupt| interrupt.reader.as_fd())
    }

    /// Returns an error if the deadline of the whole run has passed.
    pub(crate) fn check(&self, now: Instant) -> Result<(), Error> {
        match &self.total {
            Some(total) if total.has_passed(now) => Err(Error::Deadline { after: total.length() }),
            _ => Ok(()),
        }
    }
}
