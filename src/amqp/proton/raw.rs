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
        let (name, description) = (pn_condition_get_name(raw), pn_condition_get_description(raw));
        Condition::new(&text(name), &text(description)).with_info(&entries(pn_condition_info(raw)))
    }
}

/// More entries of a condition's map than this are left out.
const MOST_ENTRIES: usize = 20;

/// Copies the entries of a map whose values have simple types; others, such as a delivery tag, say nothing to a reader.
///
/// # Safety
/// `data` is null or live.
pub(super) unsafe fn entries(data: *mut pn_data_t) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    // SAFETY: by the caller; the data is only read, and texts are copied.
    unsafe {
        if data.is_null() {
            return entries;
        }
        pn_data_rewind(data);
        if pn_data_next(data) && pn_data_type(data) == PN_MAP && pn_data_enter(data) {
            while entries.len() < MOST_ENTRIES && pn_data_next(data) {
                let key = simple(data);
                if !pn_data_next(data) {
                    break;
                }
                entries.extend(key.zip(simple(data)));
            }
        }
    }
    entries
}

/// # Safety
/// `data` is live, and at a value.
unsafe fn simple(data: *mut pn_data_t) -> Option<String> {
    // SAFETY: by the caller; each getter is that of the value's type.
    Some(unsafe {
        match pn_data_type(data) {
            PN_SYMBOL => String::from_utf8_lossy(bytes(pn_data_get_symbol(data))).into_owned(),
            PN_STRING => String::from_utf8_lossy(bytes(pn_data_get_string(data))).into_owned(),
            PN_BOOL => pn_data_get_bool(data).to_string(),
            PN_USHORT => pn_data_get_ushort(data).to_string(),
            PN_UINT => pn_data_get_uint(data).to_string(),
            PN_INT => pn_data_get_int(data).to_string(),
            PN_ULONG => pn_data_get_ulong(data).to_string(),
            PN_LONG => pn_data_get_long(data).to_string(),
            _ => return None,
        }
    })
}

/// # Safety
/// `raw` is null or a NUL-terminated string.
pub(super) unsafe fn text(raw: *const c_char) -> String {
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
