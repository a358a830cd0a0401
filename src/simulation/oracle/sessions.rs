//! What is left at a broker of MQTT after a process that ended by itself.

use super::super::run::Ended;
use crate::config::{MqttVersion, Protocol};

/// A session stays if a state file lets another process go on, and it has something to wait for.
pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    let is_recorded = !ended.lives.is_empty();
    let settings = &ended.settings;
    let is_new = settings.protocol() == Protocol::Mqtt && settings.mqtt_version == MqttVersion::V5;
    let may_stay = is_new && is_recorded && (ended.ledger.open() > 0 || ended.result.is_err());
    // Earlier processes were killed, even while they closed.
    let first = ended.lives.iter().rev().nth(1).map_or(0, |life| life.connections);
    let last = ended.witness.connections.iter().enumerate().skip(first);
    for (number, seen) in last.filter(|(_, seen)| seen.closed.is_some()) {
        if seen.stays != may_stay {
            broken.push(format!("connection {number}: the session stays: {}", seen.stays));
        }
    }
}
