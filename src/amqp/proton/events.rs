//! From Proton's events to the engine's own.
#![allow(unsafe_code)]

use proton_sys::*;

use super::{
    engine::Engine,
    event::{Event, Role},
    raw::condition,
};
use crate::error::Condition;

impl Engine {
    /// # Safety
    /// `event` is the one that the driver gave out last.
    pub(super) unsafe fn translate(&mut self, event: *mut pn_event_t) {
        // SAFETY: each object asked for belongs to an event of that type, and is live with it.
        let translated = unsafe {
            match pn_event_type(event) {
                PN_CONNECTION_REMOTE_OPEN => {
                    self.login.opened();
                    Some(Event::Opened)
                }
                PN_CONNECTION_REMOTE_CLOSE => {
                    self.sender_ended();
                    let connection = self.driver.connection();
                    let reason = condition(pn_connection_remote_condition(connection));
                    Some(Event::ConnectionEnded(reason))
                }
                // The client would never read from a session that the broker begins, and so it would fill memory.
                PN_SESSION_REMOTE_OPEN if pn_event_session(event) != self.session.as_ptr() => {
                    Some(failed("the broker began a session of its own"))
                }
                PN_SESSION_REMOTE_OPEN => Some(Event::Begun),
                PN_SESSION_REMOTE_CLOSE if pn_event_session(event) == self.session.as_ptr() => {
                    self.sender_ended();
                    let reason = condition(pn_session_remote_condition(self.session.as_ptr()));
                    Some(Event::SessionEnded(reason))
                }
                PN_LINK_REMOTE_OPEN => self.link_attached(pn_event_link(event)),
                PN_LINK_REMOTE_CLOSE | PN_LINK_REMOTE_DETACH => {
                    let link = pn_event_link(event);
                    self.role(link).map(|role| {
                        if role == Role::Sender {
                            self.sender_ended();
                        }
                        Event::LinkEnded(role, condition(pn_link_remote_condition(link)))
                    })
                }
                PN_LINK_FLOW if self.has_credit() => Some(Event::Credit),
                PN_DELIVERY => self.delivery(pn_event_delivery(event)),
                PN_TRANSPORT_ERROR => {
                    let transport = self.driver.transport();
                    Some(Event::Failed(condition(pn_transport_condition(transport))))
                }
                PN_TRANSPORT_TAIL_CLOSED | PN_TRANSPORT_CLOSED => Some(Event::InputEnded),
                _ => None,
            }
        };
        self.events.extend(translated);
    }

    /// # Safety
    /// `link` is live.
    unsafe fn link_attached(&mut self, link: *mut pn_link_t) -> Option<Event> {
        let Some(role) = self.role(link) else {
            return Some(failed("the broker attached a link of its own"));
        };
        // SAFETY: by the caller.
        let is_refused = unsafe {
            let terminus = match role {
                Role::Sender => pn_link_remote_target(link),
                Role::Receiver => pn_link_remote_source(link),
            };
            pn_terminus_get_type(terminus) == PN_UNSPECIFIED
        };
        // Without a terminus the attach is a refusal, and a detach follows (AMQP 1.0 part 2.6.3).
        if is_refused {
            return None;
        }
        match (role, &mut self.sender, &mut self.receiver) {
            (Role::Sender, Some(sender), _) => sender.attached(),
            (Role::Receiver, _, Some(receiver)) => receiver.attached(),
            _ => {}
        }
        Some(Event::Attached(role))
    }

    /// # Safety
    /// `delivery` is live.
    unsafe fn delivery(&mut self, delivery: *mut pn_delivery_t) -> Option<Event> {
        // SAFETY: by the caller.
        let link = unsafe { pn_delivery_link(delivery) };
        if let Some(receiver) = self.receiver.as_mut().filter(|receiver| receiver.is(link)) {
            receiver.receive(&mut self.events);
            return None;
        }
        let sender = self.sender.as_mut().filter(|sender| sender.is(link))?;
        if sender.holds_message() {
            return Some(failed("the broker sent on the link of the requests"));
        }
        // SAFETY: by the caller; it is one of the sender's.
        unsafe { sender.outcome(delivery) }
    }

    fn sender_ended(&mut self) {
        if let Some(sender) = &mut self.sender {
            sender.ended();
        }
    }

    /// Which of the client's links this is; neither if the peer attached it.
    fn role(&self, link: *mut pn_link_t) -> Option<Role> {
        if self.sender.as_ref().is_some_and(|sender| sender.is(link)) {
            Some(Role::Sender)
        } else if self.receiver.as_ref().is_some_and(|receiver| receiver.is(link)) {
            Some(Role::Receiver)
        } else {
            None
        }
    }
}

fn failed(problem: &str) -> Event {
    Event::Failed(Condition::new("", problem))
}
