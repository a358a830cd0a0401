//! Log levels by name.

use log::LevelFilter;

/// Reads the name of a log level, in any case.
///
/// Accepts the names of Python's logging and of the `log` crate: DEBUG, INFO, WARNING, WARN, ERROR,
/// CRITICAL (which is as quiet as ERROR), TRACE and OFF.
pub fn parse_level(name: &str) -> Option<LevelFilter> {
    Some(match name.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::Trace,
        "DEBUG" => LevelFilter::Debug,
        "INFO" => LevelFilter::Info,
        "WARNING" | "WARN" => LevelFilter::Warn,
        "ERROR" | "CRITICAL" => LevelFilter::Error,
        "OFF" => LevelFilter::Off,
        _ => return None,
    })
}
