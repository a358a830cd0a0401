//! One connection to one broker: a session on a wire.

mod alert;
mod connected;
mod explain;
mod outlet;
mod pump;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

use crate::{
    broker::{Event, HandOver, ReplyId, Settlement},
    deadline::Deadline,
    error::Error,
    session::{self, End, Known, Scope, Session},
    signing::Request,
    transport::{Fault, Wire},
};
pub(crate) use connected::Connected;
use explain::Situation;
pub(crate) use explain::unconnected;
use pump::{Pump, Step};

/// A connection that the broker has let in.
pub(crate) struct Connection<S, W> {
    broker: String,
    pump: Pump<S, W>,
    tls: bool,
    /// The broker has not let the client in yet.
    is_opening: bool,
    events: VecDeque<Event>,
    /// Why the connection is given up once everything that has arrived is handled, and when that became known.
    ending: Option<(Error, Deadline)>,
    /// The error that ended the connection, to be returned after the events before it.
    ended: Option<Error>,
}

/// A connection whose receiver is attached. `Err`: the broker refuses its sender.
pub(crate) type Opened<C> = (C, Result<(), Error>);

/// How far a connection has come that is being opened.
pub(crate) enum Stage {
    /// The broker has accepted the login, if there is one.
    LoggedIn,
    /// The broker has let the client in.
    Opened,
    /// The links are answered. `Err`: the broker refuses the sender.
    Ready(Result<(), Error>),
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The next broker may do better.
    OfBroker(Error),
    /// No broker would do better.
    OfRun(Error),
}

impl<S: Session, W: Wire> Connected for Connection<S, W> {
    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        if self.pump.is_stopped() {
            return HandOver::NotNow;
        }
        let handed_over = self.pump.session.send(entry, request);
        if matches!(handed_over, HandOver::Done) {
            self.pump.outlet.put_in(entry, request.size());
        }
        handed_over
    }

    fn flush(&mut self) -> bool {
        self.events.is_empty() && self.pump.flush()
    }

    fn holds(&self, entry: usize) -> bool {
        self.pump.outlet.holds(entry)
    }

    fn take_events(&mut self) -> VecDeque<Event> {
        std::mem::take(&mut self.events)
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        self.pump.session.settle(reply, settlement);
    }

    fn next_reply(&self) -> u64 {
        self.pump.session.next_reply()
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if let Some(error) = self.ended.take() {
                return Err(error);
            }
            self.pump.session.idle();
            let until = self.ending.as_ref().map_or(*deadline, |(_, known)| *known);
            let step = match self.step(&until) {
                Err(error) if error.is_transient() => return Err(self.reason(error)),
                step => step?,
            };
            match step {
                Step::Event(event) => self.enqueue(event, deadline),
                Step::Unblocked => return Ok(Event::Writable),
                Step::Moved(bytes) => return Ok(Event::Moved(bytes)),
                Step::Nothing => {
                    return self.ending.take().map_or(Ok(Event::Quiet), |(error, _)| Err(error));
                }
            }
        }
    }

    fn is_anonymous(&self) -> bool {
        self.pump.session.is_anonymous()
    }

    fn has_missed_replies(&self) -> bool {
        self.pump.session.has_missed_replies()
    }

    fn outlasts_connection(&self) -> bool {
        self.pump.session.outlasts_connection()
    }

    fn close(mut self, stays: bool, deadline: &Deadline) {
        self.pump.session.close(stays);
        loop {
            match self.step(deadline) {
                Ok(Step::Event(session::Event::Ended(_)) | Step::Nothing) => break,
                Ok(_) => {}
                Err(error) => {
                    log::debug!("{}: while closing: {error}", self.broker);
                    break;
                }
            }
        }
        self.pump.shutdown();
    }
}

impl<S: Session, W: Wire> Connection<S, W> {
    /// Puts a session on a wire, and waits until the broker has let the client in and answered its links,
    /// until `deadline` in all.
    ///
    /// # Errors
    /// [`Failure::OfRun`] if the broker lets the client in but refuses its receiver: another broker would do the same.
    pub(crate) fn open(
        broker: String,
        tls: bool,
        session: S,
        wire: W,
        deadline: &Deadline,
    ) -> Result<Opened<Self>, Failure> {
        let mut connection = Self::new(broker, tls, session, wire);
        loop {
            if let Stage::Ready(sender) = connection.advance(deadline)? {
                return Ok((connection, sender));
            }
        }
    }

    /// Puts a session on a wire.
    pub(crate) fn new(broker: String, tls: bool, session: S, wire: W) -> Self {
        Self {
            broker,
            pump: Pump::new(session, wire),
            tls,
            is_opening: true,
            events: VecDeque::new(),
            ending: None,
            ended: None,
        }
    }

    /// Waits for the next stage of a connection that is being opened, until `deadline`.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub(crate) fn advance(&mut self, deadline: &Deadline) -> Result<Stage, Failure> {
        loop {
            let deadline = deadline.during(self.pump.session.phase());
            match self.step(&deadline).map_err(Failure::OfBroker)? {
                Step::Event(session::Event::LoggedIn) => return Ok(Stage::LoggedIn),
                Step::Event(session::Event::Opened) => {
                    self.is_opening = false;
                    return Ok(Stage::Opened);
                }
                Step::Event(session::Event::Ready(sender)) => {
                    return Ok(Stage::Ready(sender.map_err(|end| self.error(end, &deadline))));
                }
                Step::Event(session::Event::Ended(end) | session::Event::Ending(end)) => {
                    let is_of_run = matches!(end, End::Refused { scope: Scope::EveryBroker, .. });
                    let error = self.error(end, &deadline);
                    return Err(if is_of_run {
                        Failure::OfRun(error)
                    } else {
                        Failure::OfBroker(error)
                    });
                }
                Step::Event(event) => self.enqueue(event, &deadline),
                Step::Unblocked | Step::Moved(_) => {}
                Step::Nothing => return Err(Failure::OfBroker(deadline.error(&self.broker))),
            }
        }
    }

    /// What the session has learned of the broker so far.
    pub(crate) fn known(&self) -> Known {
        self.pump.session.known()
    }

    fn step(&mut self, deadline: &Deadline) -> Result<Step, Error> {
        self.pump.step(deadline).map_err(|fault| self.explain(fault, deadline))
    }

    /// Keeps an event of the session for the loops.
    fn enqueue(&mut self, event: session::Event, deadline: &Deadline) {
        let event = match event {
            // One such event is enough; a broker may grant credit very often.
            session::Event::Writable if matches!(self.events.back(), Some(Event::Writable)) => {
                return;
            }
            session::Event::Writable => Event::Writable,
            session::Event::Arriving(bytes) => Event::Arriving(bytes),
            session::Event::Outcome { entry, outcome } => Event::Outcome { entry, outcome },
            session::Event::Reply { id, reply } => Event::Reply { id, reply },
            session::Event::SendingRefused(end) => Event::SendingRefused(self.error(end, deadline)),
            session::Event::Ending(end) => {
                let now = Deadline::after(self.pump.now(), Duration::ZERO, deadline.phase());
                self.ending = Some((self.error(end, deadline), now));
                return;
            }
            session::Event::Ended(end) => {
                let error = self.error(end, deadline);
                self.ended = Some(self.reason(error));
                return;
            }
            session::Event::LoggedIn | session::Event::Opened | session::Event::Ready(_) => return,
        };
        self.events.push_back(event);
    }

    /// Why the connection ends: the first error counts, unless the second one is a refusal.
    fn reason(&mut self, error: Error) -> Error {
        match self.ending.take() {
            Some((first, _)) if !error.is_refusal() => first,
            _ => error,
        }
    }

    fn error(&mut self, end: End, deadline: &Deadline) -> Error {
        match end.into_error(&self.broker, deadline.phase()) {
            Some(error) => error,
            None => {
                // If writing has failed before, that is the first error.
                let fault = self.pump.take_write_fault();
                self.explain(fault.unwrap_or_else(explain::hang_up), deadline)
            }
        }
    }

    fn explain(&self, fault: Fault, deadline: &Deadline) -> Error {
        let (broker, is_opening, tls) = (self.broker.as_str(), self.is_opening, self.tls);
        let remark = self.pump.wire.remark();
        let presumed = self.pump.session.presumed();
        let presumed = presumed.as_deref();
        explain::fault(fault, &Situation { broker, deadline, is_opening, tls, remark, presumed })
    }
}
