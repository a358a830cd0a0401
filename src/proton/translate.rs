//! From Proton's events to the engine's own.
#![allow(unsafe_code)]

use std::ptr;

use proton_sys::*;

use super::{
    engine::Engine,
    event::{DeliveryId, Event, Outcome, Payload, Role},
    raw::condition,
};
use crate::error::Condition;

impl Engine {
    /// # Safety
    /// `event` is the one that the driver gave out last.
    pub(super) unsafe fn translate(&mut self, event: *mut pn_event_t) {
        // SAFETY: each object asked for belongs to an event of that type, and is live with it.
        unsafe {
            let connection = self.driver.0.connection;
            let translated = match pn_event_type(event) {
                PN_CONNECTION_REMOTE_OPEN => {
                    self.opened();
                    Event::Opened
                }
                PN_CONNECTION_REMOTE_CLOSE => {
                    self.may_send = false;
                    Event::ConnectionEnded(condition(pn_connection_remote_condition(connection)))
                }
                // What a broker begins by itself we would never read from, and it would grow in memory.
                PN_SESSION_REMOTE_OPEN if pn_event_session(event) != self.session => {
                    Event::Failed(Condition::new("", "the broker began a session of its own"))
                }
                PN_SESSION_REMOTE_CLOSE if pn_event_session(event) == self.session => {
                    self.may_send = false;
                    Event::SessionEnded(condition(pn_session_remote_condition(self.session)))
                }
                PN_LINK_REMOTE_OPEN => {
                    let link = pn_event_link(event);
                    let (role, terminus) = match self.role(link) {
                        Some(Role::Sender) => (Role::Sender, pn_link_remote_target(link)),
                        Some(Role::Receiver) => (Role::Receiver, pn_link_remote_source(link)),
                        None => {
                            let condition =
                                Condition::new("", "the broker attached a link of its own");
                            self.events.push_back(Event::Failed(condition));
                            return;
                        }
                    };
                    // Without a terminus the attach is a refusal, and a detach follows (part 2.6.3).
                    if pn_terminus_get_type(terminus) == PN_UNSPECIFIED {
                        return;
                    }
                    self.may_send |= role == Role::Sender;
                    Event::Attached(role)
                }
                PN_LINK_REMOTE_CLOSE | PN_LINK_REMOTE_DETACH => {
                    let link = pn_event_link(event);
                    let Some(role) = self.role(link) else { return };
                    self.may_send &= role != Role::Sender;
                    Event::LinkEnded(role, condition(pn_link_remote_condition(link)))
                }
                PN_LINK_FLOW if self.has_credit() => Event::Credit,
                PN_DELIVERY => {
                    let delivery = pn_event_delivery(event);
                    match self.role(pn_delivery_link(delivery)) {
                        Some(Role::Receiver) => self.receive(),
                        // Ours are complete as soon as they are there.
                        Some(Role::Sender) if !pn_link_current(self.sender).is_null() => {
                            let condition =
                                Condition::new("", "the broker sent on the link of our requests");
                            self.events.push_back(Event::Failed(condition));
                        }
                        Some(Role::Sender) => self.outcome(delivery),
                        None => {}
                    }
                    return;
                }
                PN_TRANSPORT_ERROR => {
                    Event::Failed(condition(pn_transport_condition(self.driver.0.transport)))
                }
                PN_TRANSPORT_TAIL_CLOSED | PN_TRANSPORT_CLOSED => Event::InputEnded,
                _ => return,
            };
            self.events.push_back(translated);
        }
    }

    /// Which of our links this is; a link that the peer made up is neither.
    fn role(&self, link: *mut pn_link_t) -> Option<Role> {
        match link {
            link if link.is_null() => None,
            link if link == self.sender => Some(Role::Sender),
            link if link == self.receiver => Some(Role::Receiver),
            _ => None,
        }
    }

    /// Takes in what has come of the current message, and of those behind it.
    fn receive(&mut self) {
        // SAFETY: the receiver is live, and so is its current delivery until it is settled or dropped.
        unsafe {
            loop {
                let delivery = pn_link_current(self.receiver);
                if delivery.is_null() {
                    return;
                }
                if pn_delivery_aborted(delivery) {
                    self.take_partial();
                    pn_delivery_settle(delivery);
                    continue;
                }
                self.receive_bytes(pn_delivery_pending(delivery));
                if pn_delivery_partial(delivery) {
                    return;
                }
                pn_link_advance(self.receiver);
                let id = DeliveryId(self.next_delivery);
                self.next_delivery += 1;
                self.unsettled.insert(id, delivery);
                let payload = self.take_partial();
                self.events.push_back(Event::Message { delivery: id, payload });
                // The engine does not look (AMQP 1.0 part 2.6.7).
                if pn_link_credit(self.receiver) < 0 {
                    let problem = "more replies than there was credit for";
                    self.events.push_back(Event::Failed(Condition::new(
                        "amqp:link:transfer-limit-exceeded",
                        problem,
                    )));
                    return;
                }
            }
        }
    }

    fn receive_bytes(&mut self, pending: usize) {
        self.partial_size += pending as u64;
        if self.partial_size > self.max_message_size {
            self.partial = Vec::new();
        }
        let start = self.partial.len();
        self.partial.resize(start + pending, 0);
        // SAFETY: `pending` bytes are free at `start`.
        let received = unsafe {
            pn_link_recv(self.receiver, self.partial[start..].as_mut_ptr().cast(), pending)
        };
        self.partial.truncate(start + usize::try_from(received).unwrap_or(0));
        if self.partial_size > self.max_message_size {
            self.partial.clear();
        }
    }

    fn take_partial(&mut self) -> Payload {
        let size = std::mem::take(&mut self.partial_size);
        let bytes = std::mem::take(&mut self.partial);
        if size > self.max_message_size { Payload::TooLarge(size) } else { Payload::Whole(bytes) }
    }

    /// Reports the outcome of one of our deliveries, once, and forgets the delivery.
    ///
    /// # Safety
    /// `delivery` is a live delivery of the sender.
    unsafe fn outcome(&mut self, delivery: *mut pn_delivery_t) {
        // SAFETY: by the caller; nothing uses the pointer after it is settled.
        unsafe {
            let tag = pn_delivery_get_context(delivery) as usize as u64;
            // Two dispositions that came at once are two events, of which the first has told the outcome.
            if tag == 0 {
                return;
            }
            // The state first, always: a getter of another state's fields changes the state in newer versions.
            let outcome = match pn_delivery_remote_state(delivery) {
                PN_ACCEPTED => Outcome::Accepted,
                PN_REJECTED => Outcome::Rejected(condition(pn_disposition_condition(
                    pn_delivery_remote(delivery),
                ))),
                PN_RELEASED => Outcome::Released,
                PN_MODIFIED => Outcome::Modified {
                    undeliverable_here: pn_disposition_is_undeliverable(pn_delivery_remote(
                        delivery,
                    )),
                },
                _ if pn_delivery_settled(delivery) => Outcome::Forgotten,
                _ => return,
            };
            pn_delivery_set_context(delivery, ptr::null_mut());
            pn_delivery_settle(delivery);
            self.in_flight -= 1;
            self.events.push_back(Event::Outcome { tag, outcome });
        }
    }
}
