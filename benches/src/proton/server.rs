//! One connection of a client, as its broker sees it.
#![allow(unsafe_code)]

use std::{collections::VecDeque, time::Duration};

use proton_sys::*;

use super::{
    driver::{Driver, receive, send},
    engine, message,
};
use crate::broker::Side;

/// A connection: requests come from it, and replies go to the link on which it receives.
pub(crate) struct Server {
    driver: Driver,
    /// The number of messages that the client may have on the way.
    credit: i32,
    /// What has arrived of a message.
    partial: Vec<u8>,
    /// The link for replies, once the client has attached one.
    outlet: Option<*mut pn_link_t>,
    sent: u64,
}

engine!(Server, true);

impl Side for Server {
    const SCHEMES: [&str; 2] = ["amqp", "amqps"];
    const TOPICS: [&str; 2] = [
        "topic://VirtualTopic.bench.sign",
        "queue://Consumer.{creator}-{task_id}.VirtualTopic.bench.reply",
    ];

    fn new(credit: u16) -> Self {
        let driver = Driver::new();
        // SAFETY: the transport is live, and has had no input.
        unsafe { pn_transport_set_server(driver.transport()) }
        Self { driver, credit: credit.into(), partial: Vec::new(), outlet: None, sent: 0 }
    }

    fn receives(&self) -> bool {
        self.outlet.is_some()
    }

    fn keep_alive(&mut self, time: Duration) -> Option<Duration> {
        // 0 would be "never" to the engine.
        let now = time.as_millis() as i64 + 1;
        // SAFETY: the transport is live.
        let next = unsafe { pn_transport_tick(self.driver.transport(), now) };
        (next > 0).then(|| Duration::from_millis((next - now).max(0).cast_unsigned()))
    }

    fn advance(&mut self, mut on_message: impl FnMut(&[u8])) {
        loop {
            let event = self.driver.next_event();
            if event.is_null() {
                return;
            }
            // SAFETY: the event lives until the next call, and so do its objects, each of the kind that its type says.
            unsafe {
                match pn_event_type(event) {
                    PN_CONNECTION_REMOTE_OPEN => {
                        let connection = self.driver.connection();
                        pn_connection_set_container(connection, c"amqp-bench".as_ptr());
                        pn_connection_open(connection);
                    }
                    PN_CONNECTION_REMOTE_CLOSE => pn_connection_close(self.driver.connection()),
                    PN_SESSION_REMOTE_OPEN => pn_session_open(pn_event_session(event)),
                    PN_SESSION_REMOTE_CLOSE => pn_session_close(pn_event_session(event)),
                    PN_LINK_REMOTE_OPEN => self.attached(pn_event_link(event)),
                    PN_LINK_REMOTE_CLOSE | PN_LINK_REMOTE_DETACH => {
                        let link = pn_event_link(event);
                        self.outlet.take_if(|outlet| *outlet == link);
                        pn_link_close(link);
                    }
                    PN_DELIVERY => self.delivery(event, &mut on_message),
                    _ => {}
                }
            }
        }
    }

    fn send(&mut self, replies: &mut VecDeque<Vec<u8>>) {
        let Some(link) = self.outlet else { return };
        // SAFETY: the link is live as long as the driver.
        unsafe {
            while pn_link_credit(link) > 0
                && let Some(reply) = replies.pop_front()
            {
                self.sent += 1;
                send(link, self.sent, &reply);
            }
        }
    }
    fn body(message: &[u8]) -> Option<&[u8]> {
        message::body(message)
    }

    fn head(properties: &[(&str, &str)]) -> Vec<u8> {
        message::head(properties)
    }

    fn finish(message: &mut [u8], head: usize) {
        message::finish(message, head);
    }
}

impl Server {
    /// # Safety
    /// The link is live.
    unsafe fn attached(&mut self, link: *mut pn_link_t) {
        // SAFETY: by the caller.
        unsafe {
            pn_terminus_copy(pn_link_source(link), pn_link_remote_source(link));
            pn_terminus_copy(pn_link_target(link), pn_link_remote_target(link));
            pn_link_open(link);
            match pn_link_is_sender(link) {
                true => self.outlet = Some(link),
                false => pn_link_flow(link, self.credit),
            }
        }
    }

    /// # Safety
    /// The event is live, and about a delivery.
    unsafe fn delivery(&mut self, event: *mut pn_event_t, on_message: &mut impl FnMut(&[u8])) {
        // SAFETY: by the caller; a delivery is not used after it is settled.
        unsafe {
            let (link, delivery) = (pn_event_link(event), pn_event_delivery(event));
            if pn_link_is_sender(link) {
                if pn_delivery_remote_state(delivery) != 0 || pn_delivery_settled(delivery) {
                    pn_delivery_settle(delivery);
                }
                return;
            }
            if pn_link_current(link) != delivery || !receive(link, delivery, &mut self.partial) {
                return;
            }
            pn_link_advance(link);
            on_message(&self.partial);
            self.partial.clear();
            pn_delivery_update(delivery, PN_ACCEPTED);
            pn_delivery_settle(delivery);
            let left = pn_link_credit(link);
            if left <= self.credit / 2 {
                pn_link_flow(link, self.credit - left);
            }
        }
    }
}
