//! The only way to wait: poll(2) with a deadline, on a socket and on the interrupt of the run.
#![allow(unsafe_code)]

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
    time::{Duration, Instant},
};

use super::clock;
use crate::{error::Error, stop::Stop};

/// What a stream is to become ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readiness {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The socket is ready, or has an error to be read from it.
    Ready,
    /// The time has passed.
    Passed,
}

impl Readiness {
    /// Readiness for either of the two.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { read: self.read || other.read, write: self.write || other.write }
    }
}

/// Waits until the socket is ready, `until` is reached, or the run is ended from outside.
///
/// # Errors
/// [`Error::Interrupted`], or [`Error::Deadline`] if the deadline of the whole run comes first;
/// [`Error::System`] if poll(2) fails.
pub(crate) fn wait(
    socket: BorrowedFd<'_>,
    want: Readiness,
    until: Instant,
    stop: &Stop,
) -> Result<Woken, Error> {
    wait_on(Some((socket, want)), until, stop)
}

/// Waits until `until`, or until the run is ended from outside.
///
/// # Errors
/// As [`wait`].
pub(crate) fn sleep(until: Instant, stop: &Stop) -> Result<(), Error> {
    wait_on(None, until, stop).map(drop)
}

/// Waits until a stream of the caller accepts output, however long its reader takes; once the run is ended from outside,
/// for at most `patience`, which is asked then. Returns whether it does.
///
/// # Errors
/// Why poll(2) failed.
#[cfg(feature = "cli")]
pub(crate) fn until_writable(
    output: BorrowedFd<'_>,
    stop: &Stop,
    patience: impl Fn() -> Duration,
) -> io::Result<bool> {
    let want = Readiness { read: false, write: true };
    let wait = |time, stop| wait(output, want, clock::now() + time, stop);
    let woken = loop {
        match wait(Duration::from_secs(60 * 60), stop) {
            Ok(Woken::Passed) => {}
            Err(Error::Interrupted | Error::Deadline { .. }) => {
                break wait(patience(), &Stop::default());
            }
            woken => break woken,
        }
    };
    match woken {
        Ok(woken) => Ok(woken == Woken::Ready),
        Err(Error::System { source, .. }) => Err(source),
        Err(other) => Err(io::Error::other(other)),
    }
}

/// Waits for this time, whatever happens; returns whether the run is ended from outside.
#[cfg(feature = "cli")]
pub(crate) fn pause(time: Duration, stop: &Stop) -> bool {
    let _ = sleep(clock::now() + time, &Stop::default());
    sleep(clock::now(), stop).is_err()
}

fn wait_on(
    socket: Option<(BorrowedFd<'_>, Readiness)>,
    until: Instant,
    stop: &Stop,
) -> Result<Woken, Error> {
    let mut events = 0;
    if let Some((_, want)) = socket {
        events |= if want.read { libc::POLLIN } else { 0 };
        events |= if want.write { libc::POLLOUT } else { 0 };
    }
    // poll(2) ignores a negative descriptor.
    let entry = |descriptor: Option<i32>, events| libc::pollfd {
        fd: descriptor.unwrap_or(-1),
        events,
        revents: 0,
    };
    let mut entries = [
        entry(socket.map(|(socket, _)| socket.as_raw_fd()), events),
        entry(stop.descriptor().map(|descriptor| descriptor.as_raw_fd()), libc::POLLIN),
    ];
    loop {
        stop.check(clock::now())?;
        let until = stop.total.map_or(until, |total| until.min(total.at()));
        let pause = stop.pulse.map_or(until, |pulse| until.min(clock::now() + (pulse.pause)()));
        // SAFETY: the array is as long as said; both descriptors are borrowed and so open.
        let count = unsafe {
            libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, milliseconds(pause))
        };
        match count {
            0 if until > clock::now() => stop.pulse.into_iter().for_each(|pulse| (pulse.beat)()),
            0 => {
                stop.check(clock::now())?;
                return Ok(Woken::Passed);
            }
            count if count > 0 => {
                return if entries[1].revents != 0 {
                    Err(Error::Interrupted)
                } else {
                    Ok(Woken::Ready)
                };
            }
            // If the signal's handler raised the interrupt, the next turn notices it.
            _ => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                // The limit of open files is below two, or there is no memory.
                source => return Err(Error::System { what: "wait with poll(2)", source }),
            },
        }
    }
}

/// The time until then in poll(2)'s unit, rounded up: a wait must not end early.
fn milliseconds(until: Instant) -> i32 {
    let left = until.saturating_duration_since(clock::now()) + Duration::from_nanos(999_999);
    i32::try_from(left.as_millis()).unwrap_or(i32::MAX)
}
