//! What people see of a run while it lasts: a line at the bottom of the terminal, or else a line in the log now and then.

mod counts;
pub(super) mod summary;

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;

use super::bar;
use crate::{
    signing::{Entry, Notice, Observer},
    stop::Pulse,
    transport,
};
use counts::Counts;

/// The time between lines in the log, and until the first one.
const PERIOD: Duration = Duration::from_secs(10);

/// There is one run in a process.
static PROGRESS: OnceLock<Progress> = OnceLock::new();

/// What is shown of a run, and where.
pub(super) struct Progress {
    counts: Mutex<Counts>,
    bar: Option<&'static ProgressBar>,
    /// When the next line goes to the log.
    next: Mutex<Instant>,
}

/// Shows a run of these requests, from now on.
pub(super) fn begin(entries: &[Entry]) -> &'static Progress {
    let now = transport::now();
    let progress = PROGRESS.get_or_init(|| Progress {
        counts: Mutex::new(Counts::of(entries, now)),
        bar: bar::begin(entries.len() as u64, text),
        next: Mutex::new(now + PERIOD),
    });
    progress.show(now);
    progress
}

/// Shows how the time passes while the run waits: a line on a terminal is drawn more often than one is logged.
pub(super) fn pulse() -> Pulse {
    let milliseconds = if io::stderr().is_terminal() { 200 } else { 1000 };
    Pulse {
        beat: || PROGRESS.get().into_iter().for_each(|it| it.show(transport::now())),
        period: Duration::from_millis(milliseconds),
    }
}

/// The text of the bar, in at most this many columns.
fn text(columns: usize) -> String {
    let words = |progress: &Progress| progress.counts().words(transport::now(), columns);
    PROGRESS.get().map(words).unwrap_or_default()
}

impl Progress {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, now: Instant) {
        if let Some(bar) = self.bar {
            let answered = self.counts().answered();
            bar.set_position(answered as u64);
            return bar.tick();
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= *next {
            *next = now + PERIOD;
            log::info!("{}", self.counts().words(now, usize::MAX));
        }
    }

    /// Shows nothing more.
    pub(super) fn end(&self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn notice(&self, notice: Notice<'_>) {
        let now = transport::now();
        self.counts().notice(notice, now);
        self.show(now);
    }
}
