//! Ends the process if the deadline passes while its files are read.
//!
//! An open of a FIFO without a writer blocks, and so do many reads, in whatever library they are. At that time nothing has
//! been received that would be lost.
// A timer and its handler are beneath what safe Rust can say.
#![allow(unsafe_code)]

use std::{
    io,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
    time::Duration,
};

use crate::Error;

/// What the handler prints, and the exit status; null if there is no deadline, or it is watched otherwise.
static LAST_WORDS: AtomicPtr<(String, u8)> = AtomicPtr::new(ptr::null_mut());

/// The longest time; the system cannot hold all.
const LONGEST: u64 = 1 << 32;

/// The deadline while files are read, until it is dropped.
pub(super) struct Alarm {
    timer: libc::timer_t,
    tool: String,
    after: Duration,
    status: u8,
}

impl Alarm {
    /// Ends the process with `status` after this time. Nothing, if the system refuses a timer: files seldom block.
    pub(super) fn set(tool: &str, after: Duration, status: u8) -> Option<Self> {
        let alarm = Self { timer: timer().ok()?, tool: tool.into(), after, status };
        alarm.reading("a file of the configuration");
        alarm.start().ok()?;
        Some(alarm)
    }

    fn start(&self) -> io::Result<()> {
        let time = self.after.max(Duration::from_nanos(1));
        let mut value = MaybeUninit::<libc::itimerspec>::zeroed();
        // SAFETY: zeros are a valid structure; the timer exists until `self` is dropped.
        unsafe {
            let value = value.assume_init_mut();
            value.it_value.tv_sec = time.as_secs().min(LONGEST) as libc::time_t;
            value.it_value.tv_nsec = time.subsec_nanos() as libc::c_long;
            succeeded(libc::timer_settime(self.timer, 0, value, ptr::null_mut()))
        }
    }

    /// Notes what is read now; the words are printed as they are.
    pub(super) fn reading(&self, what: &str) {
        let (tool, error) = (&self.tool, Error::Deadline { after: self.after });
        let words = format!("{tool}: {error} while {what} was read\n");
        replace(Box::into_raw(Box::new((words, self.status))));
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        replace(ptr::null_mut());
        // SAFETY: the timer was created, and is deleted once. A handler that still runs finds no words, and returns.
        unsafe { libc::timer_delete(self.timer) };
    }
}

/// A timer that is not started, and whose signal is handled.
fn timer() -> io::Result<libc::timer_t> {
    let signal = libc::SIGRTMIN();
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    let mut event = MaybeUninit::<libc::sigevent>::zeroed();
    let mut timer = MaybeUninit::<libc::timer_t>::zeroed();
    // SAFETY: zeros are valid in all of these; the timer is used only if it was made. The handler calls only what is safe
    // in a handler.
    unsafe {
        action.assume_init_mut().sa_sigaction = passed as *const () as libc::sighandler_t;
        succeeded(libc::sigaction(signal, action.as_ptr(), ptr::null_mut()))?;
        succeeded(libc::sigaddset(mask.as_mut_ptr(), signal))?;
        succeeded(libc::sigprocmask(libc::SIG_UNBLOCK, mask.as_ptr(), ptr::null_mut()))?;
        event.assume_init_mut().sigev_notify = libc::SIGEV_SIGNAL;
        event.assume_init_mut().sigev_signo = signal;
        succeeded(libc::timer_create(
            libc::CLOCK_MONOTONIC,
            event.as_mut_ptr(),
            timer.as_mut_ptr(),
        ))?;
        Ok(timer.assume_init())
    }
}

fn succeeded(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn replace(words: *mut (String, u8)) {
    let old = LAST_WORDS.swap(words, Ordering::SeqCst);
    if !old.is_null() {
        // SAFETY: it was made by `reading`, and is reachable no more. A handler that has it does not return.
        drop(unsafe { Box::from_raw(old) });
    }
}

/// The handler.
extern "C" fn passed(_signal: libc::c_int) {
    // SAFETY: it is null or was made by `reading`, and only this thread frees it, which the handler has interrupted.
    let Some((words, status)) = (unsafe { LAST_WORDS.load(Ordering::SeqCst).as_ref() }) else {
        return;
    };
    let mut stderr = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: these may be called in a handler; the words are as long as said. Nothing runs after _exit(2).
    unsafe {
        // A standard error whose reader does not read must not block it.
        if libc::poll(&raw mut stderr, 1, 0) > 0 {
            libc::write(libc::STDERR_FILENO, words.as_ptr().cast(), words.len());
        }
        libc::_exit((*status).into())
    }
}
