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
    /// Ends the process with `status` after this time.
    ///
    /// # Errors
    /// An error of the operating system.
    pub(super) fn set(tool: &str, after: Duration, status: u8) -> io::Result<Self> {
        let signal = libc::SIGRTMIN();
        let mut timer = MaybeUninit::<libc::timer_t>::zeroed();
        // SAFETY: each call gets structures of its own that are valid as zeros, and the timer's number is used only if
        // there is one. The handler calls only what is safe in a handler.
        let timer = unsafe {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            action.sa_sigaction = passed as *const () as libc::sighandler_t;
            let mut mask = MaybeUninit::<libc::sigset_t>::zeroed().assume_init();
            libc::sigaddset(&raw mut mask, signal);
            let mut event = MaybeUninit::<libc::sigevent>::zeroed().assume_init();
            event.sigev_notify = libc::SIGEV_SIGNAL;
            event.sigev_signo = signal;
            if libc::sigaction(signal, &raw const action, ptr::null_mut()) != 0
                || libc::sigprocmask(libc::SIG_UNBLOCK, &raw const mask, ptr::null_mut()) != 0
                || libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, timer.as_mut_ptr())
                    != 0
            {
                return Err(io::Error::last_os_error());
            }
            timer.assume_init()
        };
        let alarm = Self { timer, tool: tool.into(), after, status };
        alarm.reading("a file of the configuration");
        let time = after.max(Duration::from_nanos(1));
        // SAFETY: as above.
        unsafe {
            let mut value = MaybeUninit::<libc::itimerspec>::zeroed().assume_init();
            value.it_value.tv_sec = time.as_secs().min(LONGEST) as libc::time_t;
            value.it_value.tv_nsec = time.subsec_nanos().into();
            if libc::timer_settime(timer, 0, &raw const value, ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(alarm)
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
