//! Packets of both versions. Those of 5 stand for both: what 3.1.1 does not have is empty, or left out.

use mqtt_proto::{
    Error, Pid, Protocol, QoS, TopicFilter,
    v3::{self, ConnectReturnCode, SubscribeReturnCode},
    v5::{
        self, Connack, ConnackProperties, Connect, ConnectProperties, ConnectReasonCode,
        Disconnect, ErrorV5, Packet, Puback, Publish, PublishProperties, RetainHandling, Suback,
        Subscribe, SubscribeReasonCode, SubscriptionOptions, Unsuback, Unsubscribe,
    },
};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.1.1.
    V311,
    /// 5.
    V5,
}

/// Reads a whole packet, as it comes from a client or from a broker.
pub(crate) fn read(version: Version, frame: &[u8]) -> Result<Packet, ErrorV5> {
    let cut_off = || ErrorV5::Common(Error::InvalidRemainingLength);
    match version {
        Version::V5 => Packet::decode(frame)?.ok_or_else(cut_off),
        Version::V311 => Ok(raised(v3::Packet::decode(frame)?.ok_or_else(cut_off)?)),
    }
}

/// A packet of 3.1.1 in the terms of 5.
fn raised(packet: v3::Packet) -> Packet {
    match packet {
        v3::Packet::Connect(connect) => Packet::Connect(Connect {
            protocol: connect.protocol,
            clean_start: connect.clean_session,
            keep_alive: connect.keep_alive,
            properties: ConnectProperties {
                // One bit says both.
                session_expiry_interval: (!connect.clean_session).then_some(u32::MAX),
                ..ConnectProperties::default()
            },
            client_id: connect.client_id,
            last_will: None,
            username: connect.username,
            password: connect.password,
        }),
        v3::Packet::Connack(connack) => Packet::Connack(Connack {
            session_present: connack.session_present,
            reason_code: match connack.code {
                ConnectReturnCode::Accepted => ConnectReasonCode::Success,
                ConnectReturnCode::UnacceptableProtocolVersion => {
                    ConnectReasonCode::UnsupportedProtocolVersion
                }
                ConnectReturnCode::IdentifierRejected => {
                    ConnectReasonCode::ClientIdentifierNotValid
                }
                ConnectReturnCode::ServerUnavailable => ConnectReasonCode::ServerUnavailable,
                ConnectReturnCode::BadUserNameOrPassword => {
                    ConnectReasonCode::BadUserNameOrPassword
                }
                ConnectReturnCode::NotAuthorized => ConnectReasonCode::NotAuthorized,
            },
            properties: ConnackProperties::default(),
        }),
        v3::Packet::Publish(publish) => Packet::Publish(Publish {
            dup: publish.dup,
            retain: publish.retain,
            qos_pid: publish.qos_pid,
            topic_name: publish.topic_name,
            payload: publish.payload,
            properties: PublishProperties::default(),
        }),
        v3::Packet::Subscribe(subscribe) => {
            let option = |qos| SubscriptionOptions {
                retain_handling: RetainHandling::SendAtSubscribe,
                ..SubscriptionOptions::new(qos)
            };
            let topics = subscribe.topics.into_iter();
            let topics = topics.map(|(filter, qos)| (filter, option(qos))).collect();
            Packet::Subscribe(Subscribe::new(subscribe.pid, topics))
        }
        v3::Packet::Suback(suback) => {
            let code = |code: &SubscribeReturnCode| match code {
                SubscribeReturnCode::MaxLevel0 => SubscribeReasonCode::GrantedQoS0,
                SubscribeReturnCode::MaxLevel1 => SubscribeReasonCode::GrantedQoS1,
                SubscribeReturnCode::MaxLevel2 => SubscribeReasonCode::GrantedQoS2,
                SubscribeReturnCode::Failure => SubscribeReasonCode::UnspecifiedError,
            };
            Packet::Suback(Suback::new(suback.pid, suback.topics.iter().map(code).collect()))
        }
        v3::Packet::Unsubscribe(unsubscribe) => {
            Packet::Unsubscribe(Unsubscribe::new(unsubscribe.pid, unsubscribe.topics))
        }
        v3::Packet::Puback(id) => Packet::Puback(Puback::new_success(id)),
        v3::Packet::Pubrec(id) => Packet::Pubrec(v5::Pubrec::new_success(id)),
        v3::Packet::Pubrel(id) => Packet::Pubrel(v5::Pubrel::new_success(id)),
        v3::Packet::Pubcomp(id) => Packet::Pubcomp(v5::Pubcomp::new_success(id)),
        v3::Packet::Unsuback(id) => Packet::Unsuback(Unsuback::new(id, Vec::new())),
        v3::Packet::Pingreq => Packet::Pingreq,
        v3::Packet::Pingresp => Packet::Pingresp,
        v3::Packet::Disconnect => Packet::Disconnect(Disconnect {
            reason_code: v5::DisconnectReasonCode::NormalDisconnect,
            properties: v5::DisconnectProperties::default(),
        }),
    }
}

/// Writes a packet; nothing where the version has no such packet.
///
/// # Panics
///
/// If the codec cannot write it: nothing here makes such a packet.
pub(crate) fn write(version: Version, packet: &Packet) -> Vec<u8> {
    let written = match version {
        Version::V5 => packet.encode(),
        Version::V311 => match lowered(packet) {
            Some(packet) => packet.encode(),
            None => return Vec::new(),
        },
    };
    let mut bytes = written.expect("the packet can be written").as_ref().to_vec();
    if let (Version::V311, Packet::Suback(suback)) = (version, packet) {
        // The codec writes a refusal as 3.
        let first = bytes.len() - suback.topics.len();
        for (byte, code) in bytes[first..].iter_mut().zip(&suback.topics) {
            *byte = (*code as u8).min(0x80);
        }
    }
    bytes
}

/// A packet of 5 as 3.1.1 says it.
fn lowered(packet: &Packet) -> Option<v3::Packet> {
    Some(match packet {
        Packet::Connect(connect) => v3::Packet::Connect(v3::Connect {
            protocol: Protocol::V311,
            clean_session: connect.clean_start,
            keep_alive: connect.keep_alive,
            client_id: connect.client_id.clone(),
            last_will: None,
            username: connect.username.clone(),
            password: connect.password.clone(),
        }),
        Packet::Connack(connack) => v3::Packet::Connack(v3::Connack::new(
            connack.session_present,
            match connack.reason_code {
                ConnectReasonCode::Success => ConnectReturnCode::Accepted,
                // The code itself is put in place of this one.
                _ => ConnectReturnCode::ServerUnavailable,
            },
        )),
        Packet::Publish(publish) => v3::Packet::Publish(v3::Publish {
            dup: publish.dup,
            retain: publish.retain,
            qos_pid: publish.qos_pid,
            topic_name: publish.topic_name.clone(),
            payload: publish.payload.clone(),
        }),
        Packet::Puback(puback) => v3::Packet::Puback(puback.pid),
        Packet::Subscribe(subscribe) => {
            let topics = subscribe.topics.iter();
            let topics: Vec<(TopicFilter, QoS)> =
                topics.map(|(filter, options)| (filter.clone(), options.max_qos)).collect();
            v3::Packet::Subscribe(v3::Subscribe::new(subscribe.pid, topics))
        }
        Packet::Suback(suback) => {
            let code = |code: &SubscribeReasonCode| match code {
                SubscribeReasonCode::GrantedQoS0 => SubscribeReturnCode::MaxLevel0,
                SubscribeReasonCode::GrantedQoS1 => SubscribeReturnCode::MaxLevel1,
                SubscribeReasonCode::GrantedQoS2 => SubscribeReturnCode::MaxLevel2,
                _ => SubscribeReturnCode::Failure,
            };
            v3::Packet::Suback(v3::Suback::new(
                suback.pid,
                suback.topics.iter().map(code).collect(),
            ))
        }
        Packet::Unsubscribe(unsubscribe) => v3::Packet::Unsubscribe(v3::Unsubscribe::new(
            unsubscribe.pid,
            unsubscribe.topics.clone(),
        )),
        Packet::Unsuback(unsuback) => v3::Packet::Unsuback(unsuback.pid),
        Packet::Pingreq => v3::Packet::Pingreq,
        Packet::Pingresp => v3::Packet::Pingresp,
        // Only a client ends with one.
        Packet::Disconnect(disconnect)
            if disconnect.reason_code == v5::DisconnectReasonCode::NormalDisconnect =>
        {
            v3::Packet::Disconnect
        }
        _ => return None,
    })
}

/// The bytes of a packet with another reason code, whatever the codec knows: of a CONNACK, PUBACK or DISCONNECT, or for
/// every topic of a SUBACK. The packet has a code already that is not the usual one, which could be left out.
pub(crate) fn with_code(version: Version, packet: &Packet, code: u8) -> Vec<u8> {
    let mut bytes = write(version, packet);
    let Some(header) = bytes.iter().skip(1).position(|byte| byte & 0x80 == 0) else {
        return bytes;
    };
    let body = header + 2;
    match (packet, version) {
        (Packet::Connack(_), Version::V5) => bytes[body + 1] = code,
        (Packet::Connack(_), Version::V311) => bytes[body + 1] = connack_of_311(code),
        (Packet::Suback(suback), _) => {
            let first = bytes.len() - suback.topics.len();
            bytes[first..].fill(if version == Version::V311 { code.min(0x80) } else { code });
        }
        (Packet::Puback(_), Version::V5) => bytes[body + 2] = code,
        (Packet::Disconnect(_), Version::V5) => bytes[body] = code,
        _ => {}
    }
    bytes
}

/// What 3.1.1 says for a code of 5; a code that is below those stays as it is.
fn connack_of_311(code: u8) -> u8 {
    match code {
        0x84 => 1,
        0x85 => 2,
        0x86 => 4,
        0x87 => 5,
        0x80.. => 3,
        code => code,
    }
}

/// The reason code of a packet: of a SUBACK the first.
pub(crate) fn code(packet: &Packet) -> Option<u8> {
    Some(match packet {
        Packet::Connack(connack) => connack.reason_code as u8,
        Packet::Suback(suback) => *suback.topics.first()? as u8,
        Packet::Puback(puback) => puback.reason_code as u8,
        Packet::Disconnect(disconnect) => disconnect.reason_code as u8,
        _ => return None,
    })
}

/// The packet id of a packet.
pub(crate) fn id(packet: &Packet) -> Option<u16> {
    let id: Pid = match packet {
        Packet::Publish(publish) => publish.qos_pid.pid()?,
        Packet::Puback(puback) => puback.pid,
        Packet::Subscribe(subscribe) => subscribe.pid,
        Packet::Suback(suback) => suback.pid,
        Packet::Unsubscribe(unsubscribe) => unsubscribe.pid,
        Packet::Unsuback(unsuback) => unsuback.pid,
        _ => return None,
    };
    Some(id.value())
}
