//! Replies that are not settled yet: which delivery brought which reply.

use std::collections::HashMap;

use super::proton::DeliveryId;
use crate::broker::ReplyId;

/// The replies of one connection that are not settled yet.
pub(super) struct Inbound {
    unsettled: HashMap<ReplyId, DeliveryId>,
    next: u64,
}

impl Inbound {
    /// `first` is the number of the first reply; numbers must not repeat over connections.
    pub(super) fn new(first: u64) -> Self {
        Self { unsettled: HashMap::new(), next: first }
    }

    /// Numbers a reply.
    pub(super) fn arrived(&mut self, delivery: DeliveryId) -> ReplyId {
        let id = ReplyId(self.next);
        self.next += 1;
        self.unsettled.insert(id, delivery);
        id
    }

    /// The delivery that brought a reply, only once; `None` if that was on an earlier connection.
    pub(super) fn settled(&mut self, reply: ReplyId) -> Option<DeliveryId> {
        self.unsettled.remove(&reply)
    }

    /// The number that the next reply gets.
    pub(super) fn next(&self) -> u64 {
        self.next
    }
}
