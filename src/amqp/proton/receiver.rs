//! The link for replies: credit, messages in pieces, and settling.
#![allow(unsafe_code)]

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::{CString, NulError, c_int},
    ptr::NonNull,
};

use proton_sys::*;

use super::{
    event::{DeliveryId, Event, Payload, Settlement},
    node::Node,
    window::{self, Window},
};
use crate::{error::Condition, session::Uuids};

/// This many replies more than there was credit for are not the peer's fault. The engine counts the first credit from 0, before
/// it knows from which number the peer counts its deliveries: RabbitMQ 4 begins five before 0, and so has five more.
const SPARE: c_int = 100;

/// A receiver, once the client has attached it. Its link lives as long as the driver.
pub(super) struct Receiver {
    link: NonNull<pn_link_t>,
    /// Whether credit is granted; it is not once the client closes, and never if it only looks at the link.
    grants: bool,
    /// Deliveries that were reported and are not settled yet.
    unsettled: BTreeMap<DeliveryId, NonNull<pn_delivery_t>>,
    next_delivery: u64,
    /// The message that is arriving, and how many bytes of it have arrived.
    partial: Vec<u8>,
    partial_size: u64,
    max_message_size: u64,
    window: Window,
    /// What is kept of a message that is discarded.
    discarded: Uuids,
}

impl Receiver {
    /// Attaches to `source`, with credit if it `grants` any. A message of more than `max_message_size` bytes is discarded
    /// while it arrives.
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
        source: Node<'_>,
        max_message_size: u64,
        grants: bool,
    ) -> Result<Self, NulError> {
        let name = CString::new(name)?;
        // SAFETY: by the caller; the strings are copied.
        let link = unsafe {
            let link = NonNull::new(pn_receiver(session.as_ptr(), name.as_ptr())).expect("memory");
            source.put(pn_link_source(link.as_ptr()))?;
            // No max-message-size is announced: a broker answers a longer message by ending the
            // link, and with it everything else that was on the way.
            pn_link_open(link.as_ptr());
            if grants {
                // One follows: see `attached`.
                pn_link_flow(link.as_ptr(), window::LEAST as c_int - 1);
            }
            link
        };
        Ok(Self {
            link,
            grants,
            unsettled: BTreeMap::new(),
            next_delivery: 0,
            partial: Vec::new(),
            partial_size: 0,
            max_message_size,
            window: Window::default(),
            discarded: Uuids::default(),
        })
    }

    pub(super) fn is(&self, link: *mut pn_link_t) -> bool {
        self.link.as_ptr() == link
    }

    /// The longest message that the peer sends, in bytes; `None`: any.
    pub(super) fn peer_max_message_size(&self) -> Option<u64> {
        // SAFETY: the link is live.
        Some(unsafe { pn_link_remote_max_message_size(self.link.as_ptr()) })
            .filter(|&size| size > 0)
    }

    /// Notes that the peer has attached its end. The rest of the credit makes the engine say it again, counted from the peer's own
    /// number: a peer that begins after 0 had none so far (AMQP 1.0 part 2.6.7).
    pub(super) fn attached(&mut self) {
        if self.grants {
            // SAFETY: the link is live.
            unsafe { pn_link_flow(self.link.as_ptr(), 1) };
        }
    }

    /// Grants no more credit.
    pub(super) fn stop(&mut self) {
        self.grants = false;
    }

    /// Grants credit once half of it is used: a Flow for each message would double the frames. Returns whether it did.
    /// `sent` is the number of requests.
    pub(super) fn top_up(&mut self, sent: u64) -> bool {
        if !self.grants {
            return false;
        }
        // SAFETY: the link is live.
        unsafe {
            let credit = pn_link_credit(self.link.as_ptr()) + self.unsettled.len() as c_int;
            let window = self.window.size(sent) as c_int;
            let is_used_up = credit <= window / 2;
            if is_used_up {
                pn_link_flow(self.link.as_ptr(), window - credit);
            }
            is_used_up
        }
    }

    /// Reads what has arrived of the current message and of those after it.
    pub(super) fn receive(&mut self, events: &mut VecDeque<Event>) {
        // SAFETY: the link is live, and so is its current delivery until it is settled or dropped.
        unsafe {
            while let Some(delivery) = NonNull::new(pn_link_current(self.link.as_ptr())) {
                if pn_delivery_aborted(delivery.as_ptr()) {
                    self.take_partial();
                    pn_delivery_settle(delivery.as_ptr());
                    continue;
                }
                let pending = pn_delivery_pending(delivery.as_ptr());
                self.receive_bytes(pending);
                if pn_delivery_partial(delivery.as_ptr()) {
                    self.report_part(pending as u64, events);
                    return;
                }
                pn_link_advance(self.link.as_ptr());
                let id = DeliveryId(self.next_delivery);
                self.next_delivery += 1;
                self.unsettled.insert(id, delivery);
                events.push_back(Event::Message { delivery: id, payload: self.take_partial() });
                // The engine does not check this (AMQP 1.0 part 2.6.7).
                if pn_link_credit(self.link.as_ptr()) < -SPARE {
                    let problem = "more replies than there was credit for";
                    let condition = Condition::new("amqp:link:transfer-limit-exceeded", problem);
                    events.push_back(Event::Failed(condition));
                    return;
                }
            }
        }
    }

    /// A message that is discarded is not waited for.
    fn report_part(&self, bytes: u64, events: &mut VecDeque<Event>) {
        if bytes == 0 || self.partial_size > self.max_message_size {
            return;
        }
        match events.back_mut() {
            Some(Event::Arriving(arrived)) => *arrived += bytes,
            _ => events.push_back(Event::Arriving(bytes)),
        }
    }

    fn receive_bytes(&mut self, pending: usize) {
        self.partial_size += pending as u64;
        if self.partial_size > self.max_message_size {
            self.discard_partial();
        }
        self.partial.reserve(pending);
        let free = self.partial.spare_capacity_mut().as_mut_ptr().cast();
        // SAFETY: the link is live, and `pending` bytes are free; the engine has written as many of them as it says.
        unsafe {
            let received = pn_link_recv(self.link.as_ptr(), free, pending);
            self.partial.set_len(self.partial.len() + usize::try_from(received).unwrap_or(0));
        }
        if self.partial_size > self.max_message_size {
            self.discard_partial();
        }
    }

    fn discard_partial(&mut self) {
        let partial = std::mem::take(&mut self.partial);
        self.discarded.feed(&partial);
    }

    fn take_partial(&mut self) -> Payload {
        let size = std::mem::take(&mut self.partial_size);
        let bytes = std::mem::take(&mut self.partial);
        let discarded = std::mem::take(&mut self.discarded);
        self.window.arrived(size);
        if size > self.max_message_size {
            Payload::TooLarge(size, discarded.into_found())
        } else {
            Payload::Whole(bytes)
        }
    }

    /// Settles a delivery.
    pub(super) fn settle(&mut self, id: DeliveryId, settlement: Settlement<'_>) {
        let Some(delivery) = self.unsettled.remove(&id).map(NonNull::as_ptr) else { return };
        // SAFETY: a pointer stays in `unsettled` from its arrival to this line, and so is live.
        unsafe {
            match settlement {
                Settlement::Accepted => pn_delivery_update(delivery, PN_ACCEPTED),
                Settlement::Released => pn_delivery_update(delivery, PN_RELEASED),
                Settlement::Rejected(name, description) => {
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
}
