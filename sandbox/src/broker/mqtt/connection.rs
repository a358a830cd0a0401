//! One client's connection, from its CONNECT to its end.

use std::{
    fmt::Debug,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use mqtt_proto::v5::{Disconnect, Packet, Unsuback, UnsubscribeReasonCode};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadHalf},
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{
    super::{
        line::{Line, ignore},
        shared::Broker,
    },
    client::{Client, Ending, described},
    inbound, opening, outbound, subscribing,
    writer::write,
};
use crate::{
    faults::{Answer, ConnectionAct},
    mqtt::{self, Frames},
    record::{DeliveryOutcome, End},
};

/// How long the broker's last packets may take: the client may read nothing.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How long a client may take to end the connection after the broker's last packet.
const FAREWELL: Duration = Duration::from_secs(2);

/// Serves a client of this broker (by its number) until its connection ends.
pub(in crate::broker) async fn serve<S>(
    stream: S,
    broker: &Arc<Broker>,
    port: usize,
    number: usize,
    line: Line,
    acts: &[ConnectionAct],
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Debug + Send + Unpin + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (queue, out) = mpsc::unbounded_channel();
    let recorder = Arc::clone(&broker.recorder);
    let mut writing = tokio::spawn(write(writer, out, line.clone(), recorder));
    let mut wire = Wire { reader, frames: Frames::default(), line: line.clone() };
    let ending = opening::open(&mut wire, broker, port, number, acts, queue).await;
    let ending = match ending {
        Ok((client, keep_alive, mut lost)) => {
            let client = Arc::new(client);
            let ending = match client.apply(acts) {
                Some(ending) => Ok(ending),
                None => {
                    // A resumed session begins with what it has.
                    outbound::send_waiting(&client);
                    let delivering = tokio::spawn(outbound::serve(Arc::clone(&client)));
                    let ending = serve_packets(&mut wire, &client, keep_alive, &mut lost).await;
                    delivering.abort();
                    ending
                }
            };
            let forget = client.forget.load(Ordering::SeqCst);
            let sessions = &broker.sessions;
            sessions.leave(&client.key, &client.session, number, forget, &broker.recorder);
            ending
        }
        Err(ending) => ending,
    };
    match ending? {
        Ending::Client => {}
        Ending::Silent => ignore(wire.reader, &[]).await?,
        // It does not matter how these end.
        Ending::Cut => {
            let _ = timeout(LAST_WORDS, &mut writing).await;
        }
        Ending::Closed => {
            let _ = timeout(LAST_WORDS, &mut writing).await;
            let _ = timeout(FAREWELL, ignore(wire.reader, &[])).await;
        }
    }
    writing.abort();
    line.cut();
    Ok(())
}

/// What comes from the client.
pub(super) struct Wire<S> {
    reader: ReadHalf<S>,
    frames: Frames,
    line: Line,
}

impl<S: AsyncRead> Wire<S> {
    /// Waits for the next packet. Cancelling the wait loses nothing.
    pub(super) async fn next(&mut self, limit: usize) -> Result<mqtt::Frame, String> {
        loop {
            let frame = self.frames.next(&mut self.reader, limit).await;
            let frame = frame.map_err(|error| format!("receive: {error}"))?;
            if let mqtt::Frame::Whole(bytes) = &frame {
                if self.line.is_dead() {
                    continue;
                }
                self.line.count_received(bytes[0] >> 4 != 12);
            }
            return Ok(frame);
        }
    }

    /// Whether the client has sent all that it may send.
    pub(super) fn is_over(&self) -> bool {
        self.line.is_over()
    }

    pub(super) fn line(&self) -> Line {
        self.line.clone()
    }
}

/// Takes packets until the connection ends.
async fn serve_packets<S: AsyncRead>(
    wire: &mut Wire<S>,
    client: &Arc<Client>,
    keep_alive: Option<Duration>,
    lost: &mut mpsc::UnboundedReceiver<()>,
) -> Result<Ending, String> {
    let settings = &client.settings;
    let limit = settings.maximum_packet_size.map_or(usize::MAX, |size| size as usize);
    loop {
        let silence = async {
            match keep_alive {
                Some(limit) => tokio::time::sleep_until(Instant::now() + limit).await,
                None => std::future::pending().await,
            }
        };
        let frame = tokio::select! {
            biased;
            _ = lost.recv() => {
                return Ok(leave(client, 0x8e, settings.tells_take_over));
            }
            frame = wire.next(limit) => frame?,
            () = silence => {
                client.broker.recorder.problem(client.number, "keep alive timeout".to_owned());
                return Ok(leave(client, 0x8d, settings.tells_keep_alive));
            }
        };
        let ending = match frame {
            mqtt::Frame::End => return Ok(Ending::Client),
            mqtt::Frame::Malformed => client.blame(0x81, "a length of more than four bytes"),
            mqtt::Frame::TooLarge => client.blame(0x95, "a packet that is too large"),
            mqtt::Frame::Whole(_) if wire.is_over() => client.apply(&[ConnectionAct::Cut]),
            mqtt::Frame::Whole(bytes) => match mqtt::read(client.version, &bytes) {
                Ok(packet) => take(client, packet, bytes.len()),
                Err(error) => client.blame(0x82, &format!("malformed packet: {error}")),
            },
        };
        if let Some(ending) = ending {
            return Ok(ending);
        }
    }
}

/// Ends the connection, with or without a word.
fn leave(client: &Client, code: u8, tells: bool) -> Ending {
    if tells {
        client.sender.disconnect(&Answer::code(code));
        return Ending::Closed;
    }
    client.apply(&[ConnectionAct::Cut]).unwrap_or(Ending::Cut)
}

/// Takes a packet; returns how the connection ends, if it does.
fn take(client: &Arc<Client>, packet: Packet, size: usize) -> Option<Ending> {
    let recorder = &client.broker.recorder;
    if !matches!(packet, Packet::Publish(_)) {
        let record = described(client.number, End::Client, &packet, size);
        recorder.write(|all| all.packets.push(record));
    }
    match packet {
        Packet::Publish(publish) => inbound::take(client, publish, size),
        Packet::Puback(puback) => {
            let (id, code) = (puback.pid.value(), puback.reason_code as u8);
            acknowledge(client, id, code, puback.properties.reason_string.as_deref())
        }
        Packet::Subscribe(subscribe) => subscribing::take(client, &subscribe),
        Packet::Unsubscribe(unsubscribe) => {
            let removed = unsubscribe.topics.iter().map(|topic| client.session.unsubscribe(topic));
            let codes = removed.map(|removed| match removed {
                true => UnsubscribeReasonCode::Success,
                false => UnsubscribeReasonCode::NoSubscriptionExisted,
            });
            let unsuback = Unsuback::new(unsubscribe.pid, codes.collect());
            client.sender.send(&Packet::Unsuback(unsuback));
            None
        }
        Packet::Pingreq => {
            let acts = client.broker.matcher.lock().unwrap().ping(client.number);
            let ending = client.apply(&acts);
            if ending.is_none() {
                client.sender.send(&Packet::Pingresp);
            }
            ending
        }
        Packet::Disconnect(disconnect) => end(client, &disconnect),
        Packet::Auth(_) => client.blame(0x8c, "an AUTH"),
        _ => client.blame(0x82, "a packet that a client does not send now"),
    }
}

/// The client has acknowledged a message.
fn acknowledge(client: &Client, id: u16, code: u8, reason: Option<&str>) -> Option<Ending> {
    let recorder = &client.broker.recorder;
    let Some((item, index)) = client.session.acknowledge(client.number, id) else {
        recorder.problem(client.number, format!("an acknowledgement of {id}, which was not sent"));
        return None;
    };
    let outcome = match code {
        0x80.. => DeliveryOutcome::Rejected {
            condition: Some(format!("{code:#04x}")),
            description: reason.map(str::to_owned),
        },
        _ => DeliveryOutcome::Accepted,
    };
    super::session::conclude(recorder, index, outcome);
    if let Some(answered) = &item.answered {
        answered.notify_one();
    }
    let acts = client.broker.matcher.lock().unwrap().acknowledgement(client.number, &item.address);
    client.apply(&acts)
}

/// The client ends the connection.
fn end(client: &Client, disconnect: &Disconnect) -> Option<Ending> {
    let (code, expiry) =
        (disconnect.reason_code as u8, disconnect.properties.session_expiry_interval);
    if let Some(expiry) = expiry
        && !client.session.set_expiry(expiry)
    {
        return client.blame(0x82, "a session that was not to be kept, and now is");
    }
    client.broker.recorder.on_connection(client.number, |record| {
        record.close_received = true;
        if let Some(mqtt) = &mut record.mqtt {
            (mqtt.disconnect, mqtt.disconnect_expiry) = (Some(code), expiry);
        }
    });
    Some(Ending::Client)
}
