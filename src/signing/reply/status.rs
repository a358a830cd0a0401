//! The server's word on how far it got: `signing_status`.

use super::super::pyread::{Kind, Value};

/// The meaning of a `signing_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It is signed; so is what has no status.
    Success,
    /// The server is not done yet: this is no answer.
    NotYet,
    /// It is not signed.
    Failure,
}

const SUCCESS: [&str; 8] =
    ["success", "succeeded", "successful", "ok", "signed", "done", "complete", "completed"];

/// Each alone says that an answer is still to come.
const NOT_YET: [&str; 45] = [
    "accepted",
    "acknowledged",
    "assigned",
    "awaiting",
    "backlog",
    "being",
    "busy",
    "created",
    "deferred",
    "delayed",
    "dispatched",
    "enqueued",
    "executing",
    "hold",
    "initiated",
    "inprogress",
    "later",
    "new",
    "ongoing",
    "open",
    "overloaded",
    "pending",
    "postponed",
    "process",
    "processing",
    "progress",
    "queue",
    "queued",
    "received",
    "retry",
    "retrying",
    "running",
    "scheduled",
    "soon",
    "started",
    "starting",
    "submitted",
    "temporarily",
    "throttled",
    "underway",
    "unfinished",
    "wait",
    "waiting",
    "working",
    "yet",
];

/// After "not" these say so, too: "not ready". "Not signed" is as good as "failed".
const NOT: [&str; 6] = ["complete", "completed", "done", "finished", "ready", "yet"];

/// "Signing" says so without other words than these: "signing key revoked" does not.
const BESIDE_SIGNING: [&str; 4] = ["currently", "is", "now", "still"];

/// The beginnings of words that no status of work in progress has.
const FAILURE: [&str; 23] = [
    "abort",
    "cancel",
    "cannot",
    "denied",
    "disabl",
    "error",
    "exceed",
    "expire",
    "fail",
    "forbid",
    "invalid",
    "malformed",
    "missing",
    "refus",
    "reject",
    "revok",
    "timeout",
    "unable",
    "unauthor",
    "unknown",
    "unsupported",
    "violat",
    "wrong",
];

/// Reads the status of a reply, or of one of its claims.
pub(super) fn status(object: Value<'_>) -> Status {
    match object.get("signing_status") {
        None => Status::Success,
        Some(value) if value.kind() == Kind::Null => Status::Success,
        Some(value) => value.text().map_or(Status::Failure, |text| of_text(&text)),
    }
}

/// In capitals or not, with blanks, hyphens or underscores between words.
fn of_text(text: &str) -> Status {
    if SUCCESS.contains(&text) {
        return Status::Success;
    }
    let lower = text.to_lowercase();
    let words: Vec<_> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if let [word] = words[..]
        && SUCCESS.contains(&word)
    {
        return Status::Success;
    }
    let is_failure =
        |word: &&str| *word == "no" || FAILURE.iter().any(|beginning| word.starts_with(beginning));
    if words.iter().any(is_failure) {
        return Status::Failure;
    }
    if words.iter().filter(|word| !BESIDE_SIGNING.contains(word)).eq(&["signing"]) {
        return Status::NotYet;
    }
    let is_not_yet = match words.iter().position(|&word| word == "not") {
        Some(at) => words[at + 1..].iter().any(|word| NOT.contains(word)),
        None => words.iter().any(|word| NOT_YET.contains(word)),
    };
    if is_not_yet { Status::NotYet } else { Status::Failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_servers() {
        for (expected, texts) in [
            (
                Status::Success,
                &[
                    "success",
                    "Success",
                    "SUCCESS",
                    " success\n",
                    "OK",
                    "ok",
                    "Ok.",
                    "Succeeded",
                    "done",
                    "COMPLETED",
                ][..],
            ),
            (
                Status::NotYet,
                &[
                    "in progress",
                    "In Progress",
                    "in-progress",
                    "IN_PROGRESS",
                    "inprogress",
                    "pending",
                    "PENDING",
                    "busy",
                    "server busy",
                    "busy, try again later",
                    "queued",
                    "queued (position 3)",
                    "in queue",
                    "not yet",
                    "not ready",
                    "not signed yet",
                    "processing 40%",
                    "still waiting",
                    "retry",
                    "accepted",
                    "is being signed",
                    "signing",
                    "Still signing",
                    "in process",
                    "on hold",
                    "temporarily throttled",
                ],
            ),
            (
                Status::Failure,
                &[
                    "",
                    " ",
                    "failed",
                    "failure",
                    "error",
                    "no",
                    "unknown",
                    "processing failed",
                    "failed: not yet permitted",
                    "not accepted",
                    "not permitted",
                    "rejected",
                    "signing timeout",
                    "partial",
                    "unsuccessful",
                    "not ok",
                    "success?no",
                    "not signed",
                    "no signing key",
                    "signing key revoked",
                    "signing is disabled",
                    "no such key in the queue",
                    "cancelled while pending",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(of_text(text), expected, "{text:?}");
            }
        }
    }
}
