//! What a run needs of the world outside: the time, and byte streams to brokers.
//!
//! Everything above goes through these two interfaces, so that the same code runs on sockets and
//! under virtual time.

use std::{io, time::Instant};

use super::poll::Readiness;
use crate::{
    deadline::Deadline,
    error::{Error, Phase, TlsCause},
};

/// Time, and byte streams to brokers: the operating system's, or simulated ones.
pub(crate) trait Network {
    type Wire: Wire;

    /// The current time, on a clock that never goes back.
    fn now(&self) -> Instant;

    /// A random number: what must not be repeatable outside of tests starts from here.
    fn random(&self) -> u64;

    /// Waits until `until`.
    ///
    /// # Errors
    /// What ends the run from outside: [`Error::Interrupted`] or [`Error::Deadline`].
    fn sleep(&self, until: Instant) -> Result<(), Error>;

    /// Opens a byte stream to a host, over TLS if asked to. Waits until `deadline` in all.
    ///
    /// # Errors
    /// What failed, and in which phase.
    fn connect(
        &self,
        host: &str,
        port: u16,
        tls: bool,
        deadline: &Deadline,
    ) -> Result<Self::Wire, (Phase, Fault)>;
}

/// A byte stream to a broker. Only [`Wire::wait`] blocks.
pub(crate) trait Wire {
    /// The current time, on the clock of the [`Network`].
    fn now(&self) -> Instant;

    /// Reads what is there.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault>;

    /// Writes what the stream takes. After [`Turn::Blocked`] the same bytes must come first again.
    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault>;

    /// Waits until the stream is ready for `want`, or until `until`.
    ///
    /// # Errors
    /// What ends the run from outside: [`Error::Interrupted`] or [`Error::Deadline`].
    fn wait(&self, want: Readiness, until: Instant) -> Result<(), Error>;

    /// Ends the client's side of the stream. Failures no longer matter.
    fn shutdown(&mut self);
}

/// What came of reading or writing without waiting.
#[derive(Debug)]
pub(crate) enum Turn {
    /// This many bytes went through.
    Done(usize),
    /// Nothing moves until the stream is ready for this. TLS may want to write in order to read.
    Blocked(Readiness),
    /// The peer sends no more.
    Ended,
}

/// Why a byte stream could not be opened, or ended.
#[derive(Debug)]
pub(crate) enum Fault {
    Io(io::Error),
    /// The deadline passed.
    Timeout,
    /// The broker's certificate did not verify, or the broker has no TLS that is safe; in words.
    Untrusted(TlsCause, String),
    /// The broker sent a TLS alert: its number (RFC 8446, 6), and in words.
    Alert(u8, String),
    /// What the peer speaks is not TLS.
    NotTls,
    /// The run was ended from outside.
    Stopped(Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Stopped(error)
    }
}
