//! The last line of a check: what to do first.

use crate::{
    Error,
    cli::{operation, remedy},
    preflight::{Report, State, Step},
};

/// What to do first, in one line.
pub(super) fn of(report: &Report, has_links: bool) -> String {
    match &report.result {
        Err(Error::Interrupted | Error::Deadline { .. }) => unfinished(report),
        Err(error) => format!("to do first: {}", first(error)),
        Ok(()) => {
            let broker = report.brokers.iter().find(|broker| broker.connects());
            let url = broker.map_or("a broker", |broker| broker.url.as_str());
            let known = if has_links { "" } else { ", as far as is known without --task-id" };
            let would = format!("a run would connect to {url}{known}");
            match problem(report) {
                Some(problem) => format!("to do first: {problem}; {would}"),
                None => format!("nothing to do: {would}"),
            }
        }
    }
}

/// The remedy of an error, or else the error of the first broker.
fn first(error: &Error) -> String {
    let words = match error {
        Error::Unreachable { brokers } => brokers.first().map(operation::words),
        _ => None,
    };
    let remedy = remedy::of_error(error);
    remedy.or(words).unwrap_or_else(|| operation::words(error))
}

fn unfinished(report: &Report) -> String {
    let why = report.result.as_ref().err().map(operation::words).unwrap_or_default();
    format!("not finished: {why}")
}

/// The first failure of a broker that a run would not use, or else the first doubt.
fn problem(report: &Report) -> Option<&str> {
    let steps = || {
        let of_brokers = report.brokers.iter().flat_map(|broker| &broker.steps);
        report.local.iter().chain(of_brokers)
    };
    let find = |state| steps().find(|step: &&Step| step.state == state);
    find(State::Failed).or_else(|| find(State::Warning))?.problem.as_deref()
}
