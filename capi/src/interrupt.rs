//! Ends a run from a signal handler or another thread.

use std::ffi::c_int;

#[cfg(target_os = "linux")]
use libc::__errno_location as errno_location;
#[cfg(not(target_os = "linux"))]
use libc::__error as errno_location;

use amqp_messenger::{Error, Interrupt};

use crate::{end, hand_over, status};

/// Ends runs from outside; once raised, it stays raised.
pub struct amqp_messenger_interrupt(pub(super) Interrupt);

/// Makes an interrupt that is not raised. It takes two file descriptors. Free it with
/// amqp_messenger_interrupt_free.
///
/// Returns AMQP_MESSENGER_LOCAL_FILE if the process has no descriptors left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_interrupt_new(
    out: *mut *mut amqp_messenger_interrupt,
) -> c_int {
    let failed = |source| Error::System { what: "make an interrupt", source };
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || Ok(amqp_messenger_interrupt(Interrupt::new().map_err(failed)?)))
    })
}

/// Raises the interrupt: amqp_messenger_sign then returns AMQP_MESSENGER_INTERRUPTED, at once if it is waiting, or
/// else as soon as it would wait.
///
/// May be called from a signal handler and from any thread, any number of times: it is one write(2), takes no lock,
/// allocates nothing and does not change errno or the last error. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_interrupt_raise(
    interrupt: *const amqp_messenger_interrupt,
) {
    // SAFETY: NULL or valid, as the header requires; errno is the calling thread's own.
    unsafe {
        if let Some(interrupt) = interrupt.as_ref() {
            let errno = errno_location();
            let before = *errno;
            interrupt.0.raise();
            *errno = before;
        }
    }
}

/// Frees an interrupt; NULL is ignored. Signers that it was set for are not affected. Nothing may raise it any more:
/// remove signal handlers first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_interrupt_free(interrupt: *mut amqp_messenger_interrupt) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(interrupt) }
}
