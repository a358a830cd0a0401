//! Reports a run that did not sign everything, in the document and on standard error.

use crate::{
    Condition, Error, Run, Status,
    error::printable,
    signing::{Entry, State, Verdict},
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
        let (name, words) = match (entry.state(), entry.reply().map(|reply| &reply.verdict)) {
            (State::Undeliverable(condition), _) => {
                (condition_name(condition), condition_words(condition))
            }
            (State::NotNow(condition), _) if result.is_ok() => {
                (condition_name(condition), condition_words(condition))
            }
            (State::ReplyTooLarge(size), _) => {
                let words = format!("it has {size} bytes, more than max_message_size");
                ("ReplyTooLarge".into(), words)
            }
            (_, Some(Verdict::Unusable { problem })) => ("MalformedReply".into(), problem.clone()),
            (_, Some(Verdict::Unverified { problems })) => {
                ("UnverifiedReply".into(), problems.join("; "))
            }
            (_, Some(Verdict::Pending { status })) => ("PendingReply".into(), status.clone()),
            (_, Some(Verdict::Incomplete { missing })) => {
                ("IncompleteReply".into(), format!("no signature for {}", missing.join(", ")))
            }
            _ => continue,
        };
        // A reason code of MQTT often comes without words.
        let words = if words.is_empty() { words } else { format!(": {words}") };
        causes.push((name, format!("{}{words}", entry.request().subject())));
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
    let words = operation::words(error);
    match remedy::of_error(error) {
        None => tell!("{tool}: {words}"),
        // An error about a path takes one line, like a mistake in the command line.
        Some(remedy) if matches!(error, Error::LocalFile { .. }) => {
            tell!("{tool}: {words}; {remedy}");
        }
        Some(remedy) => {
            tell!("{tool}: {words}");
            tell!("{tool}: {remedy}");
        }
    }
}

/// Why a request is not signed, a clause for each reason; none if it is.
pub(super) fn reasons(entry: &Entry) -> Vec<String> {
    if let Some(verdict) = verdict(entry) {
        return of_verdict(verdict);
    }
    vec![match entry.state() {
        State::NotSent => "the request was not sent".into(),
        State::Sent => "no reply, and the broker never confirmed the request".into(),
        State::Accepted => "no reply, though the broker accepted the request".into(),
        State::Returned(how) => format!("returned by the broker ({how})"),
        State::NotNow(condition) | State::Undeliverable(condition) => {
            format!("not accepted by the broker: {condition}")
        }
        State::ReplyTooLarge(size) => {
            format!("the reply was rejected: it has {size} bytes, more than max_message_size")
        }
        // It has a reply.
        State::Answered(_) => return Vec::new(),
    }]
}

/// The verdict on the reply that counts.
pub(super) fn verdict(entry: &Entry) -> Option<&Verdict> {
    let counts = matches!(entry.state(), State::Sent | State::Accepted | State::Answered(_));
    entry.reply().filter(|_| counts).map(|reply| &reply.verdict)
}

/// What is said of a signature that is not verified.
pub(super) fn unverified(problem: &str) -> String {
    format!("the signature is not verified: {problem}")
}

fn of_verdict(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Signed => Vec::new(),
        Verdict::Refused { errors } => {
            let of = |error| format!("refused by the signing server: {error}");
            errors.iter().map(of).collect()
        }
        Verdict::Incomplete { missing } => {
            let of = |claim| format!("the reply has no signature for {claim}");
            missing.iter().map(of).collect()
        }
        Verdict::Unverified { problems } => {
            problems.iter().map(|problem| unverified(problem)).collect()
        }
        Verdict::Pending { status } => vec![format!("the signing server is not done: {status}")],
        Verdict::Unusable { problem } => vec![format!("the reply is unusable: {problem}")],
    }
}

/// Prints a line for each request that is not signed, and whether running again can help.
///
/// The error that ended the run, `result`, is printed before, and not repeated for each request.
pub(super) fn print_entries(tool: &str, run: &Run, result: &Result<(), Error>) {
    const HELPS: &str = "running again can help";
    let (again, refusal) = match result {
        Err(error) if error.is_refusal() => {
            ("running again can help once that is fixed", condition_of(error))
        }
        _ => (HELPS, None),
    };
    let mut remedies = Vec::new();
    for entry in run.entries() {
        if verdict(entry) == Some(&Verdict::Signed) {
            continue;
        }
        let subject = entry.request().subject();
        let then = match (entry.state(), verdict(entry)) {
            (_, Some(Verdict::Incomplete { .. } | Verdict::Pending { .. })) => HELPS,
            (_, Some(_)) => "",
            (State::Undeliverable(condition), None) if refusal == Some(&**condition) => {
                tell!("{tool}: {subject}: refused; {again}");
                continue;
            }
            (State::Undeliverable(condition), None) => {
                remedies.extend(remedy::of_condition(condition));
                remedy::of_running_again(condition)
            }
            (State::Returned(how), None) => {
                remedies.extend(remedy::of_return(*how));
                again
            }
            (State::NotNow(condition), None) => {
                remedies.extend(remedy::of_delay(condition));
                again
            }
            (State::Accepted, None) => HELPS,
            (State::ReplyTooLarge(_), None) => "raise that and run again",
            _ => again,
        };
        let then = if then.is_empty() { String::new() } else { format!("; {then}") };
        for reason in reasons(entry) {
            tell!("{tool}: {subject}: {reason}{then}");
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
