//! Moves bytes between the engine and the wire.

use std::{
    io,
    time::{Duration, Instant},
};

use crate::{
    deadline::Deadline,
    error::Error,
    proton::{Engine, Event},
    transport::{Fault, Turn, Want, Wire},
};

/// How often the socket is read after a deadline: by what a read takes, about a megabyte over TLS.
const MAX_LOOKS: u32 = 64;

/// How long that may go on, since what a peer says may take more time than to read it.
const LONGEST_LOOK: Duration = Duration::from_millis(500);

/// A peer may ask for heartbeats as often as it likes; it gets them no more often than this.
const LEAST_TICK: Duration = Duration::from_millis(10);

/// What came of one turn of the pump.
pub(super) enum Came {
    /// The engine has something to say.
    Event(Event),
    /// All output is on the socket again, after the socket, or the session's window, had held some back.
    Unblocked,
    /// The deadline is over.
    Nothing,
}

/// Why no more bytes move.
#[derive(Debug)]
pub(super) enum Ended {
    Fault(Fault),
    /// The peer closed the stream without closing the connection.
    ByPeer,
    /// The engine takes no more bytes, and does not say why: they were not AMQP frames.
    Garbage,
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Fault(error.into())
    }
}

pub(super) struct Pump<W> {
    pub(super) engine: Engine,
    pub(super) wire: W,
    /// Up to eight bytes that came first: the peer's protocol header, or what it has instead.
    pub(super) first_bytes: Vec<u8>,
    peer_ended: bool,
    engine_ended: bool,
    /// What the socket must become ready for before output goes on.
    blocked: Option<Want>,
    /// Why writing failed. What the peer said before that is read first.
    write_fault: Option<Fault>,
    /// The last read brought bytes, and so there was no wait since, which would have noticed that
    /// the run is ended from outside.
    read_some: bool,
    /// The deadline that looks are taken after, since when, and how many were.
    looks: Option<(Instant, Instant, u32)>,
    /// The engine counts its milliseconds from here.
    epoch: Instant,
}

impl<W: Wire> Pump<W> {
    pub(super) fn new(engine: Engine, wire: W) -> Self {
        let epoch = wire.now();
        Self {
            engine,
            wire,
            first_bytes: Vec::new(),
            peer_ended: false,
            engine_ended: false,
            blocked: None,
            write_fault: None,
            read_some: false,
            looks: None,
            epoch,
        }
    }

    /// Moves bytes both ways until the engine has an event or `deadline` is over.
    ///
    /// What waits in the socket is read before a deadline is called over, and before the engine is
    /// told the time and may declare a peer dead that has spoken. So many looks after a deadline, not
    /// more, or a flood of foreign messages would hold it up for ever.
    pub(super) fn turn(&mut self, deadline: &Deadline) -> Result<Came, Ended> {
        if let Some(event) = self.event() {
            return Ok(Came::Event(event));
        }
        loop {
            let over = deadline.has_passed(self.wire.now());
            if over && !self.may_look(deadline) {
                return Ok(Came::Nothing);
            }
            if std::mem::take(&mut self.read_some) {
                self.wire.wait(Want::default(), self.wire.now())?;
            }
            let read = self.read()?;
            let tick = self.engine.tick(self.now());
            let was_blocked = self.blocked.is_some() || self.engine.holds_back();
            if self.write() && was_blocked {
                return Ok(Came::Unblocked);
            }
            if let Some(event) = self.event() {
                return Ok(Came::Event(event));
            }
            let Some(read) = read else { continue };
            if let Some(fault) = self.write_fault.take() {
                return Err(fault.into());
            }
            if self.engine_ended || self.engine.is_finished() {
                return Err(if self.peer_ended { Ended::ByPeer } else { Ended::Garbage });
            }
            if over {
                return Ok(Came::Nothing);
            }
            let write = self.blocked.unwrap_or_default();
            let want = Want { read: read.read || write.read, write: read.write || write.write };
            let tick = tick
                .map_or(deadline.at(), |tick| self.epoch + Duration::from_millis(tick as u64 - 1));
            let tick = tick.max(self.wire.now() + LEAST_TICK);
            self.wire.wait(want, tick.min(deadline.at()))?;
        }
    }

    /// Whether to read once more though the deadline is over.
    fn may_look(&mut self, deadline: &Deadline) -> bool {
        let now = self.wire.now();
        let (_, since, count) = self
            .looks
            .take_if(|(of, ..)| *of == deadline.at())
            .unwrap_or_else(|| (deadline.at(), now, 0));
        self.looks = Some((deadline.at(), since, count + 1));
        count < MAX_LOOKS && now.duration_since(since) < LONGEST_LOOK
    }

    /// Writes what the socket takes now; whether all output is on it.
    pub(super) fn flush(&mut self) -> bool {
        self.write()
    }

    /// Says that nothing more is written.
    pub(super) fn shutdown(&mut self) {
        self.wire.shutdown();
    }

    /// Milliseconds since the start; the engine takes 0 for "no time".
    fn now(&self) -> i64 {
        self.wire.now().duration_since(self.epoch).as_millis() as i64 + 1
    }

    /// The engine's next event, apart from those that only say that bytes ended.
    fn event(&mut self) -> Option<Event> {
        loop {
            match self.engine.next_event()? {
                Event::InputEnded => self.engine_ended = true,
                // The engine's word for a stream that ended in the middle says less than we know.
                Event::Failed(_) if self.peer_ended => self.engine_ended = true,
                event => return Some(event),
            }
        }
    }

    /// Reads once; what must become ready before reading again, or `None` where more may be there.
    fn read(&mut self) -> Result<Option<Want>, Fault> {
        let buffer = self.engine.input();
        // What follows bytes that the engine stumbled over, an end too, is not why it ends.
        if buffer.is_empty() || self.peer_ended || self.engine_ended {
            return Ok(Some(Want::default()));
        }
        match self.wire.read(buffer) {
            Ok(Turn::Done(count)) => {
                let missing = 8_usize.saturating_sub(self.first_bytes.len());
                self.first_bytes.extend(&buffer[..count.min(missing)]);
                self.engine.input_done(count);
                self.read_some = true;
                Ok(None)
            }
            Ok(Turn::Blocked(want)) => Ok(Some(want)),
            Ok(Turn::Ended) => {
                self.peer_ended = true;
                self.engine.input_ended();
                Ok(None)
            }
            // Where writing failed before, that came first, unless the peer tells why it did.
            Err(Fault::Io(error)) => Err(self.write_fault.take().unwrap_or(Fault::Io(error))),
            Err(fault) => Err(fault),
        }
    }

    fn write(&mut self) -> bool {
        self.blocked = None;
        if self.write_fault.is_some() {
            return false;
        }
        loop {
            let output = self.engine.output();
            if output.is_empty() {
                return !self.engine.holds_back();
            }
            match self.wire.write(output) {
                Ok(Turn::Done(count)) => self.engine.output_done(count),
                Ok(Turn::Blocked(want)) => {
                    self.blocked = Some(want);
                    return false;
                }
                Ok(Turn::Ended) => {
                    self.write_fault = Some(Fault::Io(io::ErrorKind::BrokenPipe.into()));
                    return false;
                }
                Err(fault) => {
                    self.write_fault = Some(fault);
                    return false;
                }
            }
        }
    }
}
