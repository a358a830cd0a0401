//! What a broker of MQTT is going to do on a connection, besides what happens on any.

use std::time::Duration;

/// The default is a good broker.
#[derive(Clone, Debug)]
pub(crate) struct MqttPlan {
    pub(crate) connack: Connack,
    /// The broker has lost the client's session, if there was one.
    pub(crate) forgets: bool,
    /// The broker says that there is a session, whether there is or not.
    pub(crate) invents: bool,
    /// The most requests that the client may have on their way; without it 65,535.
    pub(crate) receive_maximum: Option<u16>,
    /// In seconds, in place of what the client asks for.
    pub(crate) keep_alive: Option<u16>,
    /// The most bytes of a packet.
    pub(crate) max_packet: Option<u32>,
    /// The most seconds that a session outlives its connection.
    pub(crate) expiry: Option<u32>,
    pub(crate) max_qos: Option<u8>,
    pub(crate) suback: Suback,
    pub(crate) suback_delay: Duration,
    /// Replies that are on their way at most, if the client allows as many.
    pub(crate) prefetch: usize,
    /// Replies that come again have new packet ids, as RabbitMQ does it.
    pub(crate) renumbers: bool,
    /// Packets have reason codes and reason strings, even those that need none.
    pub(crate) is_wordy: bool,
    /// The end of a connection has a reason.
    pub(crate) says_why: bool,
    /// Bytes behind the SUBACK.
    pub(crate) odd: Vec<u8>,
}

/// What the broker does in answer to a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connack {
    Accepts,
    /// With this code, and the end of the stream.
    Refuses(u8),
    /// In two bytes of MQTT 3.1.1, and the end of the stream.
    Old(u8),
    /// The end of the stream, without a word.
    HangsUp,
    Nothing,
}

/// What the broker does in answer to a SUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suback {
    /// With this QoS.
    Grants(u8),
    Refuses(u8),
    /// The same, and the end of the stream.
    RefusesAndHangsUp(u8),
    /// The end of the stream, without a word.
    HangsUp,
    /// A DISCONNECT with this code.
    Disconnects(u8),
    Nothing,
}

impl Default for MqttPlan {
    fn default() -> Self {
        Self {
            connack: Connack::Accepts,
            forgets: false,
            invents: false,
            receive_maximum: Some(20),
            keep_alive: None,
            max_packet: None,
            expiry: None,
            max_qos: None,
            suback: Suback::Grants(1),
            suback_delay: Duration::ZERO,
            prefetch: 20,
            renumbers: false,
            is_wordy: false,
            says_why: false,
            odd: vec![],
        }
    }
}
