//! SIGHUP, SIGINT and SIGTERM: the first signal ends the wait, the second ends the process.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::Interrupt;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
    low_level::pipe,
};

/// The signals, each with the exit status of a run that it ends.
pub(super) const SIGNALS: [(i32, u8); 3] = [(SIGHUP, 129), (SIGINT, 130), (SIGTERM, 143)];

/// The signal that was received, if any.
pub(super) struct Signals {
    status: Arc<AtomicUsize>,
}

impl Signals {
    /// Makes the signals raise `interrupt`; a hang-up only unless nohup(1) has made it ignored.
    ///
    /// # Errors
    /// An error of the operating system.
    pub(super) fn install(interrupt: &Interrupt) -> io::Result<Self> {
        let (status, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for (signal, code) in SIGNALS {
            if signal == SIGHUP && is_ignored(signal) {
                continue;
            }
            // In this order: the first signal finds `again` unset, and sets it for the next.
            flag::register_conditional_shutdown(signal, code.into(), again.clone())?;
            flag::register(signal, again.clone())?;
            flag::register_usize(signal, status.clone(), code.into())?;
            pipe::register(signal, interrupt.writer()?)?;
        }
        Ok(Self { status })
    }

    /// The exit status of the signal that was received.
    pub(super) fn status(&self) -> Option<u8> {
        u8::try_from(self.status.load(Ordering::SeqCst)).ok().filter(|&status| status > 0)
    }
}

/// Whether the process was started with a signal ignored. Without /proc that is unknown, and the answer is
/// no.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
