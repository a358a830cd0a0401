//! The signals that end a run: the first ends the wait, and a second one, some time later, the process.
// A handler is set and runs beneath what safe Rust can say.
#![allow(unsafe_code)]

use std::{
    io,
    mem::MaybeUninit,
    os::fd::IntoRawFd,
    ptr,
    sync::atomic::{AtomicI32, AtomicU8, AtomicU64, Ordering},
};

use crate::Interrupt;

use super::streams::PATIENCE;

/// The signals, each with the exit status of a run that it ends. SIGALRM and SIGXCPU are those of timers and of the limit
/// of processor time, whose default is to end the process.
pub(super) const SIGNALS: [(i32, u8); 5] = [
    (libc::SIGHUP, 129),
    (libc::SIGINT, 130),
    (libc::SIGALRM, 142),
    (libc::SIGTERM, 143),
    (libc::SIGXCPU, 152),
];

/// When the first signal came, in milliseconds of a clock that never goes back; 0 if none has.
static FIRST: AtomicU64 = AtomicU64::new(0);
/// The exit status of the first signal.
static STATUS: AtomicU8 = AtomicU8::new(0);
/// The descriptor that raises the interrupt.
static INTERRUPT: AtomicI32 = AtomicI32::new(-1);

/// Makes the signals raise `interrupt`, except for those that the caller ignores: nohup(1) does that with SIGHUP, and a
/// shell with SIGINT for the commands that a script starts in the background.
///
/// # Errors
/// An error of the operating system.
pub(super) fn install(interrupt: &Interrupt) -> io::Result<()> {
    // The handlers stay for the rest of the process, and so does their descriptor.
    INTERRUPT.store(interrupt.writer()?.into_raw_fd(), Ordering::SeqCst);
    for (signal, _) in SIGNALS {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: sigaction(2) fills in the whole structure, and zeros are a valid one. The handler calls only what is
        // safe in a handler; the mask keeps the handlers from interrupting each other.
        unsafe {
            if libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            let mut action = action.assume_init();
            if action.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            action.sa_sigaction = caught as *const () as libc::sighandler_t;
            // Without SA_RESTART, so that a write that blocks returns.
            action.sa_flags = 0;
            libc::sigfillset(&raw mut action.sa_mask);
            if libc::sigaction(signal, &raw const action, ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

/// The exit status of the signal that was received first.
pub(super) fn status() -> Option<u8> {
    Some(STATUS.load(Ordering::SeqCst)).filter(|&status| status > 0)
}

/// The handler. Signals often come together: a service manager sends several, a wrapper forwards one that its group gets
/// as well. Only one that comes later shows that the first was not enough.
extern "C" fn caught(signal: libc::c_int) {
    let status =
        SIGNALS.iter().find(|(known, _)| *known == signal).map_or(u8::MAX, |(_, status)| *status);
    let now = milliseconds();
    match FIRST.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => {
            STATUS.store(status, Ordering::SeqCst);
            raise();
        }
        Err(first) if now.saturating_sub(first) >= PATIENCE.as_millis() as u64 => {
            // SAFETY: _exit(2) may be called in a handler; nothing runs after it.
            unsafe { libc::_exit(status.into()) }
        }
        Err(_) => {}
    }
}

fn raise() {
    // SAFETY: write(2) may be called in a handler, the descriptor stays open, and errno belongs to the thread that was
    // interrupted, which gets its value back.
    unsafe {
        let errno = *libc::__errno_location();
        libc::write(INTERRUPT.load(Ordering::SeqCst), [1_u8].as_ptr().cast(), 1);
        *libc::__errno_location() = errno;
    }
}

/// The time on a clock that never goes back, and is never 0.
fn milliseconds() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: clock_gettime(2) may be called in a handler, and fills in the structure; if it failed, zeros are valid.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr());
        time.assume_init()
    };
    (time.tv_sec as u64).saturating_mul(1000) + time.tv_nsec as u64 / 1_000_000 + 1
}
