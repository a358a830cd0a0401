//! Settings without a file.

use std::ffi::{c_char, c_int};

use amqp_messenger::{Settings, SignerType, config::SettingsBuilder};

use crate::{Failure, borrow_mut, end, hand_over, status, string};

/// Which section of the configuration a signer reads.
#[repr(C)]
pub enum amqp_messenger_signer_type {
    /// One request for each item and key; section msg_signer.
    AMQP_MESSENGER_SINGLE = 0,
    /// Many images in a request; section msg_batch_signer.
    AMQP_MESSENGER_BATCH = 1,
}

/// Settings that are made key by key, instead of a configuration file.
pub struct amqp_messenger_settings(SettingsBuilder);

impl amqp_messenger_settings {
    /// Changes them in place: copying all for each of many aliases would take a time that grows with the square of
    /// their number.
    fn change(&mut self, change: impl FnOnce(SettingsBuilder) -> SettingsBuilder) {
        let empty = Settings::builder(SignerType::Single);
        self.0 = change(std::mem::replace(&mut self.0, empty));
    }

    /// The settings, checked.
    pub(crate) fn checked(&self) -> Result<Settings, Failure> {
        Ok(self.0.clone().build()?)
    }
}

/// Begins settings; what is not set has its default. `signer_type` is one of amqp_messenger_signer_type. Free them with
/// amqp_messenger_settings_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_settings_new(
    signer_type: c_int,
    out: *mut *mut amqp_messenger_settings,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || Ok(amqp_messenger_settings(Settings::builder(kind(signer_type)?))))
    })
}

/// Sets a key of the configuration file to a value as the file has it, such as "timeout" to "60"; ${NAME} is not
/// replaced. With "messaging_brokers" it adds one URL, with "verify_keys" one path, and with "tls_alpn" one name.
///
/// The value is checked by amqp_messenger_signer_new_with_settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_settings_set(
    settings: *mut amqp_messenger_settings,
    key: *const c_char,
    value: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let settings = borrow_mut("settings", settings)?;
        let (key, value) = (string("key", key)?, string("value", value)?);
        settings.change(|builder| builder.set(&key, value));
        Ok(())
    })
}

/// Adds another name of a signing key (key_aliases).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_settings_add_key_alias(
    settings: *mut amqp_messenger_settings,
    alias: *const c_char,
    id: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let settings = borrow_mut("settings", settings)?;
        let pair = (string("alias", alias)?, string("id", id)?);
        settings.change(|builder| builder.key_aliases([pair]));
        Ok(())
    })
}

/// Frees settings; NULL is ignored. Signers that were made from them do not need them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_settings_free(settings: *mut amqp_messenger_settings) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(settings) }
}

pub(crate) fn kind(signer_type: c_int) -> Result<SignerType, Failure> {
    match signer_type {
        0 => Ok(SignerType::Single),
        1 => Ok(SignerType::Batch),
        other => Err(Failure::usage(
            "signer_type",
            &format!("is {other}: expected AMQP_MESSENGER_SINGLE or _BATCH"),
        )),
    }
}
