//! One AMQP connection with a session, a receiver and a sender, as a state machine over bytes.
#![allow(unsafe_code)]

use std::{
    collections::VecDeque,
    ffi::{CString, NulError},
    ptr::NonNull,
    time::Duration,
};

use proton_sys::*;

use super::{
    driver::Driver,
    event::{DeliveryId, Event, Settlement},
    log,
    login::{Login, Mechanisms},
    node::Node,
    raw::bytes,
    receiver::Receiver,
    sender::Sender,
};
use crate::error::Condition;

/// The largest frame that is accepted, in bytes; also how much is read at once.
const MAX_FRAME: u32 = 64 * 1024;

/// With up to this many requests on the way, all available bytes are read at once.
const FULL_READS: usize = 100;

/// Options that are fixed before the first byte.
pub(crate) struct Options<'a> {
    pub(crate) container_id: &'a str,
    pub(crate) hostname: &'a str,
    /// How long the peer may be silent; `None`: forever. Half of it is announced to the peer.
    pub(crate) idle_timeout: Option<Duration>,
    /// `None`: no SASL layer, the AMQP header comes first.
    pub(crate) mechanisms: Option<Mechanisms<'a>>,
}

/// The engine of one connection. It turns the peer's bytes into [`Event`]s.
pub(crate) struct Engine {
    pub(super) driver: Driver,
    /// Live as long as the driver.
    pub(super) session: NonNull<pn_session_t>,
    pub(super) login: Login,
    pub(super) sender: Option<Sender>,
    pub(super) receiver: Option<Receiver>,
    pub(super) events: VecDeque<Event>,
}

impl Engine {
    /// Makes an engine whose first output is the protocol header, Open and Begin.
    ///
    /// # Errors
    /// A text with an interior NUL, which C cannot hold.
    ///
    /// # Panics
    /// If there is no memory for it.
    pub(crate) fn new(options: &Options<'_>) -> Result<Self, NulError> {
        let container_id = CString::new(options.container_id)?;
        let hostname = CString::new(options.hostname)?;
        let driver = Driver::new();
        let (connection, transport) = (driver.connection(), driver.transport());
        // SAFETY: connection and transport are live; the strings outlive the calls, which copy them.
        unsafe {
            log::redirect(transport);
            pn_connection_set_container(connection, container_id.as_ptr());
            pn_connection_set_hostname(connection, hostname.as_ptr());
            pn_transport_set_max_frame(transport, MAX_FRAME);
            if let Some(timeout) = options.idle_timeout {
                let timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
                pn_transport_set_idle_timeout(transport, timeout);
            }
        }
        // SAFETY: the engine keeps both, and nothing else uses the login.
        let login = unsafe { Login::new(&driver, options.mechanisms)? };
        // SAFETY: the connection is live.
        let session = unsafe {
            pn_connection_open(connection);
            let session = NonNull::new(pn_session(connection)).expect("memory");
            pn_session_open(session.as_ptr());
            session
        };
        let events = VecDeque::new();
        let mut engine = Self { driver, session, login, sender: None, receiver: None, events };
        // The driver's first events bind the connection to the transport, which crashes on input before that.
        let first = engine.next_event();
        debug_assert!(first.is_none(), "{first:?} before any input");
        Ok(engine)
    }

    /// Attaches the receiver to `source`, with credit if it `grants` any. A message of more than `max_message_size` bytes
    /// is discarded while it arrives.
    ///
    /// # Panics
    /// If it is attached already.
    pub(crate) fn attach_receiver(
        &mut self,
        name: &str,
        source: Node<'_>,
        max_message_size: u64,
        grants: bool,
    ) -> Result<(), NulError> {
        assert!(self.receiver.is_none(), "one receiver a connection");
        // SAFETY: the engine keeps the receiver beside the driver, which keeps the session.
        let receiver =
            unsafe { Receiver::attach(self.session, name, source, max_message_size, grants)? };
        self.receiver = Some(receiver);
        Ok(())
    }

    /// Attaches the sender to `target`; `None` is the anonymous terminus.
    ///
    /// # Panics
    /// If it is attached already.
    pub(crate) fn attach_sender(
        &mut self,
        name: &str,
        target: Option<Node<'_>>,
    ) -> Result<(), NulError> {
        assert!(self.sender.is_none(), "one sender a connection");
        // SAFETY: the engine keeps the sender beside the driver, which keeps the session.
        let sender = unsafe { Sender::attach(self.session, name, target)? };
        self.sender = Some(sender);
        Ok(())
    }

    /// Whether the login failed for a reason at the peer that may be temporary (AMQP 1.0 part 5.3.3.6: sys, sys-temp).
    pub(crate) fn login_may_succeed_later(&self) -> bool {
        self.login.may_succeed_later()
    }

    /// Whether a message can be sent now: there is credit, and the previous message has left the engine.
    pub(crate) fn has_credit(&self) -> bool {
        self.sender.as_ref().is_some_and(Sender::has_credit)
    }

    /// Whether a message waits in the engine: for the output before it, or for the session's window
    /// (AMQP 1.0 part 2.5.6).
    pub(crate) fn holds_back(&self) -> bool {
        self.sender.as_ref().is_some_and(Sender::holds_back)
    }

    /// Gives back the remaining credit, if the peer asks for that (AMQP 1.0 part 2.6.7, drain).
    pub(crate) fn answer_drain(&mut self) {
        if let Some(sender) = &mut self.sender {
            sender.answer_drain();
        }
    }

    /// Begins a message; `tag` must be new for this engine, and not 0. [`Engine::continue_with`] sends its bytes.
    ///
    /// # Panics
    /// Without credit, or with the tag 0.
    pub(crate) fn begin(&mut self, tag: u64) {
        self.sender.as_mut().expect("sending needs credit").begin(tag);
    }

    /// Whether the message that was begun can have more bytes: those before have left the engine.
    pub(crate) fn has_room(&self) -> bool {
        self.sender.as_ref().is_some_and(Sender::has_room)
    }

    /// Sends more of the message that was begun, which ends with these pieces if `is_last`. Needs room.
    pub(crate) fn continue_with(&mut self, pieces: [&[u8]; 2], is_last: bool) {
        if let Some(sender) = &mut self.sender {
            sender.continue_with(&mut self.driver, pieces, is_last);
        }
    }

    /// Settles a delivery of the receiver's.
    pub(crate) fn settle(&mut self, delivery: DeliveryId, settlement: Settlement<'_>) {
        if let Some(receiver) = &mut self.receiver {
            receiver.settle(delivery, settlement);
        }
    }

    /// Starts an orderly close.
    pub(crate) fn close(&mut self) {
        if let Some(sender) = &mut self.sender {
            sender.ended();
        }
        if let Some(receiver) = &mut self.receiver {
            receiver.stop();
        }
        // SAFETY: the connection is live.
        unsafe { pn_connection_close(self.driver.connection()) }
    }

    /// The buffer for the next bytes from the peer; empty once no more are accepted.
    ///
    /// The more requests are on the way, the smaller the buffer: one disposition of 26 bytes may apply
    /// to all of them, and the engine makes an event for each.
    pub(crate) fn input(&mut self) -> &mut [u8] {
        let in_flight = self.sender.as_ref().map_or(0, Sender::in_flight);
        let most = (MAX_FRAME as usize * FULL_READS / in_flight.max(FULL_READS)).max(64);
        self.driver.input(MAX_FRAME as usize, most)
    }

    /// Notes that `count` bytes were put into [`Engine::input`].
    pub(crate) fn input_done(&mut self, count: usize) {
        if let Err(problem) = self.login.count(count) {
            self.events.push_back(Event::Failed(Condition::new("", problem)));
            return self.input_ended();
        }
        self.driver.input_done(count);
        if self.login.began_again() {
            let problem = "the broker began another login";
            self.events.push_back(Event::Failed(Condition::new("", problem)));
        }
    }

    /// Notes that the peer sends no more.
    pub(crate) fn input_ended(&mut self) {
        self.driver.input_ended();
    }

    /// The bytes to send to the peer; may run the engine.
    ///
    /// Only a peer that has read everything is granted more credit: otherwise the dispositions of its messages
    /// would pile up.
    pub(crate) fn output(&mut self) -> &[u8] {
        let mut waiting = self.driver.output();
        let sent = self.sender.as_ref().map_or(0, Sender::sent);
        if waiting.size == 0 && self.receiver.as_mut().is_some_and(|it| it.top_up(sent)) {
            waiting = self.driver.output();
        }
        // SAFETY: the bytes live until the next call of the driver's, which needs `&mut self`.
        unsafe { bytes(waiting) }
    }

    /// Notes that `count` bytes of [`Engine::output`] were sent.
    pub(crate) fn output_done(&mut self, count: usize) {
        self.driver.output_done(count);
    }

    /// Notes the time, in milliseconds of a clock that never goes back, and returns when to call
    /// this next; `None`: nothing depends on it yet. This call also makes the heartbeats.
    pub(crate) fn tick(&mut self, now: i64) -> Option<i64> {
        // SAFETY: the transport is live.
        let next = unsafe { pn_transport_tick(self.driver.transport(), now) };
        (next > 0).then_some(next)
    }

    /// Whether both directions have ended.
    pub(crate) fn is_finished(&mut self) -> bool {
        self.driver.is_finished()
    }

    /// Takes the next event.
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        while self.events.is_empty() {
            let event = NonNull::new(self.driver.next_event())?;
            // SAFETY: the event and what it refers to live until the next call of the driver's.
            unsafe { self.translate(event.as_ptr()) };
        }
        self.events.pop_front()
    }
}
