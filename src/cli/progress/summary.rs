//! The last line, which says how much is signed.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use super::counts::grouped;
use crate::{Run, signing::Verdict, transport};

/// Prints how much is signed, for people at a terminal.
pub(in crate::cli) fn print(run: &Run, began: Instant) {
    if !io::stderr().is_terminal() {
        return;
    }
    let (mut signed, mut all) = (0, 0);
    for entry in run.entries() {
        let values = entry.signed_values();
        all += values.len();
        signed += match entry.reply().map(|reply| &reply.verdict) {
            // Its values may be printed and gone.
            Some(Verdict::Signed) => values.len(),
            _ => values.iter().filter(|value| !value.is_empty()).count(),
        };
    }
    let took = transport::now().duration_since(began);
    tell!("{} of {} signed in {}", grouped(signed), grouped(all), shown(took));
}

/// `3.1 s` or `2 min 5 s`.
fn shown(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
