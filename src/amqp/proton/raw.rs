//! Copies out of Proton's memory, whose lifetimes end with the next call.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, c_char},
    slice,
};

use proton_sys::*;

use crate::error::Condition;

/// Copies a condition; all of its parts may be missing.
///
/// # Safety
/// `raw` is null or a live condition.
pub(super) unsafe fn condition(raw: *mut pn_condition_t) -> Condition {
    // SAFETY: by the caller; the strings live as long as the condition is unchanged, and are copied.
    unsafe {
        if raw.is_null() || !pn_condition_is_set(raw) {
            return Condition::new("", "");
        }
        Condition::new(&text(pn_condition_get_name(raw)), &text(pn_condition_get_description(raw)))
    }
}

/// # Safety
/// `raw` is null or a NUL-terminated string.
unsafe fn text(raw: *const c_char) -> String {
    if raw.is_null() {
        return String::new();
    }
    // SAFETY: by the caller.
    unsafe { CStr::from_ptr(raw).to_string_lossy().into_owned() }
}

/// # Safety
/// `raw` is empty or names live bytes, for as long as the result is used.
pub(super) unsafe fn bytes<'a>(raw: pn_bytes_t) -> &'a [u8] {
    if raw.size == 0 || raw.start.is_null() {
        return &[];
    }
    // SAFETY: by the caller.
    unsafe { slice::from_raw_parts(raw.start.cast(), raw.size) }
}
