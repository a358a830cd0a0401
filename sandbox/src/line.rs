//! What is wrong with a connection below AMQP: silence, a cut, slow writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::behaviour::{Act, Limit, Phase};
use crate::broker::Broker;

/// The faults of one connection, and what has passed so far.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    broker: Arc<Broker>,
    number: usize,
    limit: Option<Limit>,
    /// The pause before each byte that is written.
    pub(crate) pause: Option<Duration>,
    silent: Option<Phase>,
    /// Nothing is written any more; what is read goes nowhere.
    dead: Arc<AtomicBool>,
}

impl Line {
    /// What the rules say about a connection just accepted.
    pub(crate) fn new(broker: &Arc<Broker>, number: usize, acts: &[Act]) -> Line {
        let find = |wanted: fn(&Act) -> Option<Limit>| acts.iter().find_map(wanted);
        let limit = find(|act| match act {
            Act::CutAfter(limit) => Some(*limit),
            _ => None,
        });
        let pause = acts.iter().find_map(|act| match act {
            Act::Slow(pause) => Some(*pause),
            _ => None,
        });
        let silent = acts.iter().find_map(|act| match act {
            Act::Silent(phase) => Some(*phase),
            _ => None,
        });
        let dead = Arc::new(AtomicBool::new(false));
        Line { broker: Arc::clone(broker), number, limit, pause, silent, dead }
    }

    pub(crate) fn is_silent(&self, phase: Phase) -> bool {
        self.silent == Some(phase)
    }

    /// From now on the client meets a peer that has vanished without a word.
    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Hangs up, without a word of AMQP or TLS.
    pub(crate) fn cut(&self) {
        self.broker.cut_connection(self.number);
    }

    /// How many of these bytes may still go out; counts them.
    pub(crate) fn allows(&mut self, frame: &[u8]) -> usize {
        if self.is_dead() {
            return 0;
        }
        if self.silent == Some(Phase::Open) && is_performative(frame) {
            // This is the Open; it is the last that the client hears.
            self.die();
        }
        match &mut self.limit {
            Some(Limit::FramesSent(0)) => 0,
            Some(Limit::FramesSent(left)) => {
                *left -= usize::from(is_performative(frame));
                frame.len()
            }
            Some(Limit::BytesSent(left)) => {
                let count = frame.len().min(*left);
                *left -= count;
                count
            }
            _ => frame.len(),
        }
    }

    /// Counts a frame of the client.
    pub(crate) fn received(&mut self, frame: &[u8]) {
        if let Some(Limit::FramesReceived(left)) = &mut self.limit {
            *left = left.saturating_sub(usize::from(is_performative(frame)));
        }
    }

    /// Whether all has passed that may pass.
    pub(crate) fn is_over(&self) -> bool {
        use Limit::{BytesSent, FramesReceived, FramesSent};
        matches!(self.limit, Some(FramesSent(0) | BytesSent(0) | FramesReceived(0)))
    }
}

/// Whether this is a frame of AMQP, and no header, no SASL and no heartbeat.
fn is_performative(frame: &[u8]) -> bool {
    frame.len() > 8 && frame[5] == 0
}
