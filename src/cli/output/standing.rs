//! How it stands with a signature that was asked for.

use crate::{
    cli::report,
    error::printable,
    signing::{Entry, State, Verdict},
};

use super::pairs::Item;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Signed,
    /// It was not asked for.
    Exists,
    /// By the signing server.
    Refused,
    /// A reply has come that has neither the signature nor an error.
    Unusable,
    /// What has come is no good signature of it.
    Unverified,
    /// The broker has the request, or may have it, and there is no answer.
    Unanswered,
    /// The broker did not accept the request.
    Undelivered,
    NotSent,
}

impl Standing {
    /// That of a value of a request, by whether it is there.
    pub(super) fn of(entry: &Entry, is_filled: bool) -> Self {
        match (entry.state(), report::verdict(entry)) {
            _ if is_filled => Self::Signed,
            (_, Some(Verdict::Refused { .. })) => Self::Refused,
            (_, Some(Verdict::Unusable { .. })) => Self::Unusable,
            (_, Some(Verdict::Unverified { .. })) => Self::Unverified,
            (_, Some(_)) => Self::Unanswered,
            (State::NotSent, None) => Self::NotSent,
            (State::Returned(_) | State::NotNow(_) | State::Undeliverable(_), None) => {
                Self::Undelivered
            }
            (
                State::Sent | State::Accepted | State::ReplyTooLarge(_) | State::Answered(_),
                None,
            ) => Self::Unanswered,
        }
    }

    /// Its name for programs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Exists => "exists",
            Self::Refused => "refused",
            Self::Unusable => "unusable",
            Self::Unverified => "unverified",
            Self::Unanswered => "unanswered",
            Self::Undelivered => "undelivered",
            Self::NotSent => "not_sent",
        }
    }
}

/// Whether all that a request asks for is signed.
pub(super) fn is_signed(entry: &Entry) -> bool {
    entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed)
}

/// Why a value of a request is missing. `ended` is the error that ended the run, if one did.
pub(super) fn errors(entry: &Entry, item: Item<'_>, ended: Option<&str>) -> Vec<String> {
    match report::verdict(entry) {
        Some(Verdict::Refused { errors }) => of_item(errors, item),
        Some(Verdict::Unverified { problems }) => of_value(problems, item),
        // It is that one.
        Some(Verdict::Incomplete { .. }) => vec!["the reply has no signature for it".into()],
        _ => report::reasons(entry).into_iter().chain(ended.map(str::to_owned)).collect(),
    }
}

/// The problems of a batch name the image and the key that they are about; only those of this image, if there are any.
fn of_value(problems: &[String], item: Item<'_>) -> Vec<String> {
    let name = printable(&item.to_string());
    let own: Vec<_> = problems.iter().filter(|problem| problem.contains(&name)).cloned().collect();
    let own = if own.is_empty() { problems.to_vec() } else { own };
    own.into_iter().map(|problem| report::unverified(&problem)).collect()
}

/// The errors of a batch name the image that they are about; only those of this one, if there are any.
fn of_item(errors: &[String], item: Item<'_>) -> Vec<String> {
    let name = format!("{}: ", printable(&item.to_string()));
    let own: Vec<_> = errors.iter().filter_map(|error| error.strip_prefix(&name)).collect();
    if own.is_empty() { errors.to_vec() } else { own.into_iter().map(str::to_owned).collect() }
}
