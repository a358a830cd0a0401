//! Who may send how much: credit of both links, and the session's window (AMQP 1.0 part 2.5.6 and 2.6.7).
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use proton_sys::*;

use super::engine::Engine;

/// Replies that the broker may have on the way to us. On a loopback 10 halve the throughput, more
/// than 100 gain next to nothing.
pub(super) const CREDIT: c_int = 100;

impl Engine {
    /// Whether a message can be sent now: there is credit, and the one before went out.
    pub(crate) fn has_credit(&self) -> bool {
        if !self.may_send || self.holds_back() {
            return false;
        }
        // SAFETY: `may_send` implies a live sender.
        let (credit, current) =
            unsafe { (pn_link_credit(self.sender), pn_link_current(self.sender)) };
        // What we send is complete at once, so that this one is the peer's, which has sent on our sender. Ours would be
        // put into it.
        if !current.is_null() {
            return false;
        }
        // Credit is unsigned on the wire, and more than an int holds reads as negative. So does credit that was taken back
        // while messages were on the way (AMQP 1.0 part 2.6.7), but by no more than were sent.
        credit > 0 || i64::from(credit) < -self.sent
    }

    /// Whether a message waits in the engine: for the output before it, or for the session's window (AMQP 1.0 part 2.5.6).
    pub(crate) fn holds_back(&self) -> bool {
        // SAFETY: a sender that is not null is live.
        !self.sender.is_null() && unsafe { pn_link_queued(self.sender) } > 0
    }

    /// Gives back what credit is left, if the peer asks for that: there is nothing to send (AMQP 1.0 part 2.6.7, drain).
    pub(crate) fn answer_drain(&mut self) {
        if self.may_send && !self.holds_back() {
            // SAFETY: `may_send` implies a live sender.
            unsafe {
                if pn_link_get_drain(self.sender) {
                    pn_link_drained(self.sender);
                }
            }
        }
    }

    /// Puts a whole message on the sender; `tag` must be new for this engine, and not 0. Needs credit.
    pub(crate) fn send(&mut self, tag: u64, message: &[u8]) {
        assert!(self.has_credit(), "sending needs credit");
        assert_ne!(tag, 0, "0 is no tag");
        let name = tag.to_string();
        let tag_bytes = pn_bytes_t { size: name.len(), start: name.as_ptr().cast() };
        // SAFETY: the sender is live; tag and message are copied. The context is a number, never followed.
        unsafe {
            let delivery = pn_delivery(self.sender, tag_bytes);
            pn_delivery_set_context(delivery, tag as usize as *mut c_void);
            pn_link_send(self.sender, message.as_ptr().cast(), message.len());
            pn_link_advance(self.sender);
            // Into the output, if it goes: a queue in here could be neither counted nor taken back.
            pn_connection_driver_write_buffer(&mut self.driver.0);
        }
        self.sent += 1;
        self.in_flight += 1;
    }

    /// Grants credit anew once half of it is used: a flow frame a message would double the frames. Whether it did.
    pub(super) fn top_up(&mut self) -> bool {
        if !self.grants {
            return false;
        }
        // SAFETY: where credit is granted the receiver is live.
        unsafe {
            let credit = pn_link_credit(self.receiver) + self.unsettled.len() as c_int;
            let used_up = credit <= CREDIT / 2;
            if used_up {
                pn_link_flow(self.receiver, CREDIT - credit);
            }
            used_up
        }
    }
}
