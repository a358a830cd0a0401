//! A client of MQTT made with the codec, which decides nothing by itself.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use amqp_sandbox::Sandbox;
use mqtt_proto::{
    Pid, Protocol, QoS, QosPid, TopicFilter, TopicName, v3,
    v5::{
        Connack, Connect, ConnectProperties, Disconnect, Packet, Puback, PubackReasonCode, Publish,
        RetainHandling, Subscribe, SubscriptionOptions,
    },
};

use super::LIMIT;

pub(crate) const SIGN: &str = "VirtualTopic.sandbox.sign";
pub(crate) const REPLY: &str = "VirtualTopic.sandbox.reply";

/// A connection of a client.
pub(crate) struct Mqtt {
    stream: TcpStream,
    is_311: bool,
}

impl Mqtt {
    /// Only TCP.
    pub(crate) fn dial(sandbox: &Sandbox) -> Self {
        let url = sandbox.mqtt_url();
        let stream = TcpStream::connect(url.strip_prefix("mqtt://").unwrap()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, is_311: false }
    }

    /// Sends a CONNECT; what comes is not read yet.
    pub(crate) fn sent(sandbox: &Sandbox, id: &str, change: impl FnOnce(&mut Connect)) -> Self {
        let mut client = Self::dial(sandbox);
        client.send(&Packet::Connect(connect(id, change)));
        client
    }

    /// Sends a CONNECT, and reads the CONNACK.
    pub(crate) fn connected(
        sandbox: &Sandbox,
        id: &str,
        change: impl FnOnce(&mut Connect),
    ) -> (Self, Connack) {
        let mut client = Self::sent(sandbox, id, change);
        match client.read() {
            Some(Packet::Connack(connack)) => (client, connack),
            other => panic!("expected a CONNACK, found {other:?}"),
        }
    }

    /// A client with a clean session.
    pub(crate) fn new(sandbox: &Sandbox, id: &str) -> Self {
        Self::connected(sandbox, id, |_| {}).0
    }

    /// A client with a session that is kept; returns whether it was there.
    pub(crate) fn resumed(sandbox: &Sandbox, id: &str) -> (Self, bool) {
        let (client, connack) = Self::connected(sandbox, id, |connect| {
            connect.clean_start = false;
            connect.properties.session_expiry_interval = Some(1000);
        });
        (client, connack.session_present)
    }

    /// A client of 3.1.1.
    pub(crate) fn old(sandbox: &Sandbox, id: &str, clean_session: bool) -> (Self, bool) {
        let mut client = Self { is_311: true, ..Self::dial(sandbox) };
        let connect = v3::Connect { clean_session, ..v3::Connect::new(id.into(), 60) };
        client.write(v3::Packet::Connect(connect).encode().unwrap().as_ref());
        let connack = client.bytes().unwrap();
        assert_eq!((connack[..2].to_vec(), connack[3]), (vec![0x20, 2], 0));
        (client, connack[2] == 1)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub(crate) fn send(&mut self, packet: &Packet) {
        let bytes = match (self.is_311, packet) {
            (false, packet) => packet.encode().unwrap(),
            (true, Packet::Publish(publish)) => v3::Packet::Publish(v3::Publish {
                dup: publish.dup,
                retain: publish.retain,
                qos_pid: publish.qos_pid,
                topic_name: publish.topic_name.clone(),
                payload: publish.payload.clone(),
            })
            .encode()
            .unwrap(),
            (true, Packet::Puback(puback)) => v3::Packet::Puback(puback.pid).encode().unwrap(),
            (true, Packet::Subscribe(subscribe)) => {
                let topics = subscribe.topics.iter().map(|(f, o)| (f.clone(), o.max_qos)).collect();
                let subscribe = v3::Subscribe::new(subscribe.pid, topics);
                v3::Packet::Subscribe(subscribe).encode().unwrap()
            }
            (true, other) => panic!("{other:?}"),
        };
        self.write(bytes.as_ref());
    }

    /// The bytes of the next packet; nothing at the end of the stream.
    pub(crate) fn bytes(&mut self) -> Option<Vec<u8>> {
        let mut packet = vec![0];
        if self.stream.read(&mut packet).ok()? == 0 {
            return None;
        }
        let (mut length, mut shift) = (0, 0);
        loop {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).ok()?;
            packet.push(byte[0]);
            length |= usize::from(byte[0] & 0x7f) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let start = packet.len();
        packet.resize(start + length, 0);
        self.stream.read_exact(&mut packet[start..]).ok()?;
        Some(packet)
    }

    /// The next bytes, which need not be a packet.
    pub(crate) fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// The next packet, which is of 5; nothing at the end of the stream.
    pub(crate) fn read(&mut self) -> Option<Packet> {
        let bytes = self.bytes()?;
        Some(Packet::decode(&bytes).unwrap().unwrap())
    }

    /// Fails the test unless the broker hangs up without another packet.
    #[track_caller]
    pub(crate) fn ends(&mut self) {
        assert_eq!(self.bytes(), None);
    }

    /// Subscribes; returns the reason code, and the packets that came before the SUBACK.
    pub(crate) fn subscribe(&mut self, topic: &str, retain: RetainHandling) -> (u8, Vec<Publish>) {
        self.send(&subscribe(topic, retain));
        let mut before = Vec::new();
        loop {
            let bytes = self.bytes().expect("a SUBACK comes");
            if bytes[0] >> 4 == 9 {
                return (*bytes.last().unwrap(), before);
            }
            match Packet::decode(&bytes).unwrap().unwrap() {
                Packet::Publish(publish) => before.push(publish),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Subscribes to replies.
    pub(crate) fn listening(mut self) -> Self {
        assert_eq!(self.subscribe(REPLY, RetainHandling::DoNotSend).0, 1);
        self
    }

    pub(crate) fn publish(&mut self, id: u16, text: &str) {
        self.send(&Packet::Publish(publish(id, SIGN, text)));
    }

    /// Reads a PUBACK; returns its id and code, whatever that is.
    #[track_caller]
    pub(crate) fn puback(&mut self) -> (u16, u8) {
        let bytes = self.bytes().expect("a PUBACK comes");
        assert_eq!(bytes[0], 0x40, "{bytes:02x?}");
        (u16::from_be_bytes([bytes[2], bytes[3]]), bytes.get(4).copied().unwrap_or(0))
    }

    /// Reads a PUBLISH.
    #[track_caller]
    pub(crate) fn message(&mut self) -> Publish {
        match self.read() {
            Some(Packet::Publish(publish)) => publish,
            other => panic!("expected a PUBLISH, found {other:?}"),
        }
    }

    /// Reads a DISCONNECT, and the end of the stream; returns its code.
    #[track_caller]
    pub(crate) fn disconnected(&mut self) -> u8 {
        let bytes = self.bytes().expect("a DISCONNECT comes");
        assert_eq!(bytes[0], 0xe0, "{bytes:02x?}");
        self.ends();
        bytes.get(2).copied().unwrap_or(0)
    }

    pub(crate) fn acknowledge(&mut self, id: u16) {
        self.send(&Packet::Puback(Puback::new_success(Pid::try_from(id).unwrap())));
    }

    pub(crate) fn refuse(&mut self, id: u16, code: PubackReasonCode) {
        self.send(&Packet::Puback(Puback::new(Pid::try_from(id).unwrap(), code)));
    }

    pub(crate) fn disconnect(&mut self) {
        self.send(&Packet::Disconnect(Disconnect::new_normal()));
    }
}

pub(crate) fn connect(id: &str, change: impl FnOnce(&mut Connect)) -> Connect {
    let mut connect = Connect {
        protocol: Protocol::V500,
        clean_start: true,
        keep_alive: 60,
        properties: ConnectProperties::default(),
        client_id: id.into(),
        last_will: None,
        username: None,
        password: None,
    };
    change(&mut connect);
    connect
}

pub(crate) fn subscribe(topic: &str, retain_handling: RetainHandling) -> Packet {
    let options = SubscriptionOptions { retain_handling, ..SubscriptionOptions::new(QoS::Level1) };
    let filter = TopicFilter::try_from(topic).unwrap();
    Packet::Subscribe(Subscribe::new(Pid::try_from(9).unwrap(), vec![(filter, options)]))
}

pub(crate) fn publish(id: u16, topic: &str, text: &str) -> Publish {
    let id = QosPid::Level1(Pid::try_from(id).unwrap());
    Publish::new(id, TopicName::try_from(topic).unwrap(), text.as_bytes().to_vec().into())
}

/// A request to sign, as a text.
pub(crate) fn blob(id: &str) -> String {
    format!(r#"{{"artifact":"YQ==","request_id":"{id}"}}"#)
}

/// The id of the packet and the request id in a reply.
#[track_caller]
pub(crate) fn reply(publish: &Publish) -> (u16, String) {
    let json: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
    let id = json["msg"]["request_id"].as_str().unwrap().to_owned();
    assert!(json["msg"]["signed_payload"].is_string(), "{json}");
    (publish.qos_pid.pid().unwrap().value(), id)
}
