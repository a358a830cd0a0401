//! Leaks that are known and bounded.

use std::ffi::{CStr, c_char};

/// Proton forgets the mechanism that was chosen before when a peer offers mechanisms again: some bytes for each
/// such frame. The client bounds what a peer may send before its Open, and so how often.
const KNOWN: &CStr = c"leak:pnx_sasl_set_selected_mechanism\n";

/// Asked for by LeakSanitizer.
// SAFETY: the name is the sanitizer's, and so is the type.
#[expect(unsafe_code, reason = "the sanitizer finds it by its name")]
#[unsafe(no_mangle)]
extern "C" fn __lsan_default_suppressions() -> *const c_char {
    KNOWN.as_ptr()
}
