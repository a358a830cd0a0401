//! SIGINT and SIGTERM: the first ends the wait, the second the process.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::Interrupt;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    low_level::pipe,
};

/// Which signal came, if one did.
pub(super) struct Signals {
    status: Arc<AtomicUsize>,
}

impl Signals {
    /// Makes both signals raise `interrupt`.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn install(interrupt: &Interrupt) -> io::Result<Self> {
        let (status, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
            // In this order: the first signal finds `again` unset, and sets it for the next.
            flag::register_conditional_shutdown(signal, code, again.clone())?;
            flag::register(signal, again.clone())?;
            flag::register_usize(signal, status.clone(), code as usize)?;
            pipe::register(signal, interrupt.raiser()?)?;
        }
        Ok(Self { status })
    }

    /// The exit status of the signal that came.
    pub(super) fn status(&self) -> Option<u8> {
        u8::try_from(self.status.load(Ordering::SeqCst)).ok().filter(|&status| status > 0)
    }
}
