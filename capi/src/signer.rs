//! A signer's section of a configuration; the files that it names are read and checked.

use std::{
    ffi::{OsStr, c_char, c_int},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use amqp_messenger::{
    Error, Settings, Signer,
    config::{default_path, default_paths},
    signing::TraceContext,
};

use crate::{
    Failure, borrow, borrow_mut, bytes, end, hand_over,
    interrupt::amqp_messenger_interrupt,
    keyring::amqp_messenger_keyring,
    optional_string,
    settings::{amqp_messenger_settings, kind},
    status, string,
};

/// A configuration with its certificates and secrets, ready to sign.
pub struct amqp_messenger_signer(pub(super) Signer);

/// Loads a configuration and the certificates and secrets that it names. Connects to nothing. Free the signer with
/// amqp_messenger_signer_free.
///
/// `config_file` is the path of the file; NULL stands for the first of ~/.config/pubtools-sign/conf.yaml and
/// /etc/pubtools-sign/conf.yaml that exists. `signer_type` is one of amqp_messenger_signer_type. `requester` is the
/// name of the requester; NULL stands for the certificate's common name or else its user id.
///
/// Returns AMQP_MESSENGER_CONFIG if the configuration or a file that it names is wrong, or a requester is required.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_new(
    config_file: *const c_char,
    signer_type: c_int,
    requester: *const c_char,
    out: *mut *mut amqp_messenger_signer,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || {
            let path =
                bytes(config_file).map(|path| Path::new(OsStr::from_bytes(path)).to_path_buf());
            let path = path.map_or_else(usual_path, Ok)?;
            let requester = given(requester)?;
            let settings = Settings::load(&path, kind(signer_type)?)?;
            Ok(amqp_messenger_signer(Signer::new(settings, requester.as_deref())?))
        })
    })
}

/// As amqp_messenger_signer_new, with settings in place of a configuration file. The settings may be used for further
/// signers, changed and freed.
///
/// Returns AMQP_MESSENGER_CONFIG if the settings or a file that they name are wrong, or a requester is required.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_new_with_settings(
    settings: *const amqp_messenger_settings,
    requester: *const c_char,
    out: *mut *mut amqp_messenger_signer,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || {
            let settings = borrow("settings", settings)?;
            let requester = given(requester)?;
            Ok(amqp_messenger_signer(Signer::new(settings.checked()?, requester.as_deref())?))
        })
    })
}

/// Makes later runs of this signer end when `interrupt` is raised. It replaces an interrupt that was set before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_set_interrupt(
    signer: *mut amqp_messenger_signer,
    interrupt: *const amqp_messenger_interrupt,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let (signer, interrupt) = (borrow_mut("signer", signer)?, borrow("interrupt", interrupt)?);
        signer.0.set_interrupt(interrupt.0.clone());
        Ok(())
    })
}

/// Makes the signed values of operations that are prepared later with this signer be verified by these certificates, instead
/// of those of the key verify_keys. The key verify applies. A value counts only if it is a good signature, by the key that
/// was asked for, of exactly what was asked for; the item of one that does not count has the status
/// AMQP_MESSENGER_BAD_REPLY if nothing better comes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_set_keyring(
    signer: *mut amqp_messenger_signer,
    keyring: *const amqp_messenger_keyring,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let (signer, keyring) = (borrow_mut("signer", signer)?, borrow("keyring", keyring)?);
        signer.0.set_keyring(keyring.0.clone());
        Ok(())
    })
}

/// Makes the requests of operations that are prepared later with this signer belong to a trace (W3C Trace Context, level 1):
/// each carries the trace's id, and a span of its own, in the application property traceparent. It replaces a trace that
/// was set before.
///
/// `traceparent` is such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01. `tracestate` is passed on as it is; NULL
/// stands for none. Returns AMQP_MESSENGER_USAGE if one is malformed; then nothing is changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_set_trace(
    signer: *mut amqp_messenger_signer,
    traceparent: *const c_char,
    tracestate: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let signer = borrow_mut("signer", signer)?;
        let trace = TraceContext::new(&string("traceparent", traceparent)?)?;
        let state = optional_string("tracestate", tracestate)?.unwrap_or_default();
        signer.0.set_trace(trace.with_state(&state)?);
        Ok(())
    })
}

/// Frees a signer; NULL is ignored. Runs that were made with it may still be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_free(signer: *mut amqp_messenger_signer) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(signer) }
}

/// The requester; an empty name is none.
unsafe fn given(requester: *const c_char) -> Result<Option<String>, Failure> {
    // SAFETY: as in `optional_string`.
    Ok(unsafe { optional_string("requester", requester) }?.filter(|name| !name.is_empty()))
}

fn usual_path() -> Result<PathBuf, Error> {
    default_path().ok_or_else(|| {
        let usual = default_paths();
        let paths: Vec<_> = usual.iter().map(|path| path.display().to_string()).collect();
        Error::Config {
            path: PathBuf::from(paths.join(" or ")),
            key: String::new(),
            problem: "there is no configuration file".into(),
        }
    })
}
