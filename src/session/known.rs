//! What a session has learned of its broker so far.

use crate::facts::{Link, Mqtt, Peer, Sasl};

/// What a session has learned of its broker so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// `None`: there is no SASL layer.
    pub(crate) login: Option<Sasl>,
    pub(crate) peer: Peer,
    /// `None`: there was no CONNACK.
    pub(crate) mqtt: Option<Mqtt>,
    /// The links that the broker has answered, too; over MQTT both, once the client is subscribed.
    pub(crate) receiver: Option<Link>,
    /// What is doubtful about the receiver, though the broker has granted it.
    pub(crate) doubt: Option<String>,
    pub(crate) sender: Option<Link>,
}
