//! What a broker says of itself, to be shown.

use std::time::Duration;

/// A login by SASL (AMQP 1.0 part 5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sasl {
    /// The mechanisms that the broker offers.
    pub offered: Vec<String>,
    /// The mechanism that was chosen, if one was.
    pub chosen: Option<String>,
}

/// What a broker says of itself in its Open (AMQP 1.0 part 2.7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// The name of the product, if the broker gives one.
    pub product: Option<String>,
    /// Its version, if the broker gives one.
    pub version: Option<String>,
    /// The name of the container.
    pub container: String,
    /// How long the broker lets the client be silent; `None`: forever.
    pub idle_timeout: Option<Duration>,
    /// The most bytes of a frame; `None`: any number.
    pub max_frame_size: Option<u32>,
    /// The capabilities that the broker offers.
    pub capabilities: Vec<String>,
}

/// What an MQTT broker says in its CONNACK (MQTT 5.0, 3.2); with MQTT 3.1.1 it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mqtt {
    /// The version of MQTT: `5` or `3.1.1`.
    pub version: &'static str,
    /// The client's id, which may be one that the broker assigned.
    pub client_id: String,
    /// How long the broker keeps the session without a connection; `None`: as long as the client asked for.
    pub session_expiry: Option<Duration>,
    /// How long the broker lets the client be silent; `None`: as long as the client said.
    pub keep_alive: Option<Duration>,
    /// How many requests may be on their way that it has not acknowledged; `None`: 65,535.
    pub receive_maximum: Option<u16>,
    /// The most bytes of a packet; `None`: any number.
    pub max_packet_size: Option<u32>,
}

/// A link that the broker has answered (AMQP 1.0 part 2.6), or over MQTT the subscription (MQTT 5.0, 3.9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// The address; `None`: the anonymous terminus, to which each request names its address.
    pub address: Option<String>,
    /// How many messages may be sent now. The client grants none here, so that no reply is taken.
    pub credit: u32,
    /// The most bytes of a message; `None`: any number.
    pub max_message_size: Option<u64>,
}
