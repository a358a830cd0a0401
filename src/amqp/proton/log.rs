//! What the engine reports by itself; otherwise it would go to standard error.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, c_char, c_int},
    panic::catch_unwind,
};

use proton_sys::*;

use crate::error::printable;

/// Sends what an engine reports by itself to the log, at level debug.
///
/// # Safety
/// `transport` is live.
pub(super) unsafe fn redirect(transport: *mut pn_transport_t) {
    // SAFETY: by the caller; the sink needs no context.
    unsafe {
        let logger = pn_transport_logger(transport);
        // The environment can make the engine report every frame, a SASL password included.
        pn_logger_reset_mask(logger, u16::MAX, u16::MAX);
        pn_logger_set_log_sink(logger, Some(sink), 0);
    }
}

/// # Safety
/// `message` is a NUL-terminated string.
unsafe extern "C" fn sink(_: isize, _: c_int, _: c_int, message: *const c_char) {
    // A panic, which only a logger of the caller's could cause, must not unwind into C.
    let _ = catch_unwind(|| {
        // SAFETY: by the caller.
        let text = unsafe { CStr::from_ptr(message) }.to_string_lossy();
        log::debug!("Proton: {}", printable(&text));
    });
}
