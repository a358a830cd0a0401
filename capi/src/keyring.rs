//! OpenPGP certificates, by which signed values are verified.

use std::{
    ffi::{OsStr, c_char, c_int},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use amqp_messenger::Keyring;

use crate::{Failure, bytes, end, hand_over, status};

/// OpenPGP certificates, by which signed values are verified.
pub struct amqp_messenger_keyring(pub(super) Keyring);

/// Reads OpenPGP certificates: a file of them, armored or binary, or a folder of such files. Free the keyring with
/// amqp_messenger_keyring_free.
///
/// Returns AMQP_MESSENGER_CONFIG if it cannot be read, or has no certificate, or one that is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_keyring_load(
    path: *const c_char,
    out: *mut *mut amqp_messenger_keyring,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || {
            let path = bytes(path).ok_or_else(|| Failure::usage("path", "is NULL"))?;
            let path = Path::new(OsStr::from_bytes(path));
            Ok(amqp_messenger_keyring(Keyring::load([path])?))
        })
    })
}

/// Frees a keyring; NULL is ignored. Signers that were given it do not need it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_keyring_free(keyring: *mut amqp_messenger_keyring) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(keyring) }
}
