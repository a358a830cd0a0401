//! The connection up to the peer's Open: the SASL layer, and limits on what a peer may send before its Open.
#![allow(unsafe_code)]

use std::{
    ffi::{CString, NulError, c_char},
    ptr::{self, NonNull},
};

use proton_sys::*;
use zeroize::Zeroizing;

use super::{driver::Driver, raw::text};

/// The number of bytes that the peer may send up to its Open. SASL frames have at most 512 bytes (AMQP 1.0 part
/// 5.3.1), and an Open is not much longer; but the engine keeps a part of each SASL frame in memory.
const MAX_PREFACE: usize = 128 * 1024;

/// The SASL mechanisms that are allowed; the engine uses the best one that the peer also offers.
#[derive(Clone, Copy)]
pub(crate) enum Mechanisms<'a> {
    Anonymous,
    External,
    ExternalOrAnonymous,
    /// The caller ensures TLS: the password is sent in clear.
    Plain {
        user: &'a str,
        password: &'a str,
    },
}

impl Mechanisms<'_> {
    /// Their names, the preferred one first, separated by blanks.
    pub(crate) fn names(self) -> &'static str {
        match self {
            Self::Anonymous => "ANONYMOUS",
            Self::External => "EXTERNAL",
            Self::ExternalOrAnonymous => "EXTERNAL ANONYMOUS",
            Self::Plain { .. } => "PLAIN",
        }
    }
}

/// A login, from the first byte on.
pub(super) struct Login {
    /// The number of bytes before the peer's Open; `None` once it has arrived.
    preface: Option<usize>,
    /// The SASL layer, if there is one. It lives as long as the driver.
    sasl: Option<NonNull<pn_sasl_t>>,
    /// The name of the mechanism that was chosen up to the peer's Open. It is compared, never read.
    mechanism: *const c_char,
}

impl Login {
    /// Sets up the SASL layer; without `mechanisms` there is none, and the AMQP header comes first.
    ///
    /// # Errors
    /// A text with an interior NUL, which C cannot hold.
    ///
    /// # Safety
    /// The driver is freed no earlier than the result is used last.
    pub(super) unsafe fn new(
        driver: &Driver,
        mechanisms: Option<Mechanisms<'_>>,
    ) -> Result<Self, NulError> {
        let sasl = mechanisms.map(|mechanisms| layer(driver, mechanisms)).transpose()?.flatten();
        Ok(Self { preface: Some(0), sasl, mechanism: ptr::null() })
    }

    /// Counts bytes of the peer; an error once too many have arrived without an Open.
    pub(super) fn count(&mut self, count: usize) -> Result<(), &'static str> {
        match &mut self.preface {
            Some(preface) if *preface + count > MAX_PREFACE => {
                Err("the broker sent more than 128 KiB without an Open")
            }
            Some(preface) => {
                *preface += count;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes that the peer's Open has arrived.
    pub(super) fn opened(&mut self) {
        self.preface = None;
        self.mechanism = self.chosen();
    }

    /// Whether the peer began another login after its Open. Older versions of the engine accept SASL
    /// frames at any time, and keep a part of each in memory.
    pub(super) fn began_again(&mut self) -> bool {
        let mechanism = self.chosen();
        self.preface.is_none() && std::mem::replace(&mut self.mechanism, mechanism) != mechanism
    }

    fn chosen(&self) -> *const c_char {
        // SAFETY: the SASL layer lives as long as the driver.
        self.sasl.map_or(ptr::null(), |sasl| unsafe { pn_sasl_get_mech(sasl.as_ptr()) })
    }

    /// Whether the peer has accepted the login.
    pub(super) fn has_succeeded(&self) -> bool {
        // SAFETY: the SASL layer lives as long as the driver.
        self.sasl.is_some_and(|sasl| unsafe { pn_sasl_outcome(sasl.as_ptr()) == PN_SASL_OK })
    }

    /// The mechanism that was chosen of those on offer, if one was.
    pub(super) fn mechanism(&self) -> Option<String> {
        // SAFETY: it is null or lives until the next input, and is copied.
        let name = unsafe { text(self.chosen()) };
        (!name.is_empty()).then_some(name)
    }

    /// Whether the login failed for a reason at the peer that may be temporary (AMQP 1.0 part 5.3.3.6: sys, sys-temp).
    pub(super) fn may_succeed_later(&self) -> bool {
        // SAFETY: the SASL layer lives as long as the driver.
        let outcome = self.sasl.map(|sasl| unsafe { pn_sasl_outcome(sasl.as_ptr()) });
        matches!(outcome, Some(PN_SASL_SYS | PN_SASL_TEMP))
    }
}

fn layer(
    driver: &Driver,
    mechanisms: Mechanisms<'_>,
) -> Result<Option<NonNull<pn_sasl_t>>, NulError> {
    let (user, password) = match mechanisms {
        Mechanisms::Plain { user, password } => (user, password),
        _ => ("", ""),
    };
    let names = CString::new(mechanisms.names())?;
    let (user, password) = (CString::new(user)?, Zeroizing::new(CString::new(password)?));
    let connection = driver.connection();
    // SAFETY: connection and transport are live; the strings outlive the calls, which copy them.
    Ok(unsafe {
        if !user.is_empty() {
            pn_connection_set_user(connection, user.as_ptr());
            pn_connection_set_password(connection, password.as_ptr());
        }
        let sasl = pn_sasl(driver.transport());
        pn_sasl_allowed_mechs(sasl, names.as_ptr());
        // TLS is outside the engine, which would consider every connection insecure.
        pn_sasl_set_allow_insecure_mechs(sasl, true);
        NonNull::new(sasl)
    })
}
