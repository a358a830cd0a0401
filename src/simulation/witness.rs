//! What happened in a run as the brokers saw it; all that the oracle knows.

use std::{collections::BTreeSet, rc::Rc, time::Duration};

use super::plan::{Condition, Outcome, Reply};

/// How far the client had read the broker's bytes when it wrote some of its own: after its last read, before that one,
/// and before the one before. What came by the last read may not have been dealt with, what came by the last but two was.
pub(crate) type Known = [u64; 3];

/// Something that a broker told a client: on which connection, and up to which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) connection: usize,
    pub(crate) end: u64,
}

/// One connection that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    pub(crate) broker: usize,
    pub(crate) since: Duration,
    /// Bytes that the client read.
    pub(crate) read: u64,
    /// The broker's good answers to the links.
    pub(crate) receiver: Option<Told>,
    pub(crate) sender: Option<Told>,
    /// That the client is let in to a session, and whether it goes on with an earlier one.
    pub(crate) session: Option<(Told, bool)>,
    /// The first thing after which the client need not listen any more.
    pub(crate) ended: Option<Told>,
    /// When the client was done with it, and whether it left bytes unread that it could have read at once.
    pub(crate) left: Option<(Duration, bool)>,
    /// What the client knew when it wrote its Close.
    pub(crate) closed: Option<Known>,
    /// Its session outlives that, over MQTT.
    pub(crate) stays: bool,
}

/// A request that came to a broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    pub(crate) request: usize,
    pub(crate) connection: usize,
    /// When its first byte was written, and what the client knew then.
    pub(crate) at: Duration,
    pub(crate) known: Known,
    /// The connection may have held it up, so that it was decided on earlier.
    pub(crate) held: bool,
    /// It is the message that came before, in a session that goes on: the protocol demands it.
    pub(crate) is_same: bool,
    pub(crate) outcome: Option<(Outcome, Told)>,
}

/// A reply that the signing server made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) kind: Reply,
    pub(crate) request: usize,
    pub(crate) values: Vec<String>,
    pub(crate) message: Rc<[u8]>,
    /// The queue of the broker that it goes to.
    pub(crate) queue: usize,
}

/// A reply on its way to the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivered {
    pub(crate) reply: usize,
    /// The bytes that `max_message_size` limits.
    pub(crate) size: u64,
    pub(crate) told: Told,
    pub(crate) at: Duration,
    pub(crate) settled: Option<Settled>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Accepted,
    Rejected,
    Otherwise,
}

/// Where a condition was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In TLS.
    Tls,
    /// In SASL, or by a Close before the links were answered.
    Login,
    Connection,
    Session,
    Receiver,
    Sender,
    Outcome,
}

/// A condition that a broker said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) place: Place,
    pub(crate) condition: Condition,
    pub(crate) told: Told,
    pub(crate) at: Duration,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) connections: Vec<Connection>,
    pub(crate) sendings: Vec<Sending>,
    pub(crate) made: Vec<Made>,
    pub(crate) delivered: Vec<Delivered>,
    pub(crate) said: Vec<Said>,
    /// Rules of the protocol that the client broke.
    pub(crate) violations: Vec<String>,
    /// How long the clock jumped, in all.
    pub(crate) jumped: Duration,
    /// The kinds of things that happened, for the count of what the seeds cover.
    pub(crate) kinds: BTreeSet<&'static str>,
    /// The same for every run of the same seed.
    pub(crate) hash: u64,
    pub(crate) prints: bool,
}

impl Witness {
    /// Notes what happens on a connection; `#` in the text stands for a number.
    pub(crate) fn note(&mut self, now: Duration, connection: usize, text: &str, numbers: &[u64]) {
        let mut hash = self.hash ^ now.as_nanos() as u64 ^ ((connection as u64) << 48);
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        for number in numbers {
            hash = (hash ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        }
        self.hash = hash;
        if self.prints {
            let mut parts = text.split('#');
            let mut line = parts.next().unwrap_or_default().to_owned();
            for (part, number) in parts.zip(numbers) {
                line += &format!("{number}{part}");
            }
            let broker = self.connections.get(connection).map_or(0, |seen| seen.broker);
            super::print(&format!("{now:>12.3?}  b{broker} #{connection}: {line}"));
        }
    }

    /// Notes that this kind of thing happened.
    pub(crate) fn saw(&mut self, kind: &'static str) {
        self.kinds.insert(kind);
    }

    /// Notes that the client broke a rule.
    pub(crate) fn violation(&mut self, text: String) {
        if self.violations.len() < 20 {
            self.violations.push(text);
        }
    }

    /// Whether the client read that, in the end.
    pub(crate) fn was_read(&self, told: Told) -> bool {
        told.end <= self.connections[told.connection].read
    }

    /// Whether the client had dealt with that when it wrote something on a connection.
    pub(crate) fn was_known(&self, told: Told, connection: usize, known: Known) -> bool {
        let is_read = if told.connection == connection {
            told.end <= known[2]
        } else {
            told.connection < connection && self.was_read(told)
        };
        is_read && self.counts(told)
    }

    /// Whether the connection still stood by the broker's own word when it said that.
    pub(crate) fn counts(&self, told: Told) -> bool {
        self.connections[told.connection].ended.is_none_or(|ended| told.end <= ended.end)
    }

    /// The connection ends, by the broker's own word.
    pub(crate) fn ends(&mut self, told: Told) {
        self.connections[told.connection].ended.get_or_insert(told);
    }
}
