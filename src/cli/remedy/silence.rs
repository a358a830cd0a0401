//! What may be the reason if no reply comes at all.

use crate::{
    Error, Run,
    config::Protocol,
    error::printable,
    signing::{Entry, State},
};

/// One clause for the user if the broker accepted requests, and nothing came, not even a reply that was rejected; `None` if nothing can be added to that.
pub(in crate::cli) fn remedy(
    protocol: Protocol,
    run: &Run,
    result: &Result<(), Error>,
) -> Option<String> {
    let ended_in_silence = matches!(result, Ok(()) | Err(Error::Deadline { .. }));
    let is_accepted = |entry: &Entry| *entry.state() == State::Accepted;
    let is_silent = !run.has_heard() && run.entries().iter().any(is_accepted);
    (protocol == Protocol::Mqtt && ended_in_silence && is_silent).then(|| {
        format!(
            "check that the signing server runs, and that the client may read from \"{}\": an MQTT broker may grant a subscription against its access list (ACL), as Mosquitto does, and then delivers nothing without a word",
            printable(run.listen_to())
        )
    })
}
