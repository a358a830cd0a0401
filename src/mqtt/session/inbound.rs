//! The replies that are not acknowledged yet, in the order in which they arrived.

use std::collections::VecDeque;

use crate::{
    broker::ReplyId,
    signing::{RawReply, ReplyBody},
};

/// The most replies without a PUBACK: there are no more packet identifiers (MQTT 5.0, 2.2.1). Not all brokers keep to the
/// Receive Maximum, and 3.1.1 has none.
pub(super) const MOST: usize = u16::MAX as usize;

/// The most bytes of replies that are kept until the subscription is answered, apart from the last one of them.
const MOST_EARLY: usize = 64 << 20;

/// The replies of one connection. They are numbered one after the other.
pub(super) struct Inbound {
    /// The number of the first reply below.
    first: u64,
    /// Each with its packet identifier, which is 0 if there is nothing to acknowledge, and whether it is settled.
    replies: VecDeque<(u16, bool)>,
    /// The bytes of those that came before the subscription was answered: until then they are only kept.
    early: usize,
    /// These were too many: what comes now comes again on the next connection, since it is not acknowledged.
    is_full: bool,
}

impl Inbound {
    /// `first` is the number of the first reply; numbers must not repeat over connections.
    pub(super) fn new(first: u64) -> Self {
        Self { first, replies: VecDeque::new(), early: 0, is_full: false }
    }

    /// Numbers a reply.
    pub(super) fn arrived(&mut self, id: u16) -> ReplyId {
        let number = self.next();
        self.replies.push_back((id, false));
        ReplyId(number)
    }

    /// Whether a reply that comes before the subscription is answered is kept.
    pub(super) fn keeps(&mut self, reply: &RawReply) -> bool {
        self.is_full |= self.replies.len() >= MOST || self.early > MOST_EARLY;
        let body = if let ReplyBody::Bytes(body) = &reply.body { body.len() } else { 0 };
        self.early += body + reply.properties.as_ref().map_or(0, String::len);
        !self.is_full
    }

    /// Whether some replies were not kept: later ones must not be acknowledged before them.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// How many are not acknowledged.
    pub(super) fn len(&self) -> usize {
        self.replies.len()
    }

    /// Notes that a reply is settled. One of an earlier connection is ignored.
    pub(super) fn settled(&mut self, reply: ReplyId) {
        let place = reply.0.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some((_, is_settled)) = place.and_then(|place| self.replies.get_mut(place)) {
            *is_settled = true;
        }
    }

    /// Takes the identifier of the next reply to acknowledge. PUBACKs have the order of the messages (MQTT 5.0, 4.6), so
    /// one waits for all replies before it.
    pub(super) fn take_due(&mut self) -> Option<u16> {
        loop {
            let &(id, _) = self.replies.front().filter(|(_, is_settled)| *is_settled)?;
            self.replies.pop_front();
            self.first += 1;
            if id > 0 {
                return Some(id);
            }
        }
    }

    /// Takes the identifiers of all settled replies, even if earlier ones are not settled.
    pub(super) fn take_settled(&mut self) -> impl Iterator<Item = u16> {
        self.first = self.next();
        let settled = self.replies.drain(..).filter(|(_, is_settled)| *is_settled);
        settled.map(|(id, _)| id).filter(|id| *id > 0)
    }

    /// The number that the next reply gets.
    pub(super) fn next(&self) -> u64 {
        self.first + self.replies.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_acknowledged_in_order_of_arrival_whatever_the_order_in_which_they_are_settled() {
        let mut inbound = Inbound::new(10);
        let replies = [5, 0, 3, 4, 9].map(|id| inbound.arrived(id));
        assert_eq!((replies[4].0, inbound.next()), (14, 15));
        inbound.settled(ReplyId(9));
        inbound.settled(ReplyId(15));
        for (settled, due) in [(2, &[][..]), (0, &[5]), (1, &[3]), (1, &[])] {
            inbound.settled(replies[settled]);
            let found: Vec<_> = std::iter::from_fn(|| inbound.take_due()).collect();
            assert_eq!(found, due, "after {settled}");
        }
        inbound.settled(replies[4]);
        assert_eq!(inbound.take_due(), None);
        assert_eq!(inbound.take_settled().collect::<Vec<_>>(), [9], "at the end");
        assert_eq!(inbound.next(), 15);
    }
}
