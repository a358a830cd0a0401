//! The lock of a state file.
// The standard library can lock a file from Rust 1.89 on.
#![allow(unsafe_code)]

use std::{fs::File, io, os::fd::AsRawFd};

/// Locks a file until it is closed, by this process or by its end; returns whether no other process has the lock.
///
/// # Errors
/// The operating system's, such as that of a file system without locks.
pub(super) fn lock(file: &File) -> io::Result<bool> {
    // SAFETY: flock(2) takes any descriptor, and this one is open as long as `file` is.
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    if error.kind() == io::ErrorKind::WouldBlock { Ok(false) } else { Err(error) }
}
