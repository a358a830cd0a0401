//! What is particular to MQTT: the CONNECT, what a PUBLISH carries, and the packets both ways.

use std::{fmt, time::Instant};

/// The CONNECT of a client, and how its connection began and ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectRecord {
    /// `4` is 3.1.1, `5` is 5.
    pub level: u8,
    /// Client identifier, as the client sent it.
    pub client_id: String,
    /// Clean Start; in 3.1.1 Clean Session.
    pub clean_start: bool,
    /// Keep Alive in seconds.
    pub keep_alive: u16,
    /// Session Expiry Interval in seconds.
    pub session_expiry: Option<u32>,
    /// Receive Maximum.
    pub receive_maximum: Option<u16>,
    /// Maximum Packet Size.
    pub maximum_packet_size: Option<u32>,
    /// Topic Alias Maximum.
    pub topic_alias_maximum: Option<u16>,
    /// User Name.
    pub user_name: Option<String>,
    /// Password.
    pub password: Option<Vec<u8>>,
    /// User properties, in their order.
    pub user_properties: Vec<(String, String)>,
    /// Whether there is a will.
    pub will: bool,
    /// Session Present of the answer, if it was accepted.
    pub session_present: Option<bool>,
    /// Of the client's DISCONNECT: its reason code.
    pub disconnect: Option<u8>,
    /// Of the client's DISCONNECT: its Session Expiry Interval.
    pub disconnect_expiry: Option<u32>,
}

/// What a PUBLISH of a client carried beside the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishRecord {
    /// Client identifier of the session.
    pub client_id: String,
    /// Packet identifier; `None` with QoS 0.
    pub id: Option<u16>,
    /// The DUP flag.
    pub dup: bool,
    /// QoS.
    pub qos: u8,
    /// The RETAIN flag.
    pub retain: bool,
    /// Topic name.
    pub topic: String,
    /// Payload Format Indicator.
    pub format_indicator: Option<bool>,
    /// Message Expiry Interval in seconds.
    pub expiry: Option<u32>,
    /// Topic alias.
    pub topic_alias: Option<u16>,
    /// Response topic.
    pub response_topic: Option<String>,
    /// Correlation data.
    pub correlation_data: Option<Vec<u8>>,
    /// Content type.
    pub content_type: Option<String>,
    /// User properties, in their order.
    pub user_properties: Vec<(String, String)>,
    /// The reason code of the answer, once it was sent.
    pub puback: Option<u8>,
}

/// Who sent a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client.
    Client,
    /// The broker.
    Broker,
}

/// An MQTT packet, as it was received, or written as a whole.
#[derive(Clone, Debug)]
pub struct PacketRecord {
    /// Number of its connection.
    pub connection: usize,
    /// Who sent it.
    pub from: End,
    /// When it was received, or before it was written.
    pub at: Instant,
    /// Its type, in capitals as the standard writes it.
    pub kind: &'static str,
    /// Packet identifier.
    pub id: Option<u16>,
    /// The DUP flag of a PUBLISH.
    pub dup: bool,
    /// Reason code; of a SUBACK the first.
    pub code: Option<u8>,
    /// The topic of a PUBLISH, or the first filter of a SUBSCRIBE.
    pub topic: Option<String>,
    /// The request id in the payload of a PUBLISH.
    pub request_id: Option<String>,
    /// Its length, header included.
    pub size: usize,
}

/// Such as `PUBLISH 7 DUP` or `PUBACK 7 0x00`.
impl fmt::Display for PacketRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        if let Some(id) = self.id {
            write!(f, " {id}")?;
        }
        if let Some(code) = self.code {
            write!(f, " {code:#04x}")?;
        }
        if self.dup { f.write_str(" DUP") } else { Ok(()) }
    }
}
