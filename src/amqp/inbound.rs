//! The numbers of replies: which delivery brought which reply.

use super::proton::DeliveryId;
use crate::broker::ReplyId;

/// The replies of one connection. They are numbered as their deliveries are, one after the other.
pub(super) struct Inbound {
    first: u64,
    next: u64,
}

impl Inbound {
    /// `first` is the number of the first reply; numbers must not repeat over connections.
    pub(super) fn new(first: u64) -> Self {
        Self { first, next: first }
    }

    /// Numbers a reply.
    pub(super) fn arrived(&mut self, delivery: DeliveryId) -> ReplyId {
        let reply = self.first + delivery.0;
        self.next = reply + 1;
        ReplyId(reply)
    }

    /// The delivery that brought a reply; `None` if that was on an earlier connection.
    pub(super) fn settled(&self, reply: ReplyId) -> Option<DeliveryId> {
        reply.0.checked_sub(self.first).map(DeliveryId)
    }

    /// The number that the next reply gets.
    pub(super) fn next(&self) -> u64 {
        self.next
    }
}
