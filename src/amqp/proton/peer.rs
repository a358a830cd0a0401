//! What the peer says of itself: in the login, in its Open, and of both links.
#![allow(unsafe_code)]

use std::time::Duration;

use proton_sys::*;

use super::{
    engine::Engine,
    raw::{bytes, entries, text},
    receiver::Receiver,
    sender::Sender,
};
use crate::{error::printable, facts::Peer};

/// More capabilities than this are left out of what is shown.
const MOST_SHOWN: usize = 20;

impl Engine {
    /// What the peer's Open says, as it is sent.
    pub(crate) fn peer(&self) -> Peer {
        let (connection, transport) = (self.driver.connection(), self.driver.transport());
        // SAFETY: both are live; what they give out lives until the next input, and is copied.
        let (container, properties, idle_timeout, max_frame) = unsafe {
            (
                text(pn_connection_remote_container(connection)),
                entries(pn_connection_remote_properties(connection)),
                pn_transport_get_remote_idle_timeout(transport),
                pn_transport_get_remote_max_frame(transport),
            )
        };
        let property = |name: &str| {
            let found = properties.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| printable(value))
        };
        Peer {
            product: property("product"),
            version: property("version"),
            container: printable(&container),
            idle_timeout: (idle_timeout > 0).then(|| Duration::from_millis(idle_timeout.into())),
            max_frame_size: (1..u32::MAX).contains(&max_frame).then_some(max_frame),
            capabilities: self
                .peer_capabilities()
                .iter()
                .take(MOST_SHOWN)
                .map(|name| printable(name))
                .collect(),
        }
    }

    /// Whether the peer's Open offers to route by the `to` of each message.
    pub(crate) fn offers_anonymous_relay(&self) -> bool {
        self.peer_capabilities().iter().any(|name| name == "ANONYMOUS-RELAY")
    }

    fn peer_capabilities(&self) -> Vec<String> {
        let mut found = Vec::new();
        // SAFETY: the connection is live; its capabilities are null or live until the next input.
        unsafe {
            let data = pn_connection_remote_offered_capabilities(self.driver.connection());
            if data.is_null() {
                return found;
            }
            pn_data_rewind(data);
            // One capability may be a plain symbol, several are an array (AMQP 1.0 part 1.3.4, "multiple").
            while pn_data_next(data) {
                match pn_data_type(data) {
                    PN_ARRAY => {
                        pn_data_enter(data);
                    }
                    PN_SYMBOL => {
                        found.push(String::from_utf8_lossy(bytes(pn_data_get_symbol(data))).into())
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// Whether the peer has accepted the login.
    pub(crate) fn has_logged_in(&self) -> bool {
        self.login.has_succeeded()
    }

    /// The mechanism of the login, if one was chosen.
    pub(crate) fn mechanism(&self) -> Option<String> {
        self.login.mechanism()
    }

    /// The longest message that the peer accepts, in bytes; `None`: any.
    pub(crate) fn peer_max_message_size(&self) -> Option<u64> {
        self.sender.as_ref().and_then(Sender::peer_max_message_size)
    }

    /// The longest message that the peer sends, in bytes; `None`: any.
    pub(crate) fn peer_max_reply_size(&self) -> Option<u64> {
        self.receiver.as_ref().and_then(Receiver::peer_max_message_size)
    }

    /// The number of messages that can be sent now.
    pub(crate) fn credit(&self) -> u32 {
        self.sender.as_ref().map_or(0, Sender::credit)
    }
}
