//! The safe owner of Proton's connection driver: one connection, one session, two links.
//!
//! What keeps the raw pointers valid: the driver owns connection, session, links and deliveries and
//! frees them in one place, when the engine is dropped. A delivery ends earlier, when it is settled;
//! its pointer is then forgotten in the same call.
#![allow(unsafe_code)]

use std::{
    collections::{HashMap, VecDeque},
    ffi::{CStr, CString, NulError, c_char},
    mem::MaybeUninit,
    ptr, slice,
    time::Duration,
};

use proton_sys::*;
use zeroize::Zeroizing;

use super::{
    credit::CREDIT,
    event::{DeliveryId, Event},
    raw::bytes,
};
use crate::error::Condition;

/// The largest frame taken; also how much is read at once.
const MAX_FRAME: u32 = 64 * 1024;

/// Bytes that the peer may send up to its Open. SASL frames have 512 bytes at most (AMQP 1.0 part 5.3.1), and
/// an Open is not much longer; but the engine keeps some of each SASL frame, however many there are.
const MAX_PREFACE: usize = 128 * 1024;

/// The engine takes a frame of the C stack for each level of the values that it reads, and nothing but the size of a frame
/// bounds their number: about 22,000, of fewer than 200 bytes each. A thread may have less than that.
const STACK: usize = 6 << 20;

/// Up to so many requests on the way, as much is read at once as there is.
const FULL_READS: usize = 100;

/// What is fixed before the first byte.
pub(crate) struct Options<'a> {
    pub(crate) container_id: &'a str,
    pub(crate) hostname: &'a str,
    /// How long the peer may be silent; `None`: for ever. The peer is told half of it.
    pub(crate) idle_timeout: Option<Duration>,
    /// `None`: no SASL layer, the AMQP header comes first.
    pub(crate) sasl: Option<Mechanisms<'a>>,
    /// Bytes; a longer message is discarded as it comes in.
    pub(crate) max_message_size: u64,
}

/// The SASL mechanisms that are allowed; the engine takes the best one that the peer offers too.
#[derive(Clone, Copy)]
pub(crate) enum Mechanisms<'a> {
    Anonymous,
    External,
    ExternalOrAnonymous,
    /// The caller makes sure of TLS: the password is sent in clear.
    Plain {
        user: &'a str,
        password: &'a str,
    },
}

/// Frees what the driver owns, once.
pub(super) struct Driver(pub(super) pn_connection_driver_t);

impl Drop for Driver {
    fn drop(&mut self) {
        // SAFETY: initialised in `Engine::new`; nothing uses a pointer of the driver after this.
        unsafe { pn_connection_driver_destroy(&mut self.0) }
    }
}

/// One AMQP connection with a session, a receiver and a sender, as a state machine over bytes.
pub(crate) struct Engine {
    pub(super) driver: Driver,
    pub(super) session: *mut pn_session_t,
    pub(super) sender: *mut pn_link_t,
    pub(super) receiver: *mut pn_link_t,
    /// Bytes that came before the peer's Open; `None`: it has come.
    pub(super) preface: Option<usize>,
    /// The SASL layer, and the mechanism that was chosen in it by the peer's Open; null where there is none.
    sasl: *mut pn_sasl_t,
    mechanism: *const c_char,
    /// The sender is attached, and neither it nor what it stands on has ended.
    pub(super) may_send: bool,
    /// Messages that were put on the sender, and those of them that have no outcome.
    pub(super) sent: i64,
    pub(super) in_flight: usize,
    /// Credit is granted as replies are taken: from the receiver's attach until we close.
    pub(super) grants: bool,
    /// Deliveries handed out and not settled yet.
    pub(super) unsettled: HashMap<DeliveryId, *mut pn_delivery_t>,
    pub(super) next_delivery: u64,
    /// The message that is coming in, and how many bytes of it have come.
    pub(super) partial: Vec<u8>,
    pub(super) partial_size: u64,
    pub(super) max_message_size: u64,
    pub(super) events: VecDeque<Event>,
}

impl Engine {
    /// Makes an engine whose first output is the protocol header, Open and Begin.
    ///
    /// # Errors
    /// A text with an interior NUL, which C cannot hold.
    ///
    /// # Panics
    /// Where there is no memory for it.
    pub(crate) fn new(options: &Options<'_>) -> Result<Self, NulError> {
        let container_id = CString::new(options.container_id)?;
        let hostname = CString::new(options.hostname)?;
        let (mechanisms, user, password) = match options.sasl {
            None => (None, "", ""),
            Some(Mechanisms::Anonymous) => (Some(c"ANONYMOUS"), "", ""),
            Some(Mechanisms::External) => (Some(c"EXTERNAL"), "", ""),
            Some(Mechanisms::ExternalOrAnonymous) => (Some(c"EXTERNAL ANONYMOUS"), "", ""),
            Some(Mechanisms::Plain { user, password }) => (Some(c"PLAIN"), user, password),
        };
        let (user, password) = (CString::new(user)?, Zeroizing::new(CString::new(password)?));

        let mut raw = MaybeUninit::<pn_connection_driver_t>::zeroed();
        // SAFETY: the null pointers tell the driver to make connection and transport; on success it is whole.
        let driver = unsafe {
            let status =
                pn_connection_driver_init(raw.as_mut_ptr(), ptr::null_mut(), ptr::null_mut());
            assert_eq!(status, 0, "no memory for a connection driver");
            Driver(raw.assume_init())
        };
        let pn_connection_driver_t { connection, transport, .. } = driver.0;
        // SAFETY: connection and transport are live, the strings outlive the calls and are copied by them.
        let (session, sasl) = unsafe {
            // The environment can make the engine print every frame, a SASL password included.
            pn_logger_reset_mask(pn_transport_logger(transport), u16::MAX, u16::MAX);
            pn_connection_set_container(connection, container_id.as_ptr());
            pn_connection_set_hostname(connection, hostname.as_ptr());
            pn_transport_set_max_frame(transport, MAX_FRAME);
            if let Some(timeout) = options.idle_timeout {
                pn_transport_set_idle_timeout(
                    transport,
                    u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX),
                );
            }
            let mut sasl = ptr::null_mut();
            if let Some(mechanisms) = mechanisms {
                if !user.is_empty() {
                    pn_connection_set_user(connection, user.as_ptr());
                    pn_connection_set_password(connection, password.as_ptr());
                }
                sasl = pn_sasl(transport);
                pn_sasl_allowed_mechs(sasl, mechanisms.as_ptr());
                // TLS is outside the engine, which would take every connection for a bare one.
                pn_sasl_set_allow_insecure_mechs(sasl, true);
            }
            pn_connection_open(connection);
            let session = pn_session(connection);
            pn_session_open(session);
            (session, sasl)
        };
        let mut engine = Self {
            driver,
            session,
            sender: ptr::null_mut(),
            receiver: ptr::null_mut(),
            preface: Some(0),
            sasl,
            mechanism: ptr::null(),
            may_send: false,
            sent: 0,
            in_flight: 0,
            grants: false,
            unsettled: HashMap::new(),
            next_delivery: 0,
            partial: Vec::new(),
            partial_size: 0,
            max_message_size: options.max_message_size,
            events: VecDeque::new(),
        };
        // The driver's first events bind the connection to the transport, which crashes on input before that.
        let first = engine.next_event();
        debug_assert!(first.is_none(), "{first:?} before any input");
        Ok(engine)
    }

    /// Attaches the receiver to `source`, with credit. Once only.
    pub(crate) fn attach_receiver(&mut self, name: &str, source: &str) -> Result<(), NulError> {
        assert!(self.receiver.is_null(), "one receiver a connection");
        let (name, source) = (CString::new(name)?, CString::new(source)?);
        // SAFETY: the session is live; the strings are copied.
        unsafe {
            self.receiver = pn_receiver(self.session, name.as_ptr());
            pn_terminus_set_address(pn_link_source(self.receiver), source.as_ptr());
            // No max-message-size is announced: a broker answers a longer message by ending the
            // link, and with it everything else that was on the way.
            pn_link_open(self.receiver);
            pn_link_flow(self.receiver, CREDIT);
        }
        self.grants = true;
        Ok(())
    }

    /// Attaches the sender to `target`; `None` is the anonymous terminus. Once only.
    pub(crate) fn attach_sender(
        &mut self,
        name: &str,
        target: Option<&str>,
    ) -> Result<(), NulError> {
        assert!(self.sender.is_null(), "one sender a connection");
        let (name, target) = (CString::new(name)?, target.map(CString::new).transpose()?);
        // SAFETY: the session is live; the strings are copied.
        unsafe {
            self.sender = pn_sender(self.session, name.as_ptr());
            if let Some(target) = &target {
                pn_terminus_set_address(pn_link_target(self.sender), target.as_ptr());
            }
            pn_link_open(self.sender);
        }
        Ok(())
    }

    /// Whether the peer's Open offers to route by the `to` of each message.
    pub(crate) fn offers_anonymous_relay(&self) -> bool {
        // SAFETY: the connection is live; its capabilities are null or live until the next input.
        unsafe {
            let data = pn_connection_remote_offered_capabilities(self.driver.0.connection);
            if data.is_null() {
                return false;
            }
            pn_data_rewind(data);
            let mut found = false;
            // One capability may stand alone, several are an array (AMQP 1.0 part 1.3.4, "multiple").
            while pn_data_next(data) {
                match pn_data_type(data) {
                    PN_ARRAY => {
                        pn_data_enter(data);
                    }
                    PN_SYMBOL => found |= bytes(pn_data_get_symbol(data)) == b"ANONYMOUS-RELAY",
                    _ => {}
                }
            }
            found
        }
    }

    /// Whether the login failed for a reason of the peer's that may pass (AMQP 1.0 part 5.3.3.6: sys, sys-temp).
    pub(crate) fn login_may_do_better(&self) -> bool {
        // SAFETY: a SASL layer that is not null lives as long as the transport.
        !self.sasl.is_null()
            && matches!(unsafe { pn_sasl_outcome(self.sasl) }, PN_SASL_SYS | PN_SASL_TEMP)
    }

    /// The longest message that the peer takes, in bytes; `None`: any.
    pub(crate) fn peer_max_message_size(&self) -> Option<u64> {
        if !self.may_send {
            return None;
        }
        // SAFETY: `may_send` implies a live sender.
        Some(unsafe { pn_link_remote_max_message_size(self.sender) }).filter(|&size| size > 0)
    }

    /// Accepts an incoming delivery, or rejects it with a condition, and settles it.
    pub(crate) fn settle(&mut self, delivery: DeliveryId, verdict: Result<(), (&CStr, &CStr)>) {
        let Some(delivery) = self.unsettled.remove(&delivery) else { return };
        // SAFETY: a pointer stays in `unsettled` from its arrival to this line, and so is live.
        unsafe {
            match verdict {
                Ok(()) => pn_delivery_update(delivery, PN_ACCEPTED),
                Err((name, description)) => {
                    // Before the update: newer versions lose what is set after it.
                    let condition = pn_disposition_condition(pn_delivery_local(delivery));
                    pn_condition_set_name(condition, name.as_ptr());
                    pn_condition_set_description(condition, description.as_ptr());
                    pn_delivery_update(delivery, PN_REJECTED);
                }
            }
            pn_delivery_settle(delivery);
        }
    }

    /// Starts an orderly close.
    pub(crate) fn close(&mut self) {
        self.may_send = false;
        self.grants = false;
        // SAFETY: the connection is live.
        unsafe { pn_connection_close(self.driver.0.connection) }
    }

    /// Where the next bytes from the peer go; empty once no more are taken.
    ///
    /// The more requests are on the way, the fewer bytes at once: one disposition of 26 bytes may be about all of them,
    /// and the engine makes an event for each.
    pub(crate) fn input(&mut self) -> &mut [u8] {
        let most = (MAX_FRAME as usize * FULL_READS / self.in_flight.max(FULL_READS)).max(64);
        // SAFETY: the buffer is the driver's and lives until the next call on it, which needs `&mut self`.
        // Its bytes may never have been written; whoever gets it only writes, to a socket's read.
        unsafe {
            let buffer =
                pn_connection_driver_read_buffer_sized(&mut self.driver.0, MAX_FRAME as usize);
            if buffer.size == 0 {
                &mut []
            } else {
                slice::from_raw_parts_mut(buffer.start.cast(), buffer.size.min(most))
            }
        }
    }

    /// Says how many bytes were put into [`Engine::input`].
    pub(crate) fn input_done(&mut self, count: usize) {
        if let Some(preface) = &mut self.preface {
            *preface += count;
            if *preface > MAX_PREFACE {
                let problem = "the broker sends and sends, and no Open among it";
                self.events.push_back(Event::Failed(Condition::new("", problem)));
                return self.input_ended();
            }
        }
        // SAFETY: `count` bytes were written to the buffer given out last.
        stacker::maybe_grow(STACK, 2 * STACK, || unsafe {
            pn_connection_driver_read_done(&mut self.driver.0, count)
        });
        self.refuse_another_login();
    }

    /// Notes that the peer's Open has come.
    pub(super) fn opened(&mut self) {
        self.preface = None;
        if !self.sasl.is_null() {
            // SAFETY: the SASL layer lives as long as the transport.
            self.mechanism = unsafe { pn_sasl_get_mech(self.sasl) };
        }
    }

    /// Older versions of the engine take SASL frames at any time, and keep some of each.
    fn refuse_another_login(&mut self) {
        if self.preface.is_some() || self.sasl.is_null() {
            return;
        }
        // SAFETY: the SASL layer lives as long as the transport. The name is not read.
        let mechanism = unsafe { pn_sasl_get_mech(self.sasl) };
        if std::mem::replace(&mut self.mechanism, mechanism) != mechanism {
            self.events
                .push_back(Event::Failed(Condition::new("", "the broker began another login")));
        }
    }

    /// Says that the peer sends no more.
    pub(crate) fn input_ended(&mut self) {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_read_close(&mut self.driver.0) }
    }

    /// The bytes to send to the peer; may run the engine.
    ///
    /// Only a peer that has read all we said is granted more credit: what we have to say about its messages would pile up.
    pub(crate) fn output(&mut self) -> &[u8] {
        // SAFETY: as for `input`.
        unsafe {
            let mut waiting = pn_connection_driver_write_buffer(&mut self.driver.0);
            if waiting.size == 0 && self.top_up() {
                waiting = pn_connection_driver_write_buffer(&mut self.driver.0);
            }
            bytes(waiting)
        }
    }

    /// Says how many bytes of [`Engine::output`] were sent.
    pub(crate) fn output_done(&mut self, count: usize) {
        // SAFETY: `count` is at most what was given out last.
        unsafe {
            pn_connection_driver_write_done(&mut self.driver.0, count);
        }
    }

    /// Tells the time, in milliseconds of a clock that never goes back, and answers when to tell it
    /// next; `None`: nothing depends on it yet. Heartbeats come from here.
    pub(crate) fn tick(&mut self, now: i64) -> Option<i64> {
        // SAFETY: the transport is live.
        let next = unsafe { pn_transport_tick(self.driver.0.transport, now) };
        (next > 0).then_some(next)
    }

    /// Whether both directions are at their end.
    pub(crate) fn is_finished(&mut self) -> bool {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_finished(&mut self.driver.0) }
    }

    /// Takes the next event.
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        while self.events.is_empty() {
            // SAFETY: the event and what it refers to live until the next call of next_event.
            unsafe {
                let event = pn_connection_driver_next_event(&mut self.driver.0);
                if event.is_null() {
                    return None;
                }
                self.translate(event);
            }
        }
        self.events.pop_front()
    }
}
