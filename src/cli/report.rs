//! Reports a run that did not sign everything, in the document and on standard error.

use crate::{
    Condition, Error, Run, Status,
    error::printable,
    signing::{State, Verdict},
};

use super::{operation, remedy};

/// The causes for which the document's status is `error`: a name and a description each.
///
/// A refusal by the signing server is not a cause: it is a well-formed reply, whose errors are in the document.
pub(super) fn causes(run: &Run, result: &Result<(), Error>) -> Vec<(String, String)> {
    let mut causes = Vec::new();
    match result {
        // Requests that were not completed then have no separate cause.
        Err(error) => causes.push((name(error).to_owned(), error.with_sources())),
        Ok(()) => causes.extend(silences(run)),
    }
    for entry in run.entries() {
        let subject = &entry.request().subject();
        match (entry.state(), entry.reply().map(|reply| &reply.verdict)) {
            (State::Undeliverable(condition), _) => {
                causes.push((
                    condition_name(condition),
                    format!("{subject}: {}", condition_words(condition)),
                ));
            }
            (State::NotNow(condition), _) if result.is_ok() => {
                causes.push((
                    condition_name(condition),
                    format!("{subject}: {}", condition_words(condition)),
                ));
            }
            (State::ReplyTooLarge(size), _) => {
                let words = format!("{subject}: it has {size} bytes, more than max_message_size");
                causes.push(("ReplyTooLarge".into(), words));
            }
            (_, Some(Verdict::Unusable { problem })) => {
                causes.push(("MalformedReply".into(), format!("{subject}: {problem}")));
            }
            (_, Some(Verdict::Pending { status })) => {
                causes.push(("PendingReply".into(), format!("{subject}: {status}")));
            }
            (_, Some(Verdict::Incomplete { missing })) => {
                causes.push((
                    "IncompleteReply".into(),
                    format!("{subject}: no signature for {}", missing.join(", ")),
                ));
            }
            _ => {}
        }
    }
    causes
}

/// What is still missing after a run that ended by itself, by the state of each request.
fn silences(run: &Run) -> Vec<(String, String)> {
    let all = run.entries().len();
    let cause = |name: &str, words: &str, fits: fn(&State) -> bool| {
        let silent = run.entries().iter().filter(|entry| entry.reply().is_none());
        let count = silent.filter(|entry| fits(entry.state())).count();
        (count > 0).then(|| (name.to_owned(), format!("{count} of {all} requests {words}")))
    };
    let no_reply = format!("have no reply from {}", printable(run.listen_to()));
    let causes = [
        cause("MessagingTimeout", &no_reply, |state| {
            matches!(state, State::Sent | State::Accepted)
        }),
        cause("Returned", "were returned by the broker", |state| {
            matches!(state, State::Returned(_))
        }),
        cause("NotSent", "could not be sent", |state| matches!(state, State::NotSent)),
    ];
    causes.into_iter().flatten().collect()
}

fn condition_name(condition: &Condition) -> String {
    if condition.name.is_empty() { "Undeliverable".into() } else { condition.name.clone() }
}

/// What the broker says beside the name.
fn condition_words(condition: &Condition) -> String {
    if condition.info.is_empty() {
        return condition.description.to_string();
    }
    format!("{} ({})", condition.description, condition.info).trim_start().to_owned()
}

/// A name for the kind of an error, as the document's `name : description` lines have it.
fn name(error: &Error) -> &'static str {
    match Status::of_error(error) {
        Status::Unreachable => "ConnectionError",
        Status::NotPermitted => "NotPermitted",
        Status::Deadline => "DeadlinePassed",
        Status::Interrupted => "Interrupted",
        Status::LocalFile => "SystemError",
        _ => "Error",
    }
}

/// Prints an error, and what to do about it if that is known.
pub(super) fn print_error(tool: &str, error: &Error) {
    tell!("{tool}: {}", operation::words(error));
    if let Some(remedy) = remedy::of_error(error) {
        tell!("{tool}: {remedy}");
    }
}

/// Prints a line for each request that is not signed, and whether running again can help.
///
/// The error that ended the run, `result`, is printed before, and not repeated for each request.
pub(super) fn print_entries(tool: &str, run: &Run, result: &Result<(), Error>) {
    let (again, refusal) = match result {
        Err(error) if error.is_refusal() => {
            ("running again can help once that is fixed", condition_of(error))
        }
        _ => ("running again can help", None),
    };
    let mut remedies = Vec::new();
    for entry in run.entries() {
        let subject = &entry.request().subject();
        if let (State::Sent | State::Accepted, Some(reply)) = (entry.state(), entry.reply()) {
            print_verdict(tool, subject, &reply.verdict);
            continue;
        }
        match entry.state() {
            State::NotSent => tell!("{tool}: {subject}: not sent; {again}"),
            State::Sent => {
                tell!(
                    "{tool}: {subject}: no reply, and the broker never confirmed the request; {again}"
                );
            }
            State::Accepted => {
                tell!(
                    "{tool}: {subject}: no reply, though the broker accepted the request; running again can help"
                );
            }
            State::Returned(how) => {
                tell!("{tool}: {subject}: returned by the broker ({how}); {again}");
                remedies.extend(remedy::of_return(how));
            }
            State::NotNow(condition) => {
                tell!("{tool}: {subject}: not accepted by the broker: {condition}; {again}");
            }
            State::Undeliverable(condition) if refusal == Some(condition) => {
                tell!("{tool}: {subject}: refused; {again}");
            }
            State::Undeliverable(condition) => {
                let again = remedy::of_running_again(condition);
                tell!("{tool}: {subject}: not accepted by the broker: {condition}; {again}");
                remedies.extend(remedy::of_condition(condition));
            }
            State::ReplyTooLarge(size) => {
                tell!(
                    "{tool}: {subject}: the reply was rejected: it has {size} bytes, more than max_message_size; raise that and run again"
                );
            }
            State::Answered(reply) => print_verdict(tool, subject, &reply.verdict),
        }
    }
    let mut printed = std::collections::HashSet::new();
    remedies.retain(|remedy| printed.insert(remedy.clone()));
    for remedy in remedies {
        tell!("{tool}: {remedy}");
    }
}

fn condition_of(error: &Error) -> Option<&Condition> {
    if let Error::Refused { condition, .. } = error { Some(condition) } else { None }
}

fn print_verdict(tool: &str, subject: &str, verdict: &Verdict) {
    match verdict {
        Verdict::Signed => {}
        Verdict::Refused { errors } => {
            for error in errors {
                tell!("{tool}: {subject}: refused by the signing server: {error}");
            }
        }
        Verdict::Incomplete { missing } => {
            for claim in missing {
                tell!(
                    "{tool}: {subject}: the reply has no signature for {claim}; running again can help"
                );
            }
        }
        Verdict::Pending { status } => {
            tell!(
                "{tool}: {subject}: the signing server is not done: {status}; running again can help"
            );
        }
        Verdict::Unusable { problem } => {
            tell!("{tool}: {subject}: the reply is unusable: {problem}")
        }
    }
}
