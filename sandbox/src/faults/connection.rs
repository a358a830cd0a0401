//! Faults of a connection.

use std::time::Duration;

/// A fault of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionAct {
    /// The broker sends nothing from this point on, and the socket stays open.
    Silent(Phase),
    /// The connection ends without a Close once this limit is reached.
    CutAfter(Limit),
    /// Each byte is written by itself, after this pause.
    Slow(Duration),
    /// The connection ends without a Close: upon a request, which gets no outcome, or after the broker's Open.
    Cut,
    /// The broker sends nothing more, as if the network were gone: upon a request, which gets no outcome, or after its
    /// Open.
    HalfOpen,
    /// The broker closes the connection with this error: upon a request, which gets no outcome, or after its Open.
    Close(super::Refusal),
    /// Over MQTT: the broker ends the connection with a DISCONNECT: upon a request, which gets no outcome, upon what the
    /// condition names, or after its CONNACK.
    Disconnect(super::Answer),
    /// Over MQTT: the answer to the CONNECT; from 0x80 on the connection ends after it.
    Connack(super::Answer),
    /// Over MQTT: the client's session ends with its connection; upon its CONNECT, the broker has lost it.
    Forget,
    /// Over MQTT: on this connection the broker has this setting, as [`Mqtt::set`](crate::Mqtt::set) reads it.
    Setting(String),
    /// These bytes are written as they are, between two frames: upon a request, which is served nevertheless, or after
    /// the Open. With [`ConnectionAct::Cut`] they are the last.
    Raw(Layer, Vec<u8>),
    /// These bytes are all that the client gets in place of what the layer would begin with: in place of TLS, or in
    /// place of AMQP's protocol header. With [`ConnectionAct::Cut`] the connection ends after them, else it stays.
    RawFirst(Layer, Vec<u8>),
}

impl ConnectionAct {
    /// The bytes that are sent in place of this layer's beginning, if any.
    pub(crate) fn raw_first(acts: &[Self], wanted: Layer) -> Option<&[u8]> {
        acts.iter().find_map(|act| match act {
            Self::RawFirst(layer, bytes) if *layer == wanted => Some(&bytes[..]),
            _ => None,
        })
    }
}

/// The layer to which raw bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Into the stream of AMQP's frames, which TLS may protect.
    Amqp,
    /// Into TCP, below TLS; without TLS only the time differs.
    Tcp,
}

/// How far a connection gets before the broker falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// TCP is up.
    Tcp,
    /// TLS is up; without TLS the same as [`Phase::Tcp`].
    Tls,
    /// The broker has sent its Open.
    Open,
}

/// What may pass before a connection is cut. Protocol headers, SASL frames and heartbeats do not count as frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// That many frames of the broker.
    FramesSent(usize),
    /// That many frames of the client.
    FramesReceived(usize),
    /// That many bytes of the broker, above TLS; the last frame is cut in two.
    BytesSent(usize),
}
