//! Leaks that are known and bounded.

use std::ffi::{CStr, c_char};

/// Proton leaks the chosen mechanism when a peer offers mechanisms again: some bytes for each such frame. The client
/// limits how much a peer may send before its Open, and so the number of these frames.
const KNOWN: &CStr = c"leak:pnx_sasl_set_selected_mechanism\n";

/// Called by LeakSanitizer.
// SAFETY: the name is the sanitizer's, and so is the type.
#[expect(unsafe_code, reason = "the sanitizer finds it by its name")]
#[unsafe(no_mangle)]
extern "C" fn __lsan_default_suppressions() -> *const c_char {
    KNOWN.as_ptr()
}
