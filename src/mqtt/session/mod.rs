//! The MQTT session of one connection: a subscription for the replies, and requests with QoS 1.

mod inbound;
mod keep_alive;
mod known;
mod opening;
mod options;
mod outbox;
mod outgoing;
mod packet;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Instant};

use super::{
    codes,
    memory::{Memory, Remembered},
    packets::{self, Connack, Reader, Reason, Version},
};
use crate::{
    broker::{HandOver, ReplyId, Settlement},
    error::{Phase, Subject},
    session::{self, End, Event, Known, Purpose},
    signing::{RawReply, Request},
};
use inbound::Inbound;
use keep_alive::KeepAlive;
pub(crate) use options::Options;
use outbox::Outbox;

/// How far a session has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It waits for the CONNACK.
    Connecting,
    /// It waits for the SUBACK with this packet identifier.
    Subscribing(u16),
    Established,
    /// The client has ended the session, and waits for the end of the stream.
    Closing,
}

/// An MQTT session.
pub(crate) struct Session {
    version: Version,
    purpose: Purpose,
    state: State,
    /// [`Event::Ended`] was reported: nothing else comes.
    has_ended: bool,
    reader: Reader,
    outbox: Outbox,
    keep_alive: KeepAlive,
    inbound: Inbound,
    events: VecDeque<Event>,
    /// What is left for the next session with the broker.
    remembered: Remembered,
    memory: Memory,
    /// The client asked for a new session.
    clean_start: bool,
    connack: Option<Box<Connack>>,
    /// How many requests without a PUBACK there may be on this connection.
    window: usize,
    /// Requests go out one by one, until this number more have their PUBACKs.
    careful: usize,
    /// The connection may have ended because of a request.
    may_be_blamed: bool,
    /// Why the broker ends the connection, if it has said so.
    reason: Option<Reason>,
    listen_to: String,
    send_to: String,
    /// Seconds.
    ttl: u32,
    /// Seconds, as in the CONNECT.
    session_expiry: u32,
    /// What is doubtful about the subscription.
    doubt: Option<String>,
    decode: fn(Vec<u8>) -> RawReply,
}

impl Session {
    fn end(&mut self, end: End) {
        self.has_ended = true;
        self.events.push_back(Event::Ended(end));
    }

    /// Ends with what the broker did wrong, which is not because of a request.
    fn fail(&mut self, problem: impl Into<String>) {
        self.may_be_blamed = false;
        self.end(End::Protocol(problem.into()));
    }

    fn sending(&self) -> Subject {
        Subject::Sending(self.send_to.as_str().into())
    }

    fn listening(&self) -> Subject {
        Subject::Listening(self.listen_to.as_str().into())
    }

    /// Ends a connection on which replies were not kept, once the others are acknowledged.
    fn leave_if_full(&mut self) {
        let is_done = self.inbound.len() == 0 && self.outbox.is_written();
        if self.inbound.is_full() && is_done && self.state == State::Established && !self.has_ended
        {
            self.fail("more replies came than are kept until the broker answers the SUBSCRIBE");
        }
    }

    /// Acknowledges the replies that are due.
    fn acknowledge(&mut self) {
        while let Some(id) = self.inbound.take_due() {
            packets::write_puback(&mut self.outbox.others, id);
        }
    }
}

impl session::Session for Session {
    fn input(&mut self) -> &mut [u8] {
        if self.has_ended { &mut [] } else { self.reader.input() }
    }

    fn input_done(&mut self, count: usize) {
        self.keep_alive.received();
        self.reader.input_done(count);
        self.read();
        let arrived = self.reader.arrived();
        if arrived > 0 && self.state == State::Established && !self.has_ended {
            self.events.push_back(Event::Arriving(arrived));
        }
    }

    fn input_ended(&mut self) {
        self.reader.input_ended();
        self.read();
        if !self.has_ended {
            self.end(End::HungUp);
        }
    }

    fn output(&mut self) -> &[u8] {
        let window = self.open_window();
        self.outbox.output(&mut self.remembered.queue, window)
    }

    fn output_done(&mut self, count: usize) {
        let is_all = self.outbox.written(count);
        self.keep_alive.sent(is_all);
        self.leave_if_full();
    }

    fn holds_back(&self) -> bool {
        let queue = &self.remembered.queue;
        self.state == State::Established
            && queue.begun() < queue.len()
            && queue.begun() >= self.open_window()
    }

    fn tick(&mut self, now: Instant) -> Option<Instant> {
        self.leave_if_full();
        match self.state {
            _ if self.has_ended => return None,
            State::Connecting => self.keep_alive.begin(now),
            State::Subscribing(_) | State::Established => match self.keep_alive.tick(now) {
                Ok(false) => {}
                Ok(true) => packets::write_pingreq(&mut self.outbox.others),
                Err(silence) => {
                    let seconds = silence.as_secs_f64();
                    self.fail(format!("the broker has been silent for {seconds} s (idle_timeout)"));
                }
            },
            State::Closing => return None,
        }
        self.keep_alive.next()
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn phase(&self) -> Phase {
        if self.state == State::Connecting { Phase::Open } else { Phase::Attach }
    }

    fn is_anonymous(&self) -> bool {
        false
    }

    fn known(&self) -> Known {
        self.look()
    }

    fn presumed(&self) -> Option<String> {
        self.presume()
    }

    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        self.hand_over(entry, request)
    }

    fn idle(&mut self) {}

    fn settle(&mut self, reply: ReplyId, _: Settlement<'_>) {
        // Whatever becomes of it: a broker delivers what is not acknowledged again and again, and there is no other way to
        // acknowledge that brokers do not take amiss.
        self.inbound.settled(reply);
        if matches!(self.state, State::Subscribing(_) | State::Established) && !self.has_ended {
            self.acknowledge();
        }
    }

    fn next_reply(&self) -> u64 {
        self.inbound.next()
    }

    fn has_missed_replies(&self) -> bool {
        self.remembered.has_missed_replies
    }

    fn outlasts_connection(&self) -> bool {
        self.session_expiry > 0
    }

    fn close(&mut self, stays: bool) {
        if self.has_ended {
            return;
        }
        self.state = State::Closing;
        self.may_be_blamed = false;
        for id in self.inbound.take_settled() {
            packets::write_puback(&mut self.outbox.others, id);
        }
        packets::write_disconnect(&mut self.outbox.others, self.version, stays);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut remembered = std::mem::take(&mut self.remembered);
        if let State::Subscribing(id) = self.state {
            remembered.queue.release_id(id);
        }
        if self.may_be_blamed {
            remembered.ended(self.reason.as_ref());
        }
        remembered.queue.connection_lost();
        self.memory.leave(remembered);
    }
}
