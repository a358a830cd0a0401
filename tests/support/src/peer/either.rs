//! A broker made by hand that speaks either protocol, for scripts that are the same over both.

use std::{io, net::TcpStream};

use amqp_frames::{accepted, performative as make};

use super::{Peer, mqtt, request_id, settled, swallow};
use crate::harness::Protocol;

/// A broker that has let a client in, and takes its requests.
pub enum Either {
    /// Over AMQP.
    Amqp(Peer),
    /// Over MQTT.
    Mqtt(mqtt::Peer),
}

/// A request that has come.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of its delivery, or its packet identifier.
    number: u32,
    /// Its `request_id`.
    pub id: String,
}

impl Either {
    /// Answers the client until it may send.
    pub fn ready(protocol: Protocol, stream: TcpStream) -> io::Result<Self> {
        Ok(match protocol {
            Protocol::Amqp => {
                let mut peer = Peer::attached_with_max_frame_size(stream, 1 << 16)?;
                peer.grant(1000)?;
                Self::Amqp(peer)
            }
            Protocol::Mqtt => Self::Mqtt(mqtt::Peer::subscribed(stream)?),
        })
    }

    /// Its connection.
    pub fn stream(&mut self) -> &mut TcpStream {
        match self {
            Self::Amqp(peer) => &mut peer.stream,
            Self::Mqtt(peer) => &mut peer.stream,
        }
    }

    /// Sends these frames or packets in one write.
    pub fn answer(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Amqp(peer) => peer.answer(bytes),
            Self::Mqtt(peer) => peer.answer(bytes),
        }
    }

    /// Puts bytes back that a test read from the stream, in front of those that are still to be read.
    pub fn put_back(&mut self, bytes: &[u8]) {
        match self {
            Self::Amqp(peer) => peer.put_back(bytes),
            Self::Mqtt(peer) => peer.put_back(bytes),
        }
    }

    /// Waits for a whole request.
    pub fn request(&mut self) -> io::Result<Asked> {
        Ok(match self {
            Self::Amqp(peer) => {
                let message = peer.message()?;
                let number = message.field(make::transfer::DELIVERY_ID).as_u32().unwrap();
                Asked { number, id: request_id(&message) }
            }
            Self::Mqtt(peer) => {
                let request = peer.request()?;
                Asked { number: request.id().into(), id: request.request_id() }
            }
        })
    }

    /// The outcome of a request: accepted.
    pub fn accepted(&self, asked: &Asked) -> Vec<u8> {
        match self {
            Self::Amqp(_) => settled(asked.number, asked.number, accepted()),
            Self::Mqtt(_) => mqtt::puback(asked.number as u16, 0),
        }
    }

    /// The reply to a request, the `number`th (from 0 on) that the peer sends.
    pub fn reply(&self, number: u16, asked: &Asked) -> Vec<u8> {
        match self {
            Self::Amqp(peer) => peer.reply(number.into(), &asked.id),
            Self::Mqtt(peer) => peer.reply(number + 1, &asked.id),
        }
    }

    /// Waits until the client ends the connection in order.
    pub fn await_close(&mut self) -> io::Result<()> {
        match self {
            Self::Amqp(peer) => peer.await_frame(make::close::CODE).map(drop),
            Self::Mqtt(peer) => peer.await_packet(mqtt::kind::DISCONNECT).map(drop),
        }
    }

    /// Reads whatever comes until the client hangs up.
    pub fn swallow(mut self) {
        swallow(self.stream());
    }
}
