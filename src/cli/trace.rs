//! The trace that the environment names: `TRACEPARENT` and `TRACESTATE` (W3C Trace Context).

use std::env;

use crate::{Error, signing::TraceContext};

use super::operation::words;

/// The trace of the environment, if there is one that is well-formed. A release does not fail for another: it is only
/// warned of, as the standard asks for (section 4.3).
pub(super) fn of_environment() -> Option<TraceContext> {
    let trace = TraceContext::new(&variable("TRACEPARENT")?).map_err(ignored).ok()?;
    let Some(state) = variable("TRACESTATE") else { return Some(trace) };
    // Without its state a trace is still one.
    Some(trace.clone().with_state(&state).unwrap_or_else(|error| {
        ignored(error);
        trace
    }))
}

/// A variable that is not empty; bytes that are not UTF-8 are malformed in any case.
fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

fn ignored(error: Error) {
    log::warn!("{}; it is ignored", words(&error));
}
