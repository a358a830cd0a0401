//! No run takes longer than its settings say.

use std::time::Duration;

use super::super::run::Ended;

/// What each wait may be late by: the latency of connections, and the least time between two looks at the clock.
const SLACK: Duration = Duration::from_millis(500);

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    let settings = &ended.settings;
    let brokers = settings.brokers.len() as u32;
    let mut most = ended.witness.jumped + SLACK + settings.close_timeout;
    // Each broker gets its whole time once; then there are further attempts for `timeout`.
    most += settings.connect_timeout * brokers + settings.timeout;
    // Without any progress a cycle's sending takes `timeout`, and so does each of its windows.
    most += (settings.timeout + ended.cycle()) * settings.send_retries;
    most += settings.timeout * (ended.progress() + ended.expected_replies());
    // Bytes that are on their way are no silence.
    most += ended.busy;
    if let Some(deadline) = settings.deadline {
        most = most.min(deadline + ended.witness.jumped + SLACK + settings.close_timeout);
    }
    if ended.took > most {
        broken.push(format!("it takes {:?}, at most {most:?} are promised", ended.took));
    }
    let attempts = ended.witness.connections.len() as u32;
    // Two logins, a try with the anonymous terminus and one with the address; pauses double from 0.1 s to 10 s.
    let rounds = (ended.progress() + 1) * (brokers + 8) + (ended.took.as_secs() / 5) as u32;
    if attempts > 4 * rounds * ended.addresses() {
        broken.push(format!("{attempts} connections in {:?}", ended.took));
    }
}
