//! Faults of a connection below AMQP: silence, a cut, slow writes, bytes that are not AMQP.

use std::{
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use tokio::io::AsyncRead;

use super::shared::Broker;
use crate::faults::{ConnectionAct, Layer, Limit, Phase};

/// The faults of one connection, and how much has passed so far.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    broker: Arc<Broker>,
    number: usize,
    limit: Option<Limit>,
    /// The pause before each byte that is written.
    pub(crate) pause: Option<Duration>,
    silent: Option<Phase>,
    /// Nothing is written from now on, and everything that is read is ignored.
    dead: Arc<AtomicBool>,
    raw: Arc<Mutex<Raw>>,
}

/// Bytes that wait to be written into the stream, between the frames.
#[derive(Debug, Default)]
struct Raw {
    bytes: Vec<u8>,
    /// Nothing is written after them.
    last: bool,
    /// Wakes the stream.
    waker: Option<Waker>,
}

impl Line {
    /// The faults that the rules have for a connection just accepted.
    pub(crate) fn new(broker: &Arc<Broker>, number: usize, acts: &[ConnectionAct]) -> Self {
        let find = |wanted: fn(&ConnectionAct) -> Option<Limit>| acts.iter().find_map(wanted);
        let limit = find(|act| match act {
            ConnectionAct::CutAfter(limit) => Some(*limit),
            _ => None,
        });
        let pause = acts.iter().find_map(|act| match act {
            ConnectionAct::Slow(pause) => Some(*pause),
            _ => None,
        });
        let silent = acts.iter().find_map(|act| match act {
            ConnectionAct::Silent(phase) => Some(*phase),
            _ => None,
        });
        let dead = Arc::new(AtomicBool::new(false));
        Self { broker: Arc::clone(broker), number, limit, pause, silent, dead, raw: Arc::default() }
    }

    pub(crate) fn is_silent(&self, phase: Phase) -> bool {
        self.silent == Some(phase)
    }

    /// From now on the broker behaves as if it had vanished.
    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Hangs up, without ending AMQP or TLS; waiting raw bytes are written before.
    pub(crate) fn cut(&self) {
        let mut raw = self.raw.lock().unwrap();
        if raw.bytes.is_empty() {
            self.broker.cut_connection(self.number);
        } else {
            raw.last = true;
        }
    }

    /// Writes the raw bytes of the rules, as they are.
    pub(crate) fn write_all_raw(&self, acts: &[ConnectionAct]) {
        for act in acts {
            if let ConnectionAct::Raw(layer, bytes) = act {
                self.write_raw(*layer, bytes);
            }
        }
    }

    /// Writes bytes as they are.
    pub(crate) fn write_raw(&self, layer: Layer, bytes: &[u8]) {
        match layer {
            Layer::Tcp => self.broker.write_below_tls(self.number, bytes),
            Layer::Amqp => {
                let mut raw = self.raw.lock().unwrap();
                raw.bytes.extend(bytes);
                if let Some(waker) = raw.waker.take() {
                    waker.wake();
                }
            }
        }
    }

    /// Takes the raw bytes that wait, and whether they are the last; later ones wake this task.
    pub(crate) fn take_raw(&self, context: &Context<'_>) -> (Vec<u8>, bool) {
        let mut raw = self.raw.lock().unwrap();
        raw.waker = Some(context.waker().clone());
        (mem::take(&mut raw.bytes), mem::take(&mut raw.last))
    }

    /// Returns how many of these bytes may still be written, and counts them.
    pub(crate) fn allows(&mut self, frame: &[u8]) -> usize {
        self.permits(frame.len(), is_performative(frame))
    }

    /// The same of a number of bytes, which are a frame or packet that counts, or not.
    pub(crate) fn permits(&mut self, length: usize, counts: bool) -> usize {
        if self.is_dead() {
            return 0;
        }
        if self.silent == Some(Phase::Open) && counts {
            // This is the Open (over MQTT: the CONNACK), the last that the client gets.
            self.die();
        }
        match &mut self.limit {
            Some(Limit::FramesSent(0)) => 0,
            Some(Limit::FramesSent(left)) => {
                *left -= usize::from(counts);
                length
            }
            Some(Limit::BytesSent(left)) => {
                let count = length.min(*left);
                *left -= count;
                count
            }
            _ => length,
        }
    }

    /// Counts a frame of the client.
    pub(crate) fn received(&mut self, frame: &[u8]) {
        self.count_received(is_performative(frame));
    }

    /// Counts a frame or packet of the client, if it is one that counts.
    pub(crate) fn count_received(&mut self, counts: bool) {
        if let Some(Limit::FramesReceived(left)) = &mut self.limit {
            *left = left.saturating_sub(usize::from(counts));
        }
    }

    /// Whether everything has passed that may pass.
    pub(crate) fn is_over(&self) -> bool {
        use Limit::{BytesSent, FramesReceived, FramesSent};
        matches!(self.limit, Some(FramesSent(0) | BytesSent(0) | FramesReceived(0)))
    }
}

/// Sends nothing more, and waits until the client hangs up; with [`ConnectionAct::Cut`] it does not wait.
pub(super) async fn ignore(
    mut stream: impl AsyncRead + Unpin,
    acts: &[ConnectionAct],
) -> Result<(), String> {
    if !acts.contains(&ConnectionAct::Cut) {
        // It does not matter how this ends.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    Ok(())
}

/// Whether this is a frame of AMQP, and neither a header nor a frame of SASL nor a heartbeat.
fn is_performative(frame: &[u8]) -> bool {
    frame.len() > 8 && frame[5] == 0
}
