//! A signer's section of a configuration, with everything that it names read and checked.

use std::{
    ffi::{OsStr, c_char, c_int},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::{
    Failure, borrow, borrow_mut, bytes, end, hand_over, interrupt::amqp_messenger_interrupt,
};
use crate::{optional_string, status};
use amqp_messenger::{Error, Settings, Signer, SignerType, config::default_paths};

/// Which section of the configuration a signer reads.
#[repr(C)]
pub enum amqp_messenger_signer_type {
    /// One request for each item and key; section msg_signer.
    AMQP_MESSENGER_SINGLE = 0,
    /// Many images in a request; section msg_batch_signer.
    AMQP_MESSENGER_BATCH = 1,
}

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
            let requester =
                optional_string("requester", requester)?.filter(|name| !name.is_empty());
            let settings = Settings::load(&path, kind(signer_type)?)?;
            Ok(amqp_messenger_signer(Signer::new(settings, requester.as_deref())?))
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

/// Frees a signer; NULL is ignored. Runs that were made with it may still be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_signer_free(signer: *mut amqp_messenger_signer) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(signer) }
}

fn kind(signer_type: c_int) -> Result<SignerType, Failure> {
    match signer_type {
        0 => Ok(SignerType::Single),
        1 => Ok(SignerType::Batch),
        other => Err(Failure::usage(
            "signer_type",
            &format!("is {other}: expected AMQP_MESSENGER_SINGLE or _BATCH"),
        )),
    }
}

fn usual_path() -> Result<PathBuf, Error> {
    let usual = default_paths();
    let paths: Vec<_> = usual.iter().map(|path| path.display().to_string()).collect();
    usual.into_iter().find(|path| path.exists()).ok_or_else(|| Error::Config {
        path: PathBuf::from(paths.join(" or ")),
        key: String::new(),
        problem: "there is no configuration file".into(),
    })
}
