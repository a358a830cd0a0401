//! The standard streams as files whose writes wait.
//!
//! A pipe or terminal may be non-blocking, if another process that shares it has made it so. A write that would wait
//! then fails, and its data would be lost.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
};

use crate::transport;

/// Standard output as a file: the standard library's `Stdout` reports success if standard output is closed.
pub(super) fn stdout() -> io::Result<Waiting> {
    io::stdout().as_fd().try_clone_to_owned().map(|descriptor| Waiting(descriptor.into()))
}

/// Writes a line to standard error. An error cannot be reported anywhere.
pub(super) fn tell(words: fmt::Arguments<'_>) {
    let stderr = io::stderr().as_fd().try_clone_to_owned();
    let _ = stderr.and_then(|descriptor| {
        Waiting(descriptor.into()).write_all(format!("{words}\n").as_bytes())
    });
}

/// A file whose writes wait until its reader is ready.
pub(super) struct Waiting(File);

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    transport::until_writable(self.0.as_fd())?
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
