//! The link for requests: credit, the session's window, and outcomes.
#![allow(unsafe_code)]

use std::{
    ffi::{CString, NulError, c_void},
    ptr::{self, NonNull},
};

use proton_sys::*;

use super::{
    driver::Driver,
    event::{Event, Outcome},
    node::Node,
    raw::condition,
};

/// A sender, once the client has attached it. Its link lives as long as the driver.
pub(super) struct Sender {
    link: NonNull<pn_link_t>,
    /// The peer has attached it, too, and neither the link nor its session or connection has ended.
    is_attached: bool,
    /// The message whose end was not given to the engine; live until then, or until it has an outcome.
    unfinished: Option<NonNull<pn_delivery_t>>,
    /// The number of messages that were sent, and of those that have no outcome.
    sent: i64,
    in_flight: usize,
}

impl Sender {
    /// Attaches to `target`; `None` is the anonymous terminus.
    ///
    /// # Errors
    /// A text with an interior NUL, which C cannot hold.
    ///
    /// # Panics
    /// If there is no memory for it.
    ///
    /// # Safety
    /// The session is live, and its driver is freed no earlier than the result is used last.
    pub(super) unsafe fn attach(
        session: NonNull<pn_session_t>,
        name: &str,
        target: Option<Node<'_>>,
    ) -> Result<Self, NulError> {
        let name = CString::new(name)?;
        // SAFETY: by the caller; the strings are copied.
        let link = unsafe {
            let link = NonNull::new(pn_sender(session.as_ptr(), name.as_ptr())).expect("memory");
            if let Some(target) = &target {
                target.put(pn_link_target(link.as_ptr()))?;
            }
            pn_link_open(link.as_ptr());
            link
        };
        Ok(Self { link, is_attached: false, unfinished: None, sent: 0, in_flight: 0 })
    }

    pub(super) fn is(&self, link: *mut pn_link_t) -> bool {
        self.link.as_ptr() == link
    }

    /// Notes that the peer has attached it, too.
    pub(super) fn attached(&mut self) {
        self.is_attached = true;
    }

    /// Notes that nothing more can be sent.
    pub(super) fn ended(&mut self) {
        self.is_attached = false;
    }

    /// The number of messages that were sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent as u64
    }

    /// The number of messages without an outcome.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether a message can be sent now: there is credit, and the previous message has left the engine.
    pub(super) fn has_credit(&self) -> bool {
        if !self.is_attached || self.holds_back() || self.holds_message() {
            return false;
        }
        // SAFETY: the link is live.
        let credit = unsafe { pn_link_credit(self.link.as_ptr()) };
        // Credit is unsigned on the wire, and a value beyond an int reads as negative. Credit that was
        // withdrawn while messages were on the way (AMQP 1.0 part 2.6.7) is negative, too, but at most by
        // the number of messages sent.
        credit > 0 || i64::from(credit) < -self.sent
    }

    /// The number of messages that can be sent now.
    pub(super) fn credit(&self) -> u32 {
        // SAFETY: the link is live. Credit is unsigned on the wire.
        if self.has_credit() { unsafe { pn_link_credit(self.link.as_ptr()) as u32 } } else { 0 }
    }

    /// Whether a message waits in the engine: for its end, for the output before it, or for the session's window
    /// (AMQP 1.0 part 2.5.6).
    pub(super) fn holds_back(&self) -> bool {
        // SAFETY: the link is live.
        self.unfinished.is_some() || unsafe { pn_link_queued(self.link.as_ptr()) > 0 }
    }

    /// Whether the peer has sent a message on this link, which it must not. The client's own messages are
    /// complete at once; the next one would be mixed into the peer's message.
    pub(super) fn holds_message(&self) -> bool {
        // SAFETY: the link is live.
        let current = NonNull::new(unsafe { pn_link_current(self.link.as_ptr()) });
        current.is_some() && current != self.unfinished
    }

    /// Gives back the remaining credit, if the peer asks for that: there is nothing to send (AMQP 1.0
    /// part 2.6.7, drain).
    pub(super) fn answer_drain(&mut self) {
        if self.is_attached && !self.holds_back() {
            // SAFETY: the link is live.
            unsafe {
                if pn_link_get_drain(self.link.as_ptr()) {
                    pn_link_drained(self.link.as_ptr());
                }
            }
        }
    }

    /// The longest message that the peer accepts, in bytes; `None`: any.
    pub(super) fn peer_max_message_size(&self) -> Option<u64> {
        if !self.is_attached {
            return None;
        }
        // SAFETY: the link is live.
        Some(unsafe { pn_link_remote_max_message_size(self.link.as_ptr()) })
            .filter(|&size| size > 0)
    }

    /// Begins a message; `tag` must be new for this engine, and not 0. Needs credit. [`Self::continue_with`] sends its bytes.
    ///
    /// # Panics
    /// Without credit, or with the tag 0.
    pub(super) fn begin(&mut self, tag: u64) {
        assert!(self.has_credit(), "sending needs credit");
        assert_ne!(tag, 0, "0 is not a tag");
        let name = tag.to_string();
        let tag_bytes = pn_bytes_t { size: name.len(), start: name.as_ptr().cast() };
        // SAFETY: the link is live; the tag is copied. The context is a number, never followed.
        unsafe {
            let delivery = pn_delivery(self.link.as_ptr(), tag_bytes);
            pn_delivery_set_context(delivery, tag as usize as *mut c_void);
            self.unfinished = NonNull::new(delivery);
        }
        self.sent += 1;
        self.in_flight += 1;
    }

    /// Whether the unfinished message can have more bytes: those before have left the engine.
    pub(super) fn has_room(&self) -> bool {
        // SAFETY: it is live, see `unfinished`.
        let is_empty = |it: NonNull<_>| unsafe { pn_delivery_pending(it.as_ptr()) == 0 };
        self.is_attached && self.unfinished.is_some_and(is_empty)
    }

    /// Sends more of the unfinished message, which ends with these pieces if `is_last`.
    pub(super) fn continue_with(&mut self, driver: &mut Driver, pieces: [&[u8]; 2], is_last: bool) {
        let link = self.link.as_ptr();
        // SAFETY: the link is live; the bytes are copied.
        unsafe {
            for piece in pieces {
                pn_link_send(link, piece.as_ptr().cast(), piece.len());
            }
            if is_last {
                pn_link_advance(link);
                self.unfinished = None;
            }
        }
        // Moves the bytes into the output, if possible: a queue in the engine could be neither counted nor withdrawn.
        driver.output();
    }

    /// The outcome of a delivery, only once; the delivery is then settled and freed.
    ///
    /// # Safety
    /// `delivery` is a live delivery of this sender.
    pub(super) unsafe fn outcome(&mut self, delivery: *mut pn_delivery_t) -> Option<Event> {
        // SAFETY: by the caller; nothing uses the pointer after it is settled.
        unsafe {
            let tag = pn_delivery_get_context(delivery) as usize as u64;
            // Two dispositions that arrive at once are two events; the first has brought the outcome.
            if tag == 0 {
                return None;
            }
            // Always read the state first: in newer versions, a getter of another state's fields changes the state.
            let outcome = match pn_delivery_remote_state(delivery) {
                PN_ACCEPTED => Outcome::Accepted,
                PN_REJECTED => {
                    let remote = pn_delivery_remote(delivery);
                    Outcome::Rejected(condition(pn_disposition_condition(remote)))
                }
                PN_RELEASED => Outcome::Released,
                PN_MODIFIED => {
                    let remote = pn_delivery_remote(delivery);
                    Outcome::Modified {
                        undeliverable_here: pn_disposition_is_undeliverable(remote),
                    }
                }
                _ if pn_delivery_settled(delivery) => Outcome::Forgotten,
                _ => return None,
            };
            pn_delivery_set_context(delivery, ptr::null_mut());
            if self.unfinished.take_if(|unfinished| unfinished.as_ptr() == delivery).is_some() {
                // Settled only, it would look whole.
                pn_delivery_abort(delivery);
            } else {
                pn_delivery_settle(delivery);
            }
            self.in_flight -= 1;
            Some(Event::Outcome { tag, outcome })
        }
    }
}
