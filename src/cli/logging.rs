//! The log: lines on standard error.

use std::{io::Write, time::SystemTime};

use env_logger::{Builder, Target};
use log::LevelFilter;

use super::streams::Stderr;

/// Starts the log. The level comes from the option, else from RUST_LOG, else from the configuration, else it is info.
pub(super) fn start(option: Option<LevelFilter>, configured: Option<LevelFilter>) {
    let mut builder = Builder::new();
    match (option, std::env::var("RUST_LOG")) {
        (Some(level), _) => builder.filter_level(level),
        (None, Ok(filters)) if !filters.is_empty() => builder.parse_filters(&filters),
        (None, _) => builder.filter_level(configured.unwrap_or(LevelFilter::Info)),
    };
    builder.format(|out, record| {
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        writeln!(out, "{now} {:5} {}", record.level(), record.args())
    });
    builder.target(Target::Pipe(Box::new(Stderr))).init();
}
