//! Moves bytes between a session and the wire: the only place above the transport that reads, writes and waits.

use std::{
    io,
    time::{Duration, Instant},
};

use super::outlet::Outlet;
use crate::{
    deadline::Deadline,
    error::Error,
    session::{Event, Session},
    transport::{Fault, Readiness, Turn, Wire},
};

/// How many reads in a row may bring bytes before output is written, and an interrupt of the run is looked for.
const MOST_READS: u32 = 8;

/// How often the wire is read after a deadline: about a megabyte over TLS.
const MAX_LAST_READS: u32 = 64;

/// How often it is read after the run was ended from outside: a socket holds less than that.
const MAX_READS_OF_THE_REST: u32 = 1024;

/// How long these reads may take: to handle what a peer sends may take longer than to read it.
const LONGEST_LAST_READS: Duration = Duration::from_millis(500);

/// The shortest time between heartbeats, however often a peer asks for them.
const LEAST_TICK: Duration = Duration::from_millis(10);

/// The result of one step of the pump.
pub(super) enum Step {
    /// The session has an event.
    Event(Event),
    /// All output is on the wire again, after the wire or the session's window held some of it back.
    Unblocked,
    /// This number of bytes of requests went onto the wire.
    Moved(u64),
    /// The deadline has passed.
    Nothing,
}

/// A session and the wire that it is on.
pub(super) struct Pump<S, W> {
    pub(super) session: S,
    pub(super) wire: W,
    pub(super) outlet: Outlet,
    /// What the wire must become ready for before more output is written.
    blocked: Option<Readiness>,
    /// Why writing failed. Bytes that the peer sent before that are read first.
    write_fault: Option<Fault>,
    /// An event that was taken from the session to see whether there is one.
    ahead: Option<Event>,
    /// The reads since the last wait, which would have noticed an interrupt of the run.
    reads: u32,
    last_reads: Option<LastReads>,
    /// What ends the run from outside, once everything that has arrived is read.
    stopped: Option<Error>,
}

/// The reads after a deadline, or after the run was ended from outside.
struct LastReads {
    deadline: Option<Instant>,
    since: Instant,
    count: u32,
}

impl<S: Session, W: Wire> Pump<S, W> {
    pub(super) fn new(session: S, wire: W) -> Self {
        Self {
            session,
            wire,
            outlet: Outlet::default(),
            blocked: None,
            write_fault: None,
            ahead: None,
            reads: 0,
            last_reads: None,
            stopped: None,
        }
    }

    /// Whether only what has arrived is still read: nothing new is to be sent.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    pub(super) fn now(&self) -> Instant {
        self.wire.now()
    }

    /// Moves bytes until something happens or `deadline` passes.
    ///
    /// Bytes that have arrived are read before the deadline counts as passed. They are also read before the
    /// session gets the time, and might report a peer as silent although it has sent something. The number
    /// of reads after a deadline is limited: a flood of foreign messages must not delay it forever. What ends the run
    /// from outside does so in the same way: a process that was stopped for a while has replies to read.
    pub(super) fn step(&mut self, deadline: &Deadline) -> Result<Step, Fault> {
        if let Some(event) = self.next_event() {
            return Ok(Step::Event(event));
        }
        loop {
            let is_late = self.reads >= MOST_READS;
            if is_late {
                self.look();
            }
            let is_last = self.stopped.is_some() || deadline.has_passed(self.now());
            if is_last && !self.may_read_on(deadline) {
                return self.end();
            }
            // A peer's alert, and the reset after it, may come between this read and the next write.
            let had_failed = self.write_fault.is_some();
            if is_last || had_failed {
                self.look();
            }
            let blocked_read = self.read()?;
            // What the events lead to goes out with the output of now.
            if blocked_read.is_none()
                && !is_late
                && let Some(event) = self.next_event()
            {
                return Ok(Step::Event(event));
            }
            let tick = self.session.tick(self.now());
            let was_blocked = self.blocked.is_some() || self.session.holds_back();
            if self.write() && was_blocked {
                return Ok(Step::Unblocked);
            }
            if let Some(bytes) = self.outlet.take_moved() {
                return Ok(Step::Moved(bytes));
            }
            if let Some(event) = self.next_event() {
                return Ok(Step::Event(event));
            }
            let Some(read) = blocked_read else { continue };
            if had_failed {
                return self.write_fault.take().map_or(Ok(Step::Nothing), Err);
            }
            if self.write_fault.is_some() {
                continue;
            }
            if is_last {
                return self.end();
            }
            let write = self.blocked.unwrap_or_default();
            let until = tick
                .map_or(deadline.at(), |tick| tick.max(self.now() + LEAST_TICK).min(deadline.at()));
            self.wait(read.or(write), until);
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        self.ahead.take().or_else(|| self.session.next_event())
    }

    /// Looks whether more bytes have arrived, or the run was ended from outside.
    fn look(&mut self) {
        self.wait(Readiness::default(), self.now());
    }

    fn wait(&mut self, readiness: Readiness, until: Instant) {
        self.reads = 0;
        if let Err(error) = self.wire.wait(readiness, until) {
            self.stopped.get_or_insert(error);
        }
    }

    /// The end of a step in which nothing happened.
    fn end(&mut self) -> Result<Step, Fault> {
        self.stopped.take().map_or(Ok(Step::Nothing), |error| Err(error.into()))
    }

    /// Whether to read once more although the deadline has passed, or the run was ended from outside.
    fn may_read_on(&mut self, deadline: &Deadline) -> bool {
        let now = self.now();
        let (deadline, most) = match self.stopped {
            Some(_) => (None, MAX_READS_OF_THE_REST),
            None => (Some(deadline.at()), MAX_LAST_READS),
        };
        let last_reads = match &mut self.last_reads {
            Some(last_reads) if last_reads.deadline == deadline => last_reads,
            other => other.insert(LastReads { deadline, since: now, count: 0 }),
        };
        let may =
            last_reads.count < most && now.duration_since(last_reads.since) < LONGEST_LAST_READS;
        last_reads.count += 1;
        may
    }

    /// Reads once; returns what must become ready before the next read, or `None` if there may be more bytes.
    fn read(&mut self) -> Result<Option<Readiness>, Fault> {
        let buffer = self.session.input();
        if buffer.is_empty() {
            return Ok(Some(Readiness::default()));
        }
        match self.wire.read(buffer) {
            Ok(Turn::Done(count)) => {
                self.session.input_done(count);
                self.reads += 1;
                Ok(None)
            }
            Ok(Turn::Blocked(readiness)) => Ok(Some(readiness)),
            Ok(Turn::Ended) => {
                self.session.input_ended();
                Ok(None)
            }
            // If writing has failed before, that is the first error, unless the peer gives the reason for it.
            Err(Fault::Io(error)) => Err(self.take_write_fault().unwrap_or(Fault::Io(error))),
            Err(fault) => Err(fault),
        }
    }

    /// Writes as much output as the wire accepts now; returns whether that was all. As long as there are events, nothing
    /// is written: what they lead to goes out with it.
    pub(super) fn flush(&mut self) -> bool {
        if self.ahead.is_none() {
            self.ahead = self.session.next_event();
        }
        self.ahead.is_none() && self.write()
    }

    /// Writes as much output as the wire accepts now; returns whether that was all.
    fn write(&mut self) -> bool {
        self.blocked = None;
        if self.write_fault.is_some() {
            return false;
        }
        loop {
            let output = self.session.output();
            if output.is_empty() {
                let is_all = !self.session.holds_back();
                if is_all {
                    self.outlet.emptied();
                }
                return is_all;
            }
            let length = output.len();
            match self.wire.write(output) {
                Ok(Turn::Done(count)) => {
                    self.session.output_done(count);
                    self.outlet.wrote(count, length);
                }
                Ok(Turn::Blocked(readiness)) => {
                    self.blocked = Some(readiness);
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

    pub(super) fn take_write_fault(&mut self) -> Option<Fault> {
        self.write_fault.take()
    }

    /// Ends the client's side of the stream.
    pub(super) fn shutdown(&mut self) {
        self.wire.shutdown();
    }
}
