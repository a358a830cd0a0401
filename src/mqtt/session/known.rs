//! What the session has learned of the broker so far.

use std::time::Duration;

use super::{Session, State};
use crate::{
    error::printable,
    facts::{Link, Mqtt},
    mqtt::packets::Version,
    session::Known,
};

impl Session {
    pub(super) fn look(&self) -> Known {
        let is_subscribed = matches!(self.state, State::Established | State::Closing);
        let connack = self.connack.as_deref();
        let link = |topic: &str, credit, max_message_size| Link {
            address: Some(printable(topic)),
            credit,
            max_message_size,
        };
        let limit = connack.and_then(|connack| connack.maximum_packet_size).map(Into::into);
        let credit = self.window.saturating_sub(self.remembered.queue.len());
        let credit = u32::try_from(credit).unwrap_or(u32::MAX);
        Known {
            mqtt: connack.map(|connack| Mqtt {
                version: match self.version {
                    Version::V5 => "5",
                    Version::V311 => "3.1.1",
                },
                client_id: self.remembered.client_id.as_deref().map(printable).unwrap_or_default(),
                session_expiry: connack.session_expiry.map(seconds),
                keep_alive: connack.server_keep_alive.map(|time| seconds(time.into())),
                receive_maximum: connack.receive_maximum,
                max_packet_size: connack.maximum_packet_size,
            }),
            receiver: is_subscribed.then(|| link(&self.listen_to, 0, None)),
            doubt: self.doubt.clone(),
            sender: is_subscribed.then(|| link(&self.send_to, credit, limit)),
            ..Known::default()
        }
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
