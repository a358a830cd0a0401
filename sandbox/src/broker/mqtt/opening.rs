//! How a connection begins: the CONNECT, its answer, and the session.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use mqtt_proto::{
    Protocol, QoS,
    v5::{Connack, ConnackProperties, Connect, ConnectReasonCode, Packet},
};
use tokio::{io::AsyncRead, sync::mpsc};

use super::{
    super::{router::Queue, shared::Broker},
    client::{Client, Ending, Sender, described},
    connection::Wire,
    session::{Key, Owner},
    writer::Out,
};
use crate::{
    faults::{Answer, ConnectionAct, Layer},
    mqtt::{self, Frame, Mqtt, Version},
    record::{ConnectRecord, End},
};

/// The client, how long it may be silent, and what tells that another connection has its session.
type Opened = (Client, Option<Duration>, mpsc::UnboundedReceiver<()>);

/// Waits for the CONNECT and answers it; if the client is not let in, returns how its connection ends.
pub(super) async fn open<S: AsyncRead>(
    wire: &mut Wire<S>,
    broker: &Arc<Broker>,
    port: usize,
    number: usize,
    acts: &[ConnectionAct],
    queue: mpsc::UnboundedSender<Out>,
) -> Result<Opened, Result<Ending, String>> {
    let frame = match wire.next(usize::MAX).await {
        Ok(Frame::Whole(frame)) => frame,
        Ok(Frame::End) => return Err(Err("no CONNECT".to_owned())),
        Ok(_) => return Err(Err("malformed CONNECT".to_owned())),
        Err(problem) => return Err(Err(problem)),
    };
    // The protocol's name and level come first in a CONNECT, after a header of at least two bytes.
    let level =
        frame.windows(5).find(|bytes| bytes.starts_with(b"MQTT")).map_or(0, |bytes| bytes[4]);
    let version = if level == 4 { Version::V311 } else { Version::V5 };
    let sender = Sender { number, version, line: wire.line(), queue };
    if let Some(bytes) = ConnectionAct::raw_first(acts, Layer::Amqp) {
        sender.put(Out::Raw(bytes.to_vec()));
        let cut = acts.iter().filter(|act| **act == ConnectionAct::Cut).cloned();
        return Err(Ok(sender.apply(&cut.collect::<Vec<_>>()).unwrap_or(Ending::Silent)));
    }
    let connect = match mqtt::read(version, &frame) {
        Ok(Packet::Connect(connect)) => connect,
        other => {
            let problem = format!("no CONNECT of a known version: {other:?}");
            return Err(Ok(dismiss(broker, &sender, level, problem)));
        }
    };
    if connect.properties.receive_max == Some(0) {
        let problem = "a Receive Maximum of 0".to_owned();
        return Err(Ok(dismiss(broker, &sender, level, problem)));
    }
    record(broker, number, &connect, level, frame.len());
    let upon_connect = broker.matcher.lock().unwrap().connect(number);
    let rules = Rules::new(broker, number, &[&upon_connect[..], acts].concat());
    let upon_connect = match rules.settings.only_311 && version == Version::V5 {
        true => vec![ConnectionAct::Cut],
        false => upon_connect,
    };
    if let Some(ending) = sender.apply(&upon_connect) {
        return Err(Ok(ending));
    }
    let ruled = rules.connack.clone().filter(|answer| answer.code >= 0x80);
    if let Some(answer) = ruled.or_else(|| refusal(&rules.settings, &connect, version)) {
        refuse(&sender, &answer);
        return Err(Ok(Ending::Closed));
    }
    let has_lost_session = upon_connect.contains(&ConnectionAct::Forget);
    Ok(admit(broker, port, sender, &connect, rules, has_lost_session))
}

/// Ends a connection without an answer, as Mosquitto does; to a level that it does not know it says so in the words of 3.1.1.
fn dismiss(broker: &Broker, sender: &Sender, level: u8, problem: String) -> Ending {
    broker.recorder.problem(sender.number, problem);
    if !matches!(level, 4 | 5) {
        sender.put(Out::Raw(vec![0x20, 0x02, 0x00, 0x01]));
    }
    sender.put(Out::Close);
    Ending::Closed
}

/// What the rules say of a connection before it is let in.
struct Rules {
    settings: Mqtt,
    connack: Option<Answer>,
}

impl Rules {
    fn new(broker: &Broker, number: usize, acts: &[ConnectionAct]) -> Self {
        let mut rules = Self { settings: broker.options.mqtt_broker.clone(), connack: None };
        for act in acts {
            match act {
                ConnectionAct::Connack(answer) => rules.connack = Some(answer.clone()),
                ConnectionAct::Setting(text) => {
                    if let Err(problem) = rules.settings.set(text) {
                        broker.recorder.problem(number, problem);
                    }
                }
                _ => {}
            }
        }
        rules
    }
}

/// Why a client is not let in, if it is not.
fn refusal(settings: &Mqtt, connect: &Connect, version: Version) -> Option<Answer> {
    if let Some((name, password)) = &settings.user {
        let same = connect.username.as_deref() == Some(name)
            && password
                .as_deref()
                .is_none_or(|password| connect.password.as_deref() == Some(password.as_bytes()));
        if !same {
            return Some(Answer::code(0x87));
        }
    }
    if connect.properties.auth_method.is_some() {
        return Some(Answer::code(0x8c));
    }
    let unnamed = connect.client_id.is_empty() && !connect.clean_start;
    (unnamed && version == Version::V311).then(|| Answer::code(0x85))
}

fn refuse(sender: &Sender, answer: &Answer) {
    let connack = Connack {
        session_present: false,
        reason_code: ConnectReasonCode::UnspecifiedError,
        properties: ConnackProperties {
            reason_string: answer.reason.as_deref().map(Into::into),
            server_reference: answer.reference.as_deref().map(Into::into),
            ..ConnackProperties::default()
        },
    };
    sender.send_code(&Packet::Connack(connack), answer.code, None);
    sender.put(Out::Close);
}

/// Lets a client in.
fn admit(
    broker: &Arc<Broker>,
    port: usize,
    sender: Sender,
    connect: &Connect,
    Rules { settings, connack: ruled }: Rules,
    has_lost_session: bool,
) -> Opened {
    let number = sender.number;
    let assigns =
        connect.client_id.is_empty() || settings.assigns_client_ids && connect.clean_start;
    let assigned = assigns.then(|| format!("auto-{:016x}", rand::random::<u64>()));
    let client_id = assigned.as_deref().unwrap_or(&connect.client_id);
    let wanted = connect.properties.session_expiry_interval.unwrap_or(0);
    let expiry = settings.session_expiry.map_or(wanted, |longest| longest.min(wanted));
    let own_maximum = connect.properties.receive_max.unwrap_or(u16::MAX);
    let (lost, losing) = mpsc::unbounded_channel();
    let owner =
        Owner { connection: number, limit: usize::from(settings.in_flight.min(own_maximum)), lost };
    let key: Key = (port, client_id.to_owned());
    let queue = || Queue::limited(settings.queue);
    let (session, present) = broker.sessions.open(
        &key,
        connect.clean_start || has_lost_session,
        expiry,
        owner,
        queue,
        &broker.recorder,
    );
    if present && settings.renumbers {
        session.renumber();
    }
    let keep_alive = settings.keep_alive.unwrap_or(connect.keep_alive);
    let connack = Packet::Connack(Connack {
        session_present: present,
        reason_code: ConnectReasonCode::Success,
        properties: ConnackProperties {
            // RabbitMQ says it even if it is what the client asked for.
            session_expiry_interval: settings.session_expiry.map(|_| expiry),
            receive_max: settings.receive_maximum,
            max_qos: settings.maximum_qos.map(|qos| match qos {
                0 => QoS::Level0,
                _ => QoS::Level1,
            }),
            max_packet_size: settings.maximum_packet_size,
            assigned_client_id: assigned.map(Into::into),
            topic_alias_max: settings.topic_alias_maximum,
            server_keep_alive: settings.keep_alive,
            reason_string: ruled
                .as_ref()
                .and_then(|answer| answer.reason.as_deref())
                .map(Into::into),
            ..ConnackProperties::default()
        },
    });
    broker.recorder.on_connection(number, |record| {
        if let Some(mqtt) = &mut record.mqtt {
            mqtt.session_present = Some(present);
        }
    });
    match ruled {
        Some(answer) => sender.send_code(&connack, answer.code, None),
        None => sender.send(&connack),
    }
    let largest = connect.properties.max_packet_size;
    let client = Client {
        broker: Arc::clone(broker),
        number,
        version: sender.version,
        settings,
        key,
        session,
        largest: largest.map_or(usize::MAX, |size| size as usize),
        sender,
        open: Mutex::new(HashSet::new()),
        held: Mutex::default(),
        forget: AtomicBool::new(false),
    };
    let keep_alive = (keep_alive > 0).then(|| Duration::from_secs(keep_alive.into()) * 3 / 2);
    (client, keep_alive, losing)
}

fn record(broker: &Broker, number: usize, connect: &Connect, level: u8, size: usize) {
    let properties = &connect.properties;
    let user_properties = properties.user_properties.iter();
    let mqtt = ConnectRecord {
        level: if connect.protocol == Protocol::V311 { 4 } else { level },
        client_id: connect.client_id.to_string(),
        clean_start: connect.clean_start,
        keep_alive: connect.keep_alive,
        session_expiry: properties.session_expiry_interval,
        receive_maximum: properties.receive_max,
        maximum_packet_size: properties.max_packet_size,
        topic_alias_maximum: properties.topic_alias_max,
        user_name: connect.username.as_deref().map(str::to_owned),
        password: connect.password.as_ref().map(|password| password.to_vec()),
        user_properties: user_properties
            .map(|property| (property.name.to_string(), property.value.to_string()))
            .collect(),
        will: connect.last_will.is_some(),
        ..ConnectRecord::default()
    };
    let packet = Packet::Connect(connect.clone());
    let packet = described(number, End::Client, &packet, size);
    broker.recorder.write(|all| {
        all.packets.push(packet);
        let record = &mut all.connections[number - 1];
        record.opened = true;
        record.container_id.clone_from(&mqtt.client_id);
        record.mqtt = Some(mqtt);
    });
}
