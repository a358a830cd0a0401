//! What people see of a run while it lasts: a line at the bottom of the terminal, or else a line in the log now and then.

mod counts;
pub(super) mod summary;

use std::{
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

/// The time after which the line on a terminal is drawn again.
const REDRAW: Duration = Duration::from_millis(200);

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

/// Shows how the time passes while the run waits. Nothing wakes it for a line that is not due yet.
pub(super) fn pulse() -> Pulse {
    Pulse {
        beat: || PROGRESS.get().into_iter().for_each(|it| it.show(transport::now())),
        pause: || PROGRESS.get().map_or(PERIOD, |it| it.pause(transport::now())),
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

    fn next(&self) -> MutexGuard<'_, Instant> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, now: Instant) {
        if let Some(bar) = self.bar {
            let answered = self.counts().answered();
            bar.set_position(answered as u64);
            return bar.tick();
        }
        let mut next = self.next();
        if now >= *next {
            *next = now + PERIOD;
            log::info!("{}", self.counts().words(now, usize::MAX));
        }
    }

    /// The time until there is something to show, should nothing happen.
    fn pause(&self, now: Instant) -> Duration {
        match self.bar {
            Some(_) => REDRAW,
            None => self.next().saturating_duration_since(now),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_a_bar_is_woken_for_the_next_line_and_not_before() {
        let now = transport::now();
        let counts = Mutex::new(Counts::of(&[], now));
        let progress = Progress { counts, bar: None, next: Mutex::new(now + PERIOD) };
        assert_eq!(progress.pause(now), PERIOD);
        progress.show(now + PERIOD / 4);
        assert_eq!(progress.pause(now + PERIOD / 4), PERIOD * 3 / 4);
        progress.show(now + PERIOD * 2);
        assert_eq!(progress.pause(now + PERIOD * 2), PERIOD);
    }
}
