//! The signing server as a client over MQTT.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use mqtt_proto::{
    Pid, Protocol, QoS, QosPid, TopicFilter, TopicName,
    v5::{
        Connect, ConnectProperties, ConnectReasonCode, Packet, Puback, Publish, RetainHandling,
        Subscribe, SubscriptionOptions, UserProperty,
    },
};
use tokio::{
    io::{AsyncWriteExt, ReadHalf, WriteHalf},
    sync::mpsc,
    time::{Instant, Interval, interval_at, timeout_at},
};

use super::{
    Shared,
    settings::{Properties, Service, Settings},
    wire::{self, Stream, Url},
};
use crate::{
    body::{self, AmqpMessage, Body},
    mqtt::{self, Frame, Frames, Version},
};

/// What the client promises: the broker may end the connection after one and a half times as long.
const KEEP_ALIVE: u16 = 60;

/// A connection that has subscribed to requests.
pub(super) struct Link {
    version: Version,
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    frames: Frames,
    /// How many replies may wait for their acknowledgement.
    window: usize,
    keep_alive: Duration,
    ping: Interval,
    /// Requests that came before the subscription was granted.
    early: Vec<Publish>,
}

/// The requests at work, in their order, and the replies on their way.
#[derive(Default)]
struct Work {
    requests: VecDeque<Request>,
    /// Numbers of requests, from the first on.
    first: usize,
    /// Replies that wait until they may be sent, with the numbers of their requests.
    ready: VecDeque<(usize, Publish)>,
    /// Numbers of requests by the packet ids of replies that are sent.
    sent: HashMap<u16, usize>,
    last_id: u16,
}

struct Request {
    /// None for QoS 0.
    id: Option<Pid>,
    /// How many of its replies are not acknowledged; unknown until it is signed.
    open: Option<usize>,
}

/// Replies to the request of a number.
type Signed = (usize, Vec<AmqpMessage>, Arc<Publish>);

/// Connects and subscribes.
pub(super) async fn attach(
    shared: &Shared,
    url: &Url,
    service: &Service,
    client_id: &str,
) -> Result<Link, String> {
    let settings = &shared.settings;
    let version = settings.mqtt.version.into();
    let (reader, writer) = tokio::io::split(wire::dial(url, settings).await?);
    let mut link = Link {
        version,
        reader,
        writer,
        frames: Frames::default(),
        window: usize::from(u16::MAX),
        keep_alive: Duration::from_secs(KEEP_ALIVE.into()),
        ping: interval(Duration::from_secs(KEEP_ALIVE.into())),
        early: Vec::new(),
    };
    link.send(&Packet::Connect(connect(settings, client_id)?)).await?;
    let Packet::Connack(connack) = link.read().await? else {
        return Err("something else than a CONNACK".to_owned());
    };
    if connack.reason_code != ConnectReasonCode::Success {
        let code = connack.reason_code as u8;
        return Err(format!("refused: {code:#04x} {:?}", connack.properties.reason_string));
    }
    link.window = match (version, connack.properties.receive_max) {
        (_, Some(maximum)) => maximum.into(),
        (Version::V5, None) => link.window,
        // 3.1.1 does not say.
        (Version::V311, None) => 10,
    };
    let keep_alive = connack.properties.server_keep_alive.unwrap_or(KEEP_ALIVE);
    link.keep_alive = Duration::from_secs(keep_alive.into());
    link.ping = interval(link.keep_alive.max(Duration::from_secs(2)));

    let options = SubscriptionOptions {
        retain_handling: RetainHandling::DoNotSend,
        ..SubscriptionOptions::new(QoS::Level1)
    };
    let requests = topic(&service.requests);
    let filter = TopicFilter::try_from(requests).map_err(|error| error.to_string())?;
    link.send(&Packet::Subscribe(Subscribe::new(Pid::default(), vec![(filter, options)]))).await?;
    loop {
        match link.read().await? {
            Packet::Suback(suback) => match mqtt::code(&Packet::Suback(suback)) {
                Some(0 | 1) => return Ok(link),
                code => return Err(format!("listening to {requests}: {code:#04x?}")),
            },
            // A resumed session delivers at once.
            Packet::Publish(publish) => link.early.push(publish),
            _ => {}
        }
    }
}

/// A name without the scheme that other protocols need.
pub(super) fn topic(address: &str) -> &str {
    address.strip_prefix("topic://").unwrap_or(address)
}

fn interval(keep_alive: Duration) -> Interval {
    interval_at(Instant::now() + keep_alive / 2, keep_alive / 2)
}

fn connect(settings: &Settings, client_id: &str) -> Result<Connect, String> {
    let password = match &settings.password_file {
        Some(_) => Some(wire::password(settings)?.into_bytes().into()),
        None => None,
    };
    let named = password.is_some() || settings.mqtt.user_name;
    Ok(Connect {
        protocol: Protocol::V500,
        clean_start: false,
        keep_alive: KEEP_ALIVE,
        properties: ConnectProperties {
            session_expiry_interval: Some(settings.mqtt.session),
            ..ConnectProperties::default()
        },
        client_id: client_id.into(),
        last_will: None,
        username: named.then(|| settings.username.as_str().into()),
        password,
    })
}

impl Link {
    /// Answers requests, many at a time, until something goes wrong, which it returns. Requests are acknowledged in their
    /// order, each once the broker has its replies.
    pub(super) async fn work(mut self, shared: &Arc<Shared>, service: &Service) -> String {
        let (signed, mut signing) = mpsc::unbounded_channel();
        let mut work = Work::default();
        for request in std::mem::take(&mut self.early) {
            work.begin(shared, service, request, &signed);
        }
        let mut silent_since = Instant::now();
        loop {
            let limit = silent_since + self.keep_alive * 2;
            let mut heard = None;
            tokio::select! {
                frame = timeout_at(limit, self.frames.next(&mut self.reader, usize::MAX)) => {
                    heard = Some(frame);
                    silent_since = Instant::now();
                }
                Some(signed) = signing.recv() => work.add(signed, shared, service),
                _ = self.ping.tick() => {
                    if let Err(problem) = self.send(&Packet::Pingreq).await {
                        return problem;
                    }
                }
            }
            let taken = match heard {
                None => Ok(()),
                Some(Err(_)) => Err("the broker is silent".to_owned()),
                Some(Ok(frame)) => packet(self.version, frame).and_then(|packet| match packet {
                    Packet::Publish(request) => {
                        work.begin(shared, service, request, &signed);
                        Ok(())
                    }
                    Packet::Puback(puback) => work.acknowledged(&puback),
                    Packet::Disconnect(disconnect) => Err(format!("{disconnect:?}")),
                    _ => Ok(()),
                }),
            };
            let done = match taken {
                Ok(()) => self.proceed(&mut work, shared).await,
                problem => problem,
            };
            if let Err(problem) = done {
                return problem;
            }
        }
    }

    /// Sends the replies that may be sent, and acknowledges the requests that are answered.
    async fn proceed(&mut self, work: &mut Work, shared: &Shared) -> Result<(), String> {
        while work.sent.len() < self.window
            && let Some((request, mut reply)) = work.ready.pop_front()
        {
            let id = work.free_id();
            work.sent.insert(id.value(), request);
            reply.qos_pid = QosPid::Level1(id);
            self.send(&Packet::Publish(reply)).await?;
        }
        while let Some(request) = work.requests.front().filter(|request| request.open == Some(0)) {
            if let Some(id) = request.id {
                self.send(&Packet::Puback(Puback::new_success(id))).await?;
            }
            work.requests.pop_front();
            work.first += 1;
            shared.note(|seen| seen.settled += 1);
        }
        Ok(())
    }

    async fn send(&mut self, packet: &Packet) -> Result<(), String> {
        let bytes = mqtt::write(self.version, packet);
        let failed = |error: std::io::Error| format!("send: {error}");
        self.writer.write_all(&bytes).await.map_err(failed)?;
        self.writer.flush().await.map_err(failed)
    }

    async fn read(&mut self) -> Result<Packet, String> {
        packet(self.version, self.frames.next(&mut self.reader, usize::MAX).await)
    }
}

fn packet(version: Version, frame: std::io::Result<Frame>) -> Result<Packet, String> {
    match frame.map_err(|error| format!("receive: {error}"))? {
        Frame::Whole(bytes) => {
            mqtt::read(version, &bytes).map_err(|error| format!("{bytes:02x?}: {error}"))
        }
        Frame::End => Err("the broker has ended the connection".to_owned()),
        other => Err(format!("no packet: {other:?}")),
    }
}

impl Work {
    /// Begins to sign a request, on a thread for blocking work.
    fn begin(
        &mut self,
        shared: &Arc<Shared>,
        service: &Service,
        request: Publish,
        signed: &mpsc::UnboundedSender<Signed>,
    ) {
        let number = self.first + self.requests.len();
        let id = request.qos_pid.pid();
        // An unacknowledged request that comes again on this connection is at work already.
        if id.is_some() && self.requests.iter().any(|known| known.id == id) {
            return;
        }
        self.requests.push_back(Request { id, open: None });
        let message = mqtt::received(&request);
        if let Some(id) = body::request_id(&Body::of(&message).bytes()) {
            shared.note(|seen| {
                seen.requests.push(id);
                seen.delivered_before += usize::from(request.dup);
            });
        }
        let (shared, replies) = (Arc::clone(shared), service.replies.clone());
        let (request, signed) = (Arc::new(request), signed.clone());
        tokio::spawn(async move {
            let mut held = shared.held.subscribe();
            // The sender lives as long as `shared`.
            let _ = held.wait_for(|held| !held).await;
            let sign = move || shared.replies(&message, &replies);
            let messages = tokio::task::spawn_blocking(sign).await.unwrap_or_default();
            // It fails only if the connection has ended: then the request comes again.
            let _ = signed.send((number, messages, request));
        });
    }

    /// Adds the replies to a request.
    fn add(&mut self, (number, messages, request): Signed, shared: &Shared, service: &Service) {
        let Some(known) = self.requests.get_mut(number - self.first) else { return };
        known.open = Some(messages.len());
        let copied = shared.settings.mqtt.user_properties == Properties::Copied;
        for message in messages {
            let (payload, mut properties) = mqtt::payload(&message);
            properties.message_expiry_interval = None;
            properties.correlation_data.clone_from(&request.properties.correlation_data);
            if copied {
                let all: &[UserProperty] = &request.properties.user_properties;
                properties.user_properties = all.to_vec();
            }
            let topic_name = TopicName::try_from(topic(&service.replies))
                .expect("the topic of replies is checked at the start");
            let reply =
                Publish { properties, ..Publish::new(QosPid::Level0, topic_name, payload.into()) };
            self.ready.push_back((number, reply));
        }
    }

    /// The broker has a reply, or refuses it.
    fn acknowledged(&mut self, puback: &Puback) -> Result<(), String> {
        let code = puback.reason_code as u8;
        if code >= 0x80 {
            return Err(format!("a reply is refused: {code:#04x}"));
        }
        let Some(number) = self.sent.remove(&puback.pid.value()) else { return Ok(()) };
        if let Some(Request { open: Some(open), .. }) = self.requests.get_mut(number - self.first) {
            *open -= 1;
        }
        Ok(())
    }

    /// The next id that is not in use.
    fn free_id(&mut self) -> Pid {
        loop {
            self.last_id = self.last_id.wrapping_add(1).max(1);
            if let (false, Ok(id)) =
                (self.sent.contains_key(&self.last_id), Pid::try_from(self.last_id))
            {
                return id;
            }
        }
    }
}
