//! The command `amqp-messenger`.
//!
//! This is C's `main`, not Rust's: Rust's runtime opens `/dev/null` for each closed standard stream.
//! It aborts if there is no `/dev/null`, as in an empty root; otherwise the results of a run with a closed
//! standard output would silently vanish.

#![no_main]
// Three calls to the system before anything else runs; the rest of the command is in the library.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, OsStr, c_char, c_int},
    os::unix::ffi::OsStrExt,
};

/// Called by the C runtime.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, words: *const *const c_char) -> c_int {
    hold_standard_streams();
    // A reader or a broker that hangs up, and a file that may not grow, are errors of the write, not the end of the
    // process.
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: the program has set no handler, and no other thread exists yet.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    let word = |index| {
        // SAFETY: C gives that many strings, each ended by a NUL, which stay as they are.
        let word = unsafe { CStr::from_ptr(*words.add(index)) };
        OsStr::from_bytes(word.to_bytes())
    };
    amqp_messenger::cli::run(&mut (0..usize::try_from(count).unwrap_or(0)).map(word)).into()
}

/// Replaces each closed standard stream by a descriptor that can be neither read nor written.
///
/// Otherwise the next file or socket to be opened would become standard output, and get the results.
/// The root folder exists on every host.
fn hold_standard_streams() {
    for stream in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: a plain query of a number that need not be open, and a constant path. The new
        // descriptor is the lowest free number, which is `stream`; nothing else refers to it.
        unsafe {
            if libc::fcntl(stream, libc::F_GETFD) == -1
                && libc::open(c"/".as_ptr(), libc::O_PATH) != stream
            {
                // 74: a file cannot be read or written. No message can be printed.
                libc::_exit(74);
            }
        }
    }
}
