//! The limit: a client that sends the same message again and again, and only counts the replies.
#![allow(unsafe_code)]

use proton_sys::*;

use super::{
    driver::{Driver, receive, send},
    engine,
};

/// The number of replies that may be on the way.
const CREDIT: i32 = 1000;

pub(crate) struct Client {
    driver: Driver,
    sender: *mut pn_link_t,
    message: Vec<u8>,
    /// The number of messages that are still to be sent, and of replies that are still to come.
    unsent: u64,
    open: u64,
    sent: u64,
    reply: Vec<u8>,
}

engine!(Client, false);

impl Client {
    /// Sends the message that number of times.
    pub(crate) fn new(message: Vec<u8>, count: u64) -> Self {
        let driver = Driver::new();
        // SAFETY: connection, session and links live as long as the driver; the texts are copied.
        let sender = unsafe {
            let connection = driver.connection();
            pn_connection_set_container(connection, c"limit".as_ptr());
            pn_connection_set_hostname(connection, c"localhost".as_ptr());
            pn_connection_open(connection);
            let session = pn_session(connection);
            pn_session_open(session);
            let receiver = pn_receiver(session, c"replies".as_ptr());
            pn_terminus_set_address(pn_link_source(receiver), c"replies".as_ptr());
            pn_link_open(receiver);
            pn_link_flow(receiver, CREDIT);
            let sender = pn_sender(session, c"requests".as_ptr());
            pn_terminus_set_address(pn_link_target(sender), c"requests".as_ptr());
            pn_link_open(sender);
            sender
        };
        Self { driver, sender, message, unsent: count, open: count, sent: 0, reply: Vec::new() }
    }

    /// Sends as many messages as there is credit for, and takes replies.
    pub(crate) fn advance(&mut self) {
        loop {
            let event = self.driver.next_event();
            if event.is_null() {
                break;
            }
            // SAFETY: the event lives until the next call, and so do its objects; a delivery is not used after it is settled.
            unsafe {
                if pn_event_type(event) != PN_DELIVERY {
                    continue;
                }
                let (link, delivery) = (pn_event_link(event), pn_event_delivery(event));
                if link == self.sender {
                    if pn_delivery_remote_state(delivery) != 0 {
                        pn_delivery_settle(delivery);
                    }
                } else if pn_link_current(link) == delivery
                    && receive(link, delivery, &mut self.reply)
                {
                    self.reply.clear();
                    pn_link_advance(link);
                    pn_delivery_update(delivery, PN_ACCEPTED);
                    pn_delivery_settle(delivery);
                    let left = pn_link_credit(link);
                    if left <= CREDIT / 2 {
                        pn_link_flow(link, CREDIT - left);
                    }
                    self.open -= 1;
                    if self.open == 0 {
                        pn_connection_close(self.driver.connection());
                    }
                }
            }
        }
        // SAFETY: the link lives as long as the driver.
        unsafe {
            while self.unsent > 0 && pn_link_credit(self.sender) > 0 {
                self.unsent -= 1;
                self.sent += 1;
                send(self.sender, self.sent, &self.message);
            }
        }
    }
}
