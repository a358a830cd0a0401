//! The C interface. `include/amqp_messenger.h` is made from this crate by `make header`.
//!
//! Each function checks its arguments and calls the public Rust interface. The types have the names
//! that C sees. Every `unsafe` here relies on the header's rules for callers: a pointer is NULL or points to
//! its type, a handle is from this library and is not freed yet, and no other thread uses it if it is not
//! `const`.
#![allow(unsafe_code, non_camel_case_types)]
// The header states these rules once for all functions.
#![allow(clippy::missing_safety_doc)]

// In the order in which the header declares their functions.
pub mod log;

pub mod interrupt;

pub mod settings;

pub mod keyring;

pub mod signer;

pub mod operation;

pub mod observer;

pub mod run;

pub mod item;

use std::{
    any::Any,
    cell::RefCell,
    error::Error as _,
    ffi::{CStr, CString, c_char, c_int},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use amqp_messenger::{Error, Status};

/// The statuses that functions return; they are the exit statuses of the command.
#[repr(C)]
pub enum amqp_messenger_status {
    /// Done; of a run: everything asked for is signed.
    AMQP_MESSENGER_OK = 0,
    /// The signing server refused at least one item.
    AMQP_MESSENGER_REFUSED = 1,
    /// An argument or the operation is wrong; nothing was sent.
    AMQP_MESSENGER_USAGE = 2,
    /// A reply names a request, but has neither a signed value nor an error, or its value cannot be used or is not verified.
    AMQP_MESSENGER_BAD_REPLY = 65,
    /// An input file is missing or unreadable.
    AMQP_MESSENGER_NO_INPUT = 66,
    /// No connection could be opened to any broker.
    AMQP_MESSENGER_UNREACHABLE = 69,
    /// A defect of this library. The handles of the call may only be freed.
    AMQP_MESSENGER_INTERNAL = 70,
    /// The state file cannot be read or written, or the operating system refuses what the process needs, such as a file
    /// descriptor.
    AMQP_MESSENGER_LOCAL_FILE = 74,
    /// Some requests stayed unanswered or undelivered, or another process or run uses the state file.
    AMQP_MESSENGER_UNANSWERED = 75,
    /// TLS failed, or the broker refused the client: certificate, authorisation, address.
    AMQP_MESSENGER_NOT_PERMITTED = 77,
    /// The configuration, a certificate file or the state file is wrong.
    AMQP_MESSENGER_CONFIG = 78,
    /// The deadline of the whole run has passed.
    AMQP_MESSENGER_DEADLINE = 124,
    /// The interrupt was raised.
    AMQP_MESSENGER_INTERRUPTED = 130,
}

/// Returns the version of this library, such as "0.1.0". The string is valid forever.
#[unsafe(no_mangle)]
pub extern "C" fn amqp_messenger_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Returns the reason of the last failure on this thread: one clause in UTF-8, without a line end.
///
/// Never NULL; empty if no call has failed. The string is valid until the next call of this library on this
/// thread, or until the thread ends. Calls that succeed do not change the text.
#[unsafe(no_mangle)]
pub extern "C" fn amqp_messenger_last_error() -> *const c_char {
    LAST_ERROR.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// The promises of the header about threads.
const _: () = {
    const fn any_thread_may_use<T: Send + Sync>() {}
    any_thread_may_use::<settings::amqp_messenger_settings>();
    any_thread_may_use::<signer::amqp_messenger_signer>();
    any_thread_may_use::<operation::amqp_messenger_operation>();
    any_thread_may_use::<run::amqp_messenger_run>();
    any_thread_may_use::<interrupt::amqp_messenger_interrupt>();
};

/// Why a call failed.
struct Failure {
    status: u8,
    text: String,
}

impl Failure {
    fn usage(name: &str, problem: &str) -> Self {
        Self { status: Status::Usage.code(), text: format!("{name}: {problem}") }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { status: Status::of_error(&error).code(), text: with_sources(&error) }
    }
}

/// The whole chain of reasons in one clause.
fn with_sources(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

/// Runs the body of a function that C calls: a failure becomes the last error, a panic ends here.
fn attempt<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, u8> {
    // A panic may leave objects half changed; they are behind handles, which the header then declares unusable.
    let done = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let status = amqp_messenger_status::AMQP_MESSENGER_INTERNAL as u8;
        Err(Failure { status, text: format!("a defect of this library: {}", words(&*panic)) })
    });
    done.map_err(|failure| {
        let text = c_line(&failure.text);
        // If the thread is ending, nothing can read it.
        let _ = LAST_ERROR.try_with(|last| *last.borrow_mut() = text);
        failure.status
    })
}

/// As [`attempt`], for functions that return a status.
fn status(body: impl FnOnce() -> Result<(), Failure>) -> c_int {
    attempt(body).map_or_else(c_int::from, |()| 0)
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

/// A text for C on one line: a path or a panic's message may contain control characters.
fn c_line(text: &str) -> CString {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    c_string(&line)
}

/// A text for C. A NUL in it would cut it off; neither the library's texts nor base64 have one.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

/// The target of a pointer that must not be NULL.
unsafe fn borrow<'a, T>(name: &str, pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: NULL or valid, as the header requires.
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::usage(name, "is NULL"))
}

/// As [`borrow`], for a target that is changed.
unsafe fn borrow_mut<'a, T>(name: &str, pointer: *mut T) -> Result<&'a mut T, Failure> {
    // SAFETY: NULL or valid, and not used elsewhere meanwhile, as the header requires.
    unsafe { pointer.as_mut() }.ok_or_else(|| Failure::usage(name, "is NULL"))
}

/// A string that may be NULL, as its bytes.
unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: if it is not NULL it ends with a NUL, as the header requires.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A string that may be NULL.
unsafe fn optional_string(name: &str, text: *const c_char) -> Result<Option<String>, Failure> {
    // SAFETY: as in `bytes`.
    let bytes = unsafe { bytes(text) }.map(<[u8]>::to_vec);
    bytes.map(String::from_utf8).transpose().map_err(|_| Failure::usage(name, "is not UTF-8"))
}

/// A string that must not be NULL.
unsafe fn string(name: &str, text: *const c_char) -> Result<String, Failure> {
    // SAFETY: as in `bytes`.
    unsafe { optional_string(name, text) }?.ok_or_else(|| Failure::usage(name, "is NULL"))
}

/// Hands a new object over to C; NULL if it cannot be made.
unsafe fn hand_over<T>(
    out: *mut *mut T,
    make: impl FnOnce() -> Result<T, Failure>,
) -> Result<(), Failure> {
    // SAFETY: as in `borrow_mut`.
    let out = unsafe { borrow_mut("out", out) }?;
    *out = ptr::null_mut();
    *out = Box::into_raw(Box::new(make()?));
    Ok(())
}

/// Takes an object back from C and drops it; NULL is ignored.
unsafe fn end<T>(handle: *mut T) {
    let _ = attempt(|| {
        // SAFETY: `hand_over` made it from a box, and the header forbids freeing it twice.
        drop((!handle.is_null()).then(|| unsafe { Box::from_raw(handle) }));
        Ok(())
    });
}

#[cfg(test)]
mod tests {
    use crate::*;

    fn last_error() -> String {
        // SAFETY: the string is valid until the next call on this thread, which comes later.
        unsafe { CStr::from_ptr(amqp_messenger_last_error()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_panic_ends_here_and_is_reported() {
        assert_eq!(last_error(), "");
        assert_eq!(status(|| panic!("{} and out", "over")), 70);
        assert_eq!(last_error(), "a defect of this library: over and out");
        assert_eq!(status(|| Ok(())), 0);
        assert_eq!(last_error(), "a defect of this library: over and out");
    }

    /// A secret in place of any value, or of a configuration file's path.
    #[test]
    fn the_last_error_holds_no_secret() {
        let text = |text: &str| CString::new(text).unwrap();
        let keys = include_str!("../../config.example.yaml").lines().filter_map(|line| {
            let (key, _) = line.trim_start_matches([' ', '#']).split_once(": ")?;
            key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then_some(key)
        });
        for key in keys {
            for value in [
                "-----BEGIN PRIVATE KEY-----\nMaRk",
                "Endpoint=sb://h/;SharedAccessKey=MaRk",
                "amqps://me:MaRk@h",
            ] {
                let (key, value) = (text(key), text(value));
                let (mut settings, mut signer) = (ptr::null_mut(), ptr::null_mut());
                // SAFETY: the strings and the settings live until the end of this block.
                unsafe {
                    settings::amqp_messenger_settings_new(0, &raw mut settings);
                    let (key, value) = (key.as_ptr(), value.as_ptr());
                    settings::amqp_messenger_settings_set(settings, key, value);
                    signer::amqp_messenger_signer_new_with_settings(
                        settings,
                        ptr::null(),
                        &raw mut signer,
                    );
                    settings::amqp_messenger_settings_free(settings);
                    let problem = last_error();
                    assert!(!problem.contains("MaRk") && !problem.is_empty(), "{problem}");
                    signer::amqp_messenger_signer_new(value, 0, ptr::null(), &raw mut signer);
                }
                let problem = last_error();
                assert!(!problem.contains("MaRk") && !problem.is_empty(), "{problem}");
            }
        }
    }

    #[test]
    fn a_nul_does_not_cut_a_text_off() {
        assert_eq!(c_string("a\0b").to_str().unwrap(), "a\u{fffd}b");
    }
}
