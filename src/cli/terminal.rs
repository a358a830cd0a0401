//! Terminals.

use std::{
    fs::File,
    io::IsTerminal,
    os::{
        fd::{AsRawFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
};

/// The terminal that a stream is, opened once more so that it never blocks: it may be ready for some bytes, and block for
/// the others. The setting of the stream itself is shared with other processes.
pub(super) fn open(stream: BorrowedFd<'_>) -> Option<File> {
    let open = || {
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
        File::options().write(true).custom_flags(flags).open(path).ok()
    };
    stream.is_terminal().then(open).flatten()
}
