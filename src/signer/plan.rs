//! How long and how often a run tries, by its settings.

use crate::{
    client::Plan,
    config::{ForeignReplies, Protocol, Settings},
};

pub(super) fn of(settings: &Settings) -> Plan {
    let Settings { timeout, retries, send_retries, max_message_size, .. } = *settings;
    Plan {
        timeout,
        retries,
        send_retries,
        max_outstanding: match settings.protocol() {
            // Credit says when a queue is full.
            Protocol::Amqp => usize::MAX,
            Protocol::Mqtt => settings.mqtt_max_open as usize,
        },
        max_message_size,
        releases_foreign: settings.foreign_replies == ForeignReplies::Release,
    }
}
