//! Follows the frames of one connection, for what the AMQP library's acceptor does not report.
//!
//! The acceptor hides the client's Open, the credit that the client grants, whether a Transfer was sent settled, and when
//! an outcome is sent. It also grants every sender of the client 200 credits by itself, which the observer holds back.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Instant,
};

use fe2o3_amqp::types::{
    definitions::Role,
    messaging::{DeliveryState, Outcome},
    performatives::{Attach, Disposition, Flow, Open, Performative, Transfer},
};
use tokio::sync::watch;

use crate::record::{Direction, LinkRecord, Recorder, keys, names};

/// How far a client lets the broker send, as a delivery-count: used credit needs no update.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Credit {
    pub(crate) limit: u32,
    /// The client asked the broker to use up the rest of the credit at once.
    pub(crate) drain: bool,
}

/// Descriptors of performatives, AMQP 1.0 part 2.7.
const BEGIN: u8 = 0x11;
const ATTACH: u8 = 0x12;
const FLOW: u8 = 0x13;
const DISPOSITION: u8 = 0x15;

/// Follows one connection's frames and keeps what the acceptor does not report.
#[derive(Debug)]
pub(crate) struct Observer {
    connection: usize,
    recorder: Arc<Recorder>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By channel and handle of the client.
    links: HashMap<(u16, u32), Link>,
    /// Channel and delivery-id of transfers that were sent settled.
    settled: HashSet<(u16, u32)>,
    /// Places in the record of the requests without outcome, by channel of the client and delivery-id.
    open: HashMap<(u16, u32), usize>,
    /// Channels of the client by the broker's.
    channels: HashMap<u16, u16>,
    /// Channel and handle of the broker's links whose first Flow the library sends by itself.
    uninvited: HashSet<(u16, u32)>,
}

#[derive(Debug)]
struct Link {
    /// Place in the record.
    index: usize,
    credit: watch::Sender<Credit>,
}

impl Observer {
    pub(crate) fn new(connection: usize, recorder: Arc<Recorder>) -> Self {
        Self { connection, recorder, state: Mutex::default() }
    }

    /// The credit that the client grants on a link that it attached.
    pub(crate) fn credit(&self, channel: u16, handle: u32) -> Option<watch::Receiver<Credit>> {
        let state = self.state.lock().unwrap();
        let link = state.links.get(&(channel, handle))?;
        Some(link.credit.subscribe())
    }

    /// Whether a delivery was sent settled; can be asked only once.
    pub(crate) fn take_settled(&self, channel: u16, delivery_id: u32) -> bool {
        let mut state = self.state.lock().unwrap();
        state.settled.remove(&(channel, delivery_id))
    }

    /// Keeps the place in the record of a request, for its outcome.
    pub(crate) fn keep(&self, channel: u16, delivery_id: u32, index: usize) {
        self.state.lock().unwrap().open.insert((channel, delivery_id), index);
    }

    /// Notes a frame or protocol header from the client.
    pub(crate) fn incoming(&self, frame: &[u8]) {
        let Some((channel, body)) = amqp_body(frame) else {
            return;
        };
        let mut state = self.state.lock().unwrap();
        match serde_amqp::from_reader::<Performative>(body) {
            Ok(Performative::Open(open)) => self.open(open),
            Ok(Performative::Attach(attach)) => self.attach(&mut state, channel, &attach),
            Ok(Performative::Flow(flow)) => self.flow(&state, channel, &flow),
            Ok(Performative::Transfer(transfer)) => {
                note_settled(&mut state, channel, &transfer);
            }
            Ok(Performative::Detach(detach)) => {
                if let Some(link) = state.links.get(&(channel, detach.handle.0)) {
                    let (index, now) = (link.index, Some(Instant::now()));
                    self.recorder.write(|r| r.links[index].detached = now);
                }
            }
            Ok(Performative::Close(_)) => {
                let number = self.connection;
                self.recorder.on_connection(number, |c| c.close_received = true);
            }
            Ok(_) => {}
            Err(error) => {
                let problem = format!("malformed frame: {error}");
                self.recorder.problem(self.connection, problem);
            }
        }
    }

    /// Whether a frame or protocol header of the broker is sent to the client.
    pub(crate) fn lets_pass(&self, frame: &[u8]) -> bool {
        let Some((channel, body)) = amqp_body(frame) else {
            return true;
        };
        // Most frames are Transfers and Dispositions, which always pass.
        if !matches!(body, [0x00, 0x53, ATTACH | FLOW, ..]) {
            return true;
        }
        let mut state = self.state.lock().unwrap();
        match serde_amqp::from_reader::<Performative>(body) {
            Ok(Performative::Attach(attach)) if attach.role == Role::Receiver => {
                state.uninvited.insert((channel, attach.handle.0));
                true
            }
            Ok(Performative::Flow(Flow { handle: Some(handle), .. })) => {
                !state.uninvited.remove(&(channel, handle.0))
            }
            _ => true,
        }
    }

    /// Notes a frame or protocol header of the broker that is written completely.
    pub(crate) fn outgoing(&self, frame: &[u8]) {
        // Only these frames matter here.
        let Some((channel, body @ [0x00, 0x53, BEGIN | DISPOSITION, ..])) = amqp_body(frame) else {
            return;
        };
        let mut state = self.state.lock().unwrap();
        match serde_amqp::from_reader::<Performative>(body) {
            Ok(Performative::Begin(begin)) => {
                state.channels.extend(begin.remote_channel.map(|remote| (channel, remote)));
            }
            Ok(Performative::Disposition(disposition)) if disposition.role == Role::Receiver => {
                self.disposition(&mut state, channel, disposition);
            }
            _ => {}
        }
    }

    fn disposition(&self, state: &mut State, channel: u16, disposition: Disposition) {
        let (Some(outcome), Some(&channel)) =
            (disposition.state.and_then(outcome), state.channels.get(&channel))
        else {
            return;
        };
        for id in disposition.first..=disposition.last.unwrap_or(disposition.first) {
            let Some(index) = state.open.remove(&(channel, id)) else { continue };
            self.recorder.write(|record| {
                let request = &mut record.requests[index];
                request.outcome = Some(outcome.clone());
                request.outcome_sent = Some(Instant::now());
            });
        }
    }

    fn open(&self, open: Open) {
        self.recorder.on_connection(self.connection, |record| {
            record.opened = true;
            record.container_id = open.container_id;
            record.hostname = open.hostname;
            record.max_frame_size = open.max_frame_size.0;
            record.channel_max = open.channel_max.0;
            record.idle_time_out = open.idle_time_out;
            record.offered_capabilities = names(open.offered_capabilities.as_ref());
            record.desired_capabilities = names(open.desired_capabilities.as_ref());
            record.properties = keys(open.properties.as_ref());
        });
    }

    fn attach(&self, state: &mut State, channel: u16, attach: &Attach) {
        let link = LinkRecord {
            connection: self.connection,
            attached: Instant::now(),
            direction: match attach.role {
                Role::Sender => Direction::Sender,
                Role::Receiver => Direction::Receiver,
            },
            name: attach.name.clone(),
            source: attach.source.as_deref().map(Into::into),
            target: attach.target.as_deref().map(Into::into),
            sender_settle_mode: attach.snd_settle_mode.clone(),
            receiver_settle_mode: attach.rcv_settle_mode.clone(),
            max_message_size: attach.max_message_size,
            offered_capabilities: names(attach.offered_capabilities.as_ref()),
            desired_capabilities: names(attach.desired_capabilities.as_ref()),
            properties: keys(attach.properties.as_ref()),
            initial_credit: None,
            credits: Vec::new(),
            detached: None,
        };
        let index = self.recorder.write(|record| {
            record.links.push(link);
            record.links.len() - 1
        });
        let credit = watch::Sender::new(Credit::default());
        let key = (channel, attach.handle.0);
        state.links.insert(key, Link { index, credit });
    }

    fn flow(&self, state: &State, channel: u16, flow: &Flow) {
        let (Some(handle), Some(credit)) = (&flow.handle, flow.link_credit) else {
            return;
        };
        let Some(link) = state.links.get(&(channel, handle.0)) else {
            return;
        };
        self.recorder.write(|record| {
            let record = &mut record.links[link.index];
            record.initial_credit.get_or_insert(credit);
            record.credits.push(credit);
        });
        // A receiver that does not know the delivery-count yet means the sender's first, 0 here.
        let limit = flow.delivery_count.unwrap_or(0).wrapping_add(credit);
        let drain = flow.drain;
        link.credit.send_replace(Credit { limit, drain });
    }
}

fn note_settled(state: &mut State, channel: u16, transfer: &Transfer) {
    if let (Some(id), Some(true)) = (transfer.delivery_id, transfer.settled) {
        state.settled.insert((channel, id));
    }
}

fn outcome(state: DeliveryState) -> Option<Outcome> {
    match state {
        DeliveryState::Accepted(accepted) => Some(Outcome::Accepted(accepted)),
        DeliveryState::Rejected(rejected) => Some(Outcome::Rejected(rejected)),
        DeliveryState::Released(released) => Some(Outcome::Released(released)),
        DeliveryState::Modified(modified) => Some(Outcome::Modified(modified)),
        DeliveryState::Received(_) => None,
    }
}

/// Channel and body of an AMQP frame; nothing for headers, SASL and heartbeats.
fn amqp_body(frame: &[u8]) -> Option<(u16, &[u8])> {
    // A frame of 8 bytes is a heartbeat, and a protocol header is as long.
    if frame.len() <= 8 || frame[5] != 0 {
        return None;
    }
    let channel = u16::from_be_bytes([frame[6], frame[7]]);
    let body = frame.get(usize::from(frame[4]) * 4..)?;
    (!body.is_empty()).then_some((channel, body))
}
