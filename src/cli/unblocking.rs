//! A terminal or pipe, opened once more so that it never blocks: it may be ready for some bytes, and block for the others.
//! The setting of the stream itself is shared with other processes.

use std::{
    fs::File,
    io::{IsTerminal, Write},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
};

/// The terminal that a stream is.
pub(super) fn terminal(stream: BorrowedFd<'_>) -> Option<File> {
    if stream.is_terminal() { open(stream) } else { None }
}

/// The pipe that a stream writes to; `None` if it cannot be opened: another user made it, or it has no reader.
pub(super) fn pipe(mut stream: &File) -> Option<File> {
    // The end that is read could be opened for writing, too.
    let is_written = stream.write(&[]).is_ok();
    if is_written { open(stream.as_fd()) } else { None }
}

fn open(stream: BorrowedFd<'_>) -> Option<File> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
    File::options().write(true).custom_flags(flags).open(path).ok()
}
