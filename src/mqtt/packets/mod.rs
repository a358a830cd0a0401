//! The packets of MQTT 5.0 and 3.1.1 that a client of QoS 1 writes and reads ("§" is a section of the MQTT 5.0 standard).
//!
//! Whatever frames is accepted: texts that are not UTF-8, unknown codes, unknown properties and packets that no broker should
//! send are data, because a broker delivers a reply again and again to a client that disconnects in place of acknowledging it.
//! Nothing is allocated by a length that the broker only announces.

mod connect;
mod kind;
mod large;
mod packet;
mod properties;
mod publish;
mod reader;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use connect::Connect;
pub(crate) use packet::{Connack, Packet, Reason};
pub(crate) use publish::Publish;
pub(crate) use reader::Reader;
pub(crate) use write::{
    Request, Unwritable, mark_as_repeated, write_disconnect, write_pingreq, write_puback,
    write_subscribe,
};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V5,
    /// Without properties, and with other codes.
    V311,
}

/// The properties that the client uses (§2.2.2.2).
mod property {
    pub(super) const PAYLOAD_FORMAT: u8 = 0x01;
    pub(super) const MESSAGE_EXPIRY: u8 = 0x02;
    pub(super) const CONTENT_TYPE: u8 = 0x03;
    pub(super) const RESPONSE_TOPIC: u8 = 0x08;
    pub(super) const CORRELATION_DATA: u8 = 0x09;
    pub(super) const SESSION_EXPIRY: u8 = 0x11;
    pub(super) const ASSIGNED_CLIENT_ID: u8 = 0x12;
    pub(super) const SERVER_KEEP_ALIVE: u8 = 0x13;
    pub(super) const SERVER_REFERENCE: u8 = 0x1c;
    pub(super) const REASON_STRING: u8 = 0x1f;
    pub(super) const RECEIVE_MAXIMUM: u8 = 0x21;
    pub(super) const MAXIMUM_QOS: u8 = 0x24;
    pub(super) const USER_PROPERTY: u8 = 0x26;
    pub(super) const MAXIMUM_PACKET_SIZE: u8 = 0x27;
}
