//! The exit statuses with their meanings, as help and documents list them.

use crate::{Status, cli::signals::SIGNALS};

/// The rows of the table: the numbers, and what they mean.
pub(super) fn rows() -> Vec<(String, &'static str)> {
    let mut all = Status::ALL;
    all.sort_by_key(|status| status.code());
    all.map(|status| (codes(status), status.meaning())).into()
}

/// The same under the names of pubtools-sign.
pub(super) fn of_pubtools_sign() -> Vec<(String, &'static str)> {
    let of = |code: &str, meaning| (code.to_owned(), meaning);
    vec![
        of("0", "every request has a reply"),
        of("1", "some have none, or something else failed; with --raw also if a reply has errors"),
        of("2", Status::Usage.meaning()),
    ]
}

/// The same of `verify`, which connects to nothing.
pub(super) fn of_verify() -> Vec<(String, &'static str)> {
    let of = |status: Status, meaning| (status.code().to_string(), meaning);
    vec![
        of(Status::Signed, "every signature is there, and good"),
        of(Status::Usage, "wrong use of the command line, or the results have another form"),
        of(Status::BadReply, "a signature is missing or not good"),
        of(Status::NoInput, Status::NoInput.meaning()),
        of(Status::Config, "the configuration is wrong, or the certificate of a key is missing"),
    ]
}

/// The statuses of an interrupt depend on its signal.
fn codes(status: Status) -> String {
    match status {
        Status::Interrupted => SIGNALS.map(|(_, code)| code.to_string()).join(", "),
        _ => status.code().to_string(),
    }
}
