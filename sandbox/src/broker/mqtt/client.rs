//! The client at the other end of a connection, and what is sent to it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Instant,
};

use mqtt_proto::{
    Pid,
    v5::{
        Disconnect, DisconnectProperties, DisconnectReasonCode, Packet, Puback, PubackProperties,
        PubackReasonCode,
    },
};
use tokio::sync::mpsc;

use super::{
    super::{line::Line, shared::Broker},
    session::{Key, Session},
    writer::Out,
};
use crate::{
    faults::{Answer, ConnectionAct, Layer},
    mqtt::{self, Mqtt, Version},
    record::{End, PacketRecord},
};

/// A client whose CONNECT was accepted.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) broker: Arc<Broker>,
    /// Number of the connection.
    pub(super) number: usize,
    pub(super) version: Version,
    /// What the broker is like on this connection.
    pub(super) settings: Mqtt,
    pub(super) key: Key,
    pub(super) session: Arc<Session>,
    /// The largest packet that it takes.
    pub(super) largest: usize,
    pub(super) sender: Sender,
    /// Packet ids of its messages that are not answered.
    pub(super) open: Mutex<HashSet<u16>>,
    /// Answers that are held back.
    pub(super) held: Mutex<Vec<(u16, Answer, usize)>>,
    /// Whether its session ends with the connection.
    pub(super) forget: AtomicBool,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client has ended it.
    Client,
    /// Nothing more is sent, and what comes is ignored.
    Silent,
    /// Cut at once.
    Cut,
    /// After a last packet, in good order.
    Closed,
}

/// The way of packets to the client.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) number: usize,
    pub(super) version: Version,
    pub(super) line: Line,
    pub(super) queue: mpsc::UnboundedSender<Out>,
}

impl Sender {
    /// Sends a packet.
    pub(super) fn send(&self, packet: &Packet) {
        self.send_bytes(packet, mqtt::write(self.version, packet), mqtt::code(packet), None);
    }

    /// Sends a message with the id of the request that it answers.
    pub(super) fn publish(&self, packet: &Packet, bytes: Vec<u8>, request_id: Option<String>) {
        let record = described(self.number, End::Broker, packet, bytes.len());
        let record = PacketRecord { request_id, ..record };
        self.put(Out::Packet { bytes, record, answers: None });
    }

    /// Sends a packet with a code that the codec may not know.
    pub(super) fn send_code(&self, packet: &Packet, code: u8, answers: Option<usize>) {
        let bytes = mqtt::with_code(self.version, packet, code);
        self.send_bytes(packet, bytes, Some(code), answers);
    }

    /// Sends a packet as these bytes.
    pub(super) fn send_bytes(
        &self,
        packet: &Packet,
        bytes: Vec<u8>,
        code: Option<u8>,
        answers: Option<usize>,
    ) {
        if bytes.is_empty() {
            return;
        }
        let record =
            PacketRecord { code, ..described(self.number, End::Broker, packet, bytes.len()) };
        self.put(Out::Packet { bytes, record, answers });
    }

    /// Sends a DISCONNECT; 3.1.1 has none.
    pub(super) fn disconnect(&self, answer: &Answer) {
        let packet = Packet::Disconnect(Disconnect {
            reason_code: DisconnectReasonCode::UnspecifiedError,
            properties: DisconnectProperties {
                reason_string: answer.reason.as_deref().map(Into::into),
                server_reference: answer.reference.as_deref().map(Into::into),
                ..DisconnectProperties::default()
            },
        });
        self.send_code(&packet, answer.code, None);
        self.put(Out::Close);
    }

    /// Applies acts to the connection; returns how it ends, if it does.
    pub(super) fn apply(&self, acts: &[ConnectionAct]) -> Option<Ending> {
        for act in acts {
            match act {
                ConnectionAct::Raw(Layer::Amqp, bytes) => self.put(Out::Raw(bytes.clone())),
                ConnectionAct::Raw(layer, bytes) => self.line.write_raw(*layer, bytes),
                _ => {}
            }
        }
        acts.iter().find_map(|act| match act {
            ConnectionAct::Cut => {
                self.put(Out::Cut);
                Some(Ending::Cut)
            }
            ConnectionAct::HalfOpen => {
                self.put(Out::Silence);
                Some(Ending::Silent)
            }
            ConnectionAct::Close(refusal) => {
                self.disconnect(&refusal.into());
                Some(Ending::Closed)
            }
            ConnectionAct::Disconnect(answer) => {
                self.disconnect(answer);
                Some(Ending::Closed)
            }
            _ => None,
        })
    }

    pub(super) fn put(&self, out: Out) {
        // It fails only if the connection has ended: then there is nothing left to send.
        let _ = self.queue.send(out);
    }
}

impl Client {
    /// Applies acts to the connection and the session; returns how the connection ends, if it does.
    pub(super) fn apply(&self, acts: &[ConnectionAct]) -> Option<Ending> {
        if acts.contains(&ConnectionAct::Forget) {
            self.forget.store(true, std::sync::atomic::Ordering::SeqCst);
        }
        self.sender.apply(acts)
    }

    /// Ends the connection because of something that the client did.
    pub(super) fn blame(&self, code: u8, problem: &str) -> Option<Ending> {
        self.broker.recorder.problem(self.number, problem.to_owned());
        let reason = Some(problem.to_owned());
        self.sender.disconnect(&Answer { reason, ..Answer::code(code) });
        Some(Ending::Closed)
    }

    /// Answers a PUBLISH; `index` is the place of the request in the record.
    pub(super) fn puback(&self, id: u16, answer: &Answer, index: usize) {
        self.open.lock().unwrap().remove(&id);
        let id = Pid::try_from(id).expect("the codec has read it");
        let packet = Packet::Puback(match (answer.code, &answer.reason) {
            (0, None) => Puback::new_success(id),
            (_, reason) => Puback {
                pid: id,
                reason_code: PubackReasonCode::UnspecifiedError,
                properties: PubackProperties {
                    reason_string: reason.as_deref().map(Into::into),
                    user_properties: Vec::new(),
                },
            },
        });
        match answer.code {
            0 if answer.reason.is_none() => {
                let bytes = mqtt::write(self.version, &packet);
                self.sender.send_bytes(&packet, bytes, Some(0), Some(index));
            }
            code => self.sender.send_code(&packet, code, Some(index)),
        }
    }
}

/// What the record has of a packet; it does not look into a payload.
pub(super) fn described(
    connection: usize,
    from: End,
    packet: &Packet,
    size: usize,
) -> PacketRecord {
    let (mut dup, mut topic) = (false, None);
    match packet {
        Packet::Publish(publish) => {
            dup = publish.dup;
            topic = Some(publish.topic_name.to_string());
        }
        Packet::Subscribe(subscribe) => {
            topic = subscribe.topics.first().map(|(filter, _)| filter.to_string());
        }
        _ => {}
    }
    let kind = match packet {
        Packet::Connect(_) => "CONNECT",
        Packet::Connack(_) => "CONNACK",
        Packet::Publish(_) => "PUBLISH",
        Packet::Puback(_) => "PUBACK",
        Packet::Pubrec(_) => "PUBREC",
        Packet::Pubrel(_) => "PUBREL",
        Packet::Pubcomp(_) => "PUBCOMP",
        Packet::Subscribe(_) => "SUBSCRIBE",
        Packet::Suback(_) => "SUBACK",
        Packet::Unsubscribe(_) => "UNSUBSCRIBE",
        Packet::Unsuback(_) => "UNSUBACK",
        Packet::Pingreq => "PINGREQ",
        Packet::Pingresp => "PINGRESP",
        Packet::Disconnect(_) => "DISCONNECT",
        Packet::Auth(_) => "AUTH",
    };
    PacketRecord {
        connection,
        from,
        at: Instant::now(),
        kind,
        id: mqtt::id(packet),
        dup,
        code: mqtt::code(packet),
        topic,
        request_id: None,
        size,
    }
}
