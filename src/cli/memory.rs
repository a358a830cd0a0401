//! How memory comes from the system and goes back: settings of GNU's C library, of which others know nothing.
#![cfg_attr(target_env = "gnu", allow(unsafe_code))]

/// Keeps each large block of memory in a mapping of its own: one that grows is not copied, and one that is freed goes back
/// to the system. By itself the C library would end that once it has freed a large block. What is between small blocks stays,
/// and more comes a megabyte at a time: 128 KiB at a time, as by itself, takes a hundredth more time in a large operation.
pub(super) fn set_up() {
    #[cfg(target_env = "gnu")]
    // SAFETY: these are only numbers.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        libc::mallopt(libc::M_TOP_PAD, MORE);
    }
}

/// From this size on a block is large.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 1 << 20;

/// How much may be free at the end of what small blocks are in.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 64 << 20;

/// How much is added there at once.
#[cfg(target_env = "gnu")]
const MORE: libc::c_int = 1 << 20;
