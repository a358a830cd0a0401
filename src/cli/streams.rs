//! The standard streams as files whose writes wait, but not forever.
//!
//! A pipe or terminal may be non-blocking, if another process that shares it has made it so. A write that would wait
//! then fails, and its data would be lost. If it blocks, a reader that does not read would keep the process.

use std::{
    fmt,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileTypeExt, MetadataExt},
    },
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{bar, unblocking};
use crate::{stop::Stop, transport};

/// How long a reader may pause once a signal or the deadline is to end the run, and after which time a second signal
/// ends the process.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes that a pipe accepts without blocking once it is ready for any.
const READY: usize = libc::PIPE_BUF;

/// How long printing may take in all after that.
const LONGEST: Duration = Duration::from_secs(30);

/// The time until a write is tried again that failed although the reader seemed ready.
const PAUSE: Duration = Duration::from_millis(10);

/// What is to end the run.
static STOP: OnceLock<Stop> = OnceLock::new();

/// Lets `stop` end the waits for the readers of both streams.
pub(super) fn watch(stop: Stop) {
    // There is one run in a process. Nothing is drawn in the middle of a line.
    let _ = STOP.set(Stop { pulse: None, ..stop });
}

/// Standard output as a file: the standard library's `Stdout` reports success if standard output is closed.
///
/// The descriptor stays open, because later there may be none left for it.
pub(super) fn stdout() -> io::Result<Stdout> {
    static STDOUT: OnceLock<(File, Kind)> = OnceLock::new();
    if let Some((file, kind)) = STDOUT.get() {
        return Ok(Stdout(file, *kind));
    }
    let shared: File = io::stdout().as_fd().try_clone_to_owned()?.into();
    let opened = match Kind::of(&shared) {
        Kind::Terminal => (unblocking::terminal(shared.as_fd()).unwrap_or(shared), Kind::Terminal),
        Kind::Pipe => match unblocking::pipe(&shared) {
            Some(pipe) => (pipe, Kind::Pipe),
            None => (shared, Kind::Other),
        },
        kind => (shared, kind),
    };
    let (file, kind) = STDOUT.get_or_init(|| opened);
    Ok(Stdout(file, *kind))
}

/// Standard output.
pub(super) struct Stdout(&'static File, Kind);

/// What standard output is.
#[derive(Clone, Copy)]
enum Kind {
    Terminal,
    /// It never waits for a reader.
    File,
    /// It accepts as much as it has room for.
    Pipe,
    Other,
}

impl Kind {
    fn of(file: &File) -> Self {
        let Ok(metadata) = file.metadata() else { return Self::Other };
        let kind = metadata.file_type();
        let is_null = || fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev());
        if kind.is_file() || kind.is_char_device() && is_null() {
            Self::File
        } else if kind.is_fifo() {
            Self::Pipe
        } else if file.is_terminal() {
            Self::Terminal
        } else {
            Self::Other
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.0;
        let ready = |part: &[u8]| write(file, file.as_fd(), part, patience);
        match self.1 {
            Kind::File => file.write(bytes),
            Kind::Terminal if !bytes.is_empty() => {
                whole(bytes, |part| ready(start(part))).map(|()| bytes.len())
            }
            Kind::Pipe => ready(bytes),
            Kind::Terminal | Kind::Other => ready(start(bytes)),
        }
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
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        whole(bytes, |part| self.write(part))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// Its reader has paused for too long: no further line waits for it.
        static IS_STUCK: AtomicBool = AtomicBool::new(false);
        static TERMINAL: OnceLock<Option<File>> = OnceLock::new();
        let stderr = io::stderr();
        let patience =
            || if IS_STUCK.load(Ordering::Relaxed) { Duration::ZERO } else { patience() };
        let bytes = start(bytes);
        let written = match TERMINAL.get_or_init(|| unblocking::terminal(stderr.as_fd())) {
            Some(file) => write(file, file.as_fd(), bytes, patience),
            None => write(stderr.lock(), stderr.as_fd(), bytes, patience),
        };
        if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            IS_STUCK.store(true, Ordering::Relaxed);
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all bytes while the bar is hidden: on a terminal it would tear them.
fn whole(bytes: &[u8], mut write: impl FnMut(&[u8]) -> io::Result<usize>) -> io::Result<()> {
    bar::aside(|first| {
        for mut bytes in [first, bytes] {
            while !bytes.is_empty() {
                match write(bytes)? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    count => bytes = &bytes[count..],
                }
            }
        }
        Ok(())
    })
}

/// How long the reader may pause now, once the run is to end.
fn patience() -> Duration {
    static SINCE: OnceLock<Instant> = OnceLock::new();
    let now = transport::now();
    left(now.duration_since(*SINCE.get_or_init(|| now)))
}

/// The same, if the run was to end so long ago.
fn left(since: Duration) -> Duration {
    LONGEST.saturating_sub(since).min(PATIENCE)
}

/// As much as is written at once to what may block.
fn start(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(READY)]
}

/// Writes some bytes as soon as the reader is ready.
fn write(
    mut stream: impl Write,
    descriptor: BorrowedFd<'_>,
    bytes: &[u8],
    patience: impl Fn() -> Duration,
) -> io::Result<usize> {
    if bytes.is_empty() {
        return stream.write(bytes);
    }
    let free = Stop::default();
    let stop = STOP.get().unwrap_or(&free);
    let mut paused = Duration::ZERO;
    loop {
        let ready = transport::until_writable(descriptor, stop, &patience);
        if ready.as_ref().is_ok_and(|is_ready| !is_ready) || paused > PATIENCE {
            let problem = "its reader stopped reading, and the run was to end";
            return Err(io::Error::new(io::ErrorKind::TimedOut, problem));
        }
        match stream.write(bytes) {
            // A terminal may be ready for one byte, when a line break needs two.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ready?;
                if transport::pause(PAUSE, stop) {
                    paused += PAUSE;
                }
            }
            // If poll(2) does not work, the write is tried nevertheless.
            written => return written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_may_pause_again_and_again_but_not_forever() {
        let seconds = Duration::from_secs;
        for (since, pause) in [(0, 2), (20, 2), (28, 2), (29, 1), (30, 0), (4000, 0)] {
            assert_eq!(left(seconds(since)), seconds(pause), "{since}");
        }
    }
}
