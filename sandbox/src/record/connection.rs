//! Connections.

use std::time::Instant;

use super::ConnectRecord;

/// One TCP connection.
#[derive(Clone, Debug)]
pub struct ConnectionRecord {
    /// Counted from 1.
    pub number: usize,
    /// When TCP was accepted.
    pub accepted: Instant,
    /// When the broker had finished with it.
    pub closed: Option<Instant>,
    /// Whether it was made to the TLS port.
    pub tls: bool,
    /// The protocol version, once TLS is up, for example `TLSv1.3`.
    pub tls_version: Option<String>,
    /// The host name the client asked for in the handshake.
    pub server_name: Option<String>,
    /// Subject of the client's certificate, for example `O=Example,CN=me`.
    pub certificate_subject: Option<String>,
    /// The first 8 bytes (above TLS): `AMQP`, protocol id and version.
    pub protocol_header: Option<[u8; 8]>,
    /// The SASL mechanism, if there was a SASL layer.
    pub sasl_mechanism: Option<String>,
    /// The protocol that TLS agreed on by ALPN.
    pub alpn: Option<String>,
    /// The CONNECT, if it was made to an MQTT port.
    pub mqtt: Option<ConnectRecord>,
    /// Whether an Open (over MQTT: a CONNECT) arrived; the fields below are from it.
    pub opened: bool,
    /// `container-id`; over MQTT the client identifier.
    pub container_id: String,
    /// `hostname`.
    pub hostname: Option<String>,
    /// `max-frame-size`; 4294967295 when absent.
    pub max_frame_size: u32,
    /// `channel-max`; 65535 when absent.
    pub channel_max: u16,
    /// `idle-time-out` in milliseconds.
    pub idle_time_out: Option<u32>,
    /// `offered-capabilities`.
    pub offered_capabilities: Vec<String>,
    /// `desired-capabilities`.
    pub desired_capabilities: Vec<String>,
    /// The names in `properties`.
    pub properties: Vec<String>,
    /// Whether the client sent a Close (over MQTT: a DISCONNECT), and so did not just hang up.
    pub close_received: bool,
    /// Problems, such as a failed handshake or a malformed frame.
    pub problems: Vec<String>,
}

impl ConnectionRecord {
    pub(crate) fn new(number: usize, tls: bool) -> Self {
        Self {
            number,
            accepted: Instant::now(),
            closed: None,
            tls,
            tls_version: None,
            server_name: None,
            certificate_subject: None,
            protocol_header: None,
            sasl_mechanism: None,
            alpn: None,
            mqtt: None,
            opened: false,
            container_id: String::new(),
            hostname: None,
            max_frame_size: 0,
            channel_max: 0,
            idle_time_out: None,
            offered_capabilities: Vec::new(),
            desired_capabilities: Vec::new(),
            properties: Vec::new(),
            close_received: false,
            problems: Vec::new(),
        }
    }
}
