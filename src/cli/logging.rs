//! The log: lines on standard error.

use std::{io::Write, time::SystemTime};

use env_logger::{Builder, Target};
use log::LevelFilter;

use crate::error::printable;

use super::streams::Stderr;

/// Starts the log. The level comes from the option, else from RUST_LOG, else from the configuration, else it is info.
/// With `quiet` there is none.
pub(super) fn start(quiet: bool, option: Option<LevelFilter>, configured: Option<LevelFilter>) {
    if quiet {
        return;
    }
    let mut builder = Builder::new();
    let variable = std::env::var("RUST_LOG").unwrap_or_default();
    let (filters, wrong) = checked(&variable);
    match option {
        Some(level) => builder.filter_level(level),
        None if !filters.is_empty() => builder.parse_filters(&filters),
        None => builder.filter_level(configured.unwrap_or(LevelFilter::Info)),
    };
    // What it warns of, errors say better.
    builder.filter_module("pgp", LevelFilter::Off);
    builder.format(|out, record| {
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        writeln!(out, "{now} {:5} {}", record.level(), record.args())
    });
    builder.target(Target::Pipe(Box::new(Stderr))).init();
    for filter in wrong.iter().filter(|_| option.is_none()) {
        log::warn!(
            "RUST_LOG: expected a level, or MODULE=LEVEL, found \"{}\"; it is ignored",
            printable(filter)
        );
    }
}

/// The filters of the variable that can be parsed, and the others. env_logger would print these as they are, and panic if
/// standard error cannot be written.
fn checked(variable: &str) -> (String, Vec<&str>) {
    let (filters, text) =
        variable.split_once('/').map_or((variable, None), |(filters, text)| (filters, Some(text)));
    if text.is_some_and(|text| text.contains('/')) {
        return (String::new(), vec![variable]);
    }
    let is_right = |filter: &&str| {
        let level = filter.split_once('=').map_or("", |(_, level)| level.trim());
        level.is_empty() || level.parse::<LevelFilter>().is_ok()
    };
    let (right, wrong): (Vec<_>, Vec<_>) = filters.split(',').map(str::trim).partition(is_right);
    let text = text.map(|text| format!("/{text}")).unwrap_or_default();
    (right.join(",") + &text, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_cannot_be_parsed_are_left_out() {
        for (variable, right, wrong) in [
            ("", "", &[][..]),
            ("debug", "debug", &[]),
            ("warn, amqp_messenger=trace", "warn,amqp_messenger=trace", &[]),
            ("amqp_messenger = trace /reply", "amqp_messenger = trace/reply", &[]),
            ("a=", "a=", &[]),
            ("a=b=c", "", &["a=b=c"]),
            ("info,a=loud,b=debug", "info,b=debug", &["a=loud"]),
            ("info/a/b", "", &["info/a/b"]),
        ] {
            assert_eq!(checked(variable), (right.to_owned(), wrong.to_vec()), "{variable}");
        }
    }
}
