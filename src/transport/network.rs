//! What a run needs from outside: the time, and byte streams to brokers.
//!
//! All code above uses these two interfaces; the same code runs on sockets and under virtual time.

use std::{io, net::SocketAddr, time::Instant};

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

    /// A random number, the seed of everything that must not be repeatable outside of tests.
    fn random(&self) -> u64;

    /// Waits until `until`.
    ///
    /// # Errors
    /// [`Error::Interrupted`] or [`Error::Deadline`], which end the run.
    fn sleep(&self, until: Instant) -> Result<(), Error>;

    /// Looks up the addresses of a host, at least one, in the order to try them. Waits until `deadline` in all.
    fn resolve(&self, host: &str, port: u16, deadline: &Deadline)
    -> Result<Vec<SocketAddr>, Fault>;

    /// Opens a byte stream to an address; with a host, over TLS with that host. Waits until `deadline` in all.
    ///
    /// # Errors
    /// The failure, and its phase.
    fn connect(
        &self,
        address: SocketAddr,
        tls: Option<&str>,
        deadline: &Deadline,
    ) -> Result<Self::Wire, (Phase, Fault)>;
}

/// A byte stream to a broker. Only [`Wire::wait`] blocks.
pub(crate) trait Wire {
    /// The current time, on the clock of the [`Network`].
    fn now(&self) -> Instant;

    /// Reads the available bytes. After [`Turn::Blocked`] there are none until [`Wire::wait`] was called.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault>;

    /// Writes as many bytes as the stream accepts. After [`Turn::Blocked`] the same bytes must come first again.
    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault>;

    /// Waits until the stream is ready for `want`, or until `until`.
    ///
    /// # Errors
    /// [`Error::Interrupted`] or [`Error::Deadline`], which end the run.
    fn wait(&mut self, want: Readiness, until: Instant) -> Result<(), Error>;

    /// Ends the client's side of the stream. Failures no longer matter.
    fn shutdown(&mut self);

    /// Why the peer may not accept the client's certificate, if that can be seen in it.
    fn remark(&self) -> Option<&str> {
        None
    }
}

/// The result of reading or writing without waiting.
#[derive(Debug)]
pub(crate) enum Turn {
    /// This many bytes were read or written.
    Done(usize),
    /// Nothing is possible until the stream is ready for this. TLS may have to write before it can read.
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
    /// The broker's certificate is not valid, or the broker has no safe version of TLS; the text says which.
    Untrusted(TlsCause, String),
    /// The broker sent a TLS alert: its number (RFC 8446, 6) and its name.
    Alert(u8, String),
    /// The peer does not speak TLS.
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
