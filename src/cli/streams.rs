//! The standard streams as files whose writes wait, but not forever.
//!
//! A pipe or terminal may be non-blocking, if another process that shares it has made it so. A write that would wait
//! then fails, and its data would be lost. If it blocks, a reader that does not read would keep the process.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{stop::Stop, transport};

/// How long a reader may pause once a signal or the deadline is to end the run, and after which time a second signal
/// ends the process.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes that a pipe accepts without blocking once it is ready for any.
const READY: usize = libc::PIPE_BUF;

/// What is to end the run.
static STOP: OnceLock<Stop> = OnceLock::new();

/// Lets `stop` end the waits for the readers of both streams.
pub(super) fn watch(stop: Stop) {
    // There is one run in a process.
    let _ = STOP.set(stop);
}

/// Standard output as a file: the standard library's `Stdout` reports success if standard output is closed.
///
/// The descriptor stays open, because later there may be none left for it.
pub(super) fn stdout() -> io::Result<Stdout> {
    static FILE: OnceLock<File> = OnceLock::new();
    if let Some(file) = FILE.get() {
        return Ok(Stdout(file));
    }
    let descriptor = io::stdout().as_fd().try_clone_to_owned()?;
    Ok(Stdout(FILE.get_or_init(|| descriptor.into())))
}

/// Standard output.
pub(super) struct Stdout(&'static File);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(self.0, self.0.as_fd(), bytes, PATIENCE)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a line to standard error. An error cannot be reported anywhere.
pub(super) fn tell(words: fmt::Arguments<'_>) {
    let _ = Stderr.write_all(format!("{words}\n").as_bytes());
}

/// Standard error.
pub(super) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// Its reader has paused for too long: no further line waits for it.
        static IS_STUCK: AtomicBool = AtomicBool::new(false);
        let stderr = io::stderr();
        let patience = if IS_STUCK.load(Ordering::Relaxed) { Duration::ZERO } else { PATIENCE };
        let written = write(stderr.lock(), stderr.as_fd(), bytes, patience);
        if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            IS_STUCK.store(true, Ordering::Relaxed);
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes some bytes as soon as the reader is ready.
fn write(
    mut stream: impl Write,
    descriptor: BorrowedFd<'_>,
    bytes: &[u8],
    patience: Duration,
) -> io::Result<usize> {
    if bytes.is_empty() {
        return stream.write(bytes);
    }
    let free = Stop::default();
    loop {
        transport::until_writable(descriptor, STOP.get().unwrap_or(&free), patience)?;
        match stream.write(&bytes[..bytes.len().min(READY)]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return written,
        }
    }
}
