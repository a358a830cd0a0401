//! The requests without a PUBACK, as packets in the order in which they were sent first.
//!
//! It outlives connections: a resumed session requires that what is unacknowledged goes out again under its own packet
//! identifier, in this order (MQTT 5.0, 4.4 and 4.6).

use std::collections::VecDeque;

use super::{ids::Ids, packets::mark_as_repeated};

/// Requests without a PUBACK. A request may be among them more than once.
#[derive(Default)]
pub(super) struct Queue {
    packets: VecDeque<Packet>,
    /// How many bytes they have.
    size: usize,
    ids: Ids,
    /// How many packets, from the front, were begun on this connection: they count against the broker's Receive Maximum.
    begun: usize,
    /// How many bytes of the last one of these are in the output.
    given: usize,
    /// What is known of each request, up to the last one that was sent.
    requests: Vec<Sent>,
    last: u64,
}

#[derive(Clone, Copy, Default)]
struct Sent {
    /// The number of its last packet; 0 for none.
    latest: u64,
    /// How many packets it has that are left over from earlier connections, if it was not asked for again on this one.
    left_over: u32,
}

/// A PUBLISH on its way.
struct Packet {
    id: u16,
    /// The ledger's number of the request.
    entry: usize,
    /// Grows with each packet.
    number: u64,
    bytes: Vec<u8>,
    /// It was begun on an earlier connection.
    is_repeated: bool,
}

/// A packet that the broker has acknowledged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Acknowledged {
    pub(super) entry: usize,
    /// The request was not sent again since.
    pub(super) is_latest: bool,
}

impl Queue {
    /// Takes a packet identifier; `None` if all are in use.
    pub(super) fn take_id(&mut self) -> Option<u16> {
        self.ids.take()
    }

    /// Gives back an identifier that no PUBLISH has.
    pub(super) fn release_id(&mut self, id: u16) {
        self.ids.release(id);
    }

    /// Puts a request at the end that does not go out again anyway.
    pub(super) fn push(&mut self, id: u16, entry: usize, bytes: Vec<u8>) {
        self.last += 1;
        self.size += bytes.len();
        self.requests.resize(self.requests.len().max(entry + 1), Sent::default());
        self.requests[entry].latest = self.last;
        self.packets.push_back(Packet { id, entry, number: self.last, bytes, is_repeated: false });
    }

    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    /// How many bytes the packets have.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The size of the largest packet.
    pub(super) fn largest(&self) -> usize {
        self.packets.iter().map(|packet| packet.bytes.len()).max().unwrap_or_default()
    }

    /// The number of packets that were begun on this connection.
    pub(super) fn begun(&self) -> usize {
        self.begun
    }

    /// The request that was sent first of those without a PUBACK, and the size of its packet.
    pub(super) fn oldest(&self) -> Option<(usize, usize)> {
        let oldest = self.packets.front().filter(|_| self.begun > 0);
        oldest.map(|packet| (packet.entry, packet.bytes.len()))
    }

    /// Whether a packet is in the output only in part.
    pub(super) fn is_in_the_middle(&self) -> bool {
        self.last_begun().is_some_and(|packet| self.given < packet.bytes.len())
    }

    fn last_begun(&self) -> Option<&Packet> {
        self.packets.get(self.begun.checked_sub(1)?)
    }

    /// Appends the next bytes to `out`, up to about `most` in all, as long as no more than `window` packets are begun.
    pub(super) fn give(&mut self, out: &mut Vec<u8>, window: usize, most: usize) {
        while out.len() < most {
            if !self.is_in_the_middle() {
                if self.begun >= window.min(self.packets.len()) {
                    return;
                }
                (self.begun, self.given) = (self.begun + 1, 0);
            }
            let packet = &self.packets[self.begun - 1].bytes;
            let end = packet.len().min(self.given + most - out.len());
            out.extend_from_slice(&packet[self.given..end]);
            self.given = end;
        }
    }

    /// Takes out the packet that the broker has acknowledged; `None` if it does not have it.
    pub(super) fn acknowledged(&mut self, id: u16) -> Option<Acknowledged> {
        let whole = self.begun - usize::from(self.is_in_the_middle());
        let place = self.packets.iter().take(whole).position(|packet| packet.id == id)?;
        if place + 1 == self.begun {
            // The one before is whole.
            self.given = usize::MAX;
        }
        let packet = self.packets.remove(place)?;
        self.begun -= 1;
        self.size -= packet.bytes.len();
        self.ids.release(id);
        let sent = &mut self.requests[packet.entry];
        sent.left_over = sent.left_over.saturating_sub(1);
        let is_latest = sent.latest == packet.number;
        Some(Acknowledged { entry: packet.entry, is_latest })
    }

    /// Prepares all packets for another connection of the same session, whatever was written of them.
    pub(super) fn connection_lost(&mut self) {
        self.requests.iter_mut().for_each(|sent| sent.left_over = 0);
        for (place, packet) in self.packets.iter_mut().enumerate() {
            self.requests[packet.entry].left_over += 1;
            if place < self.begun && !std::mem::replace(&mut packet.is_repeated, true) {
                mark_as_repeated(&mut packet.bytes);
            }
        }
        (self.begun, self.given) = (0, 0);
    }

    /// Whether a request goes out again anyway, since it is left over from an earlier connection. Each such request is so
    /// once.
    pub(super) fn goes_out_again(&mut self, entry: usize) -> bool {
        let sent = self.requests.get_mut(entry);
        sent.is_some_and(|sent| std::mem::take(&mut sent.left_over) > 0)
    }

    /// Drops the packets that were not begun.
    pub(super) fn drop_waiting(&mut self) {
        for packet in self.packets.drain(self.begun..) {
            self.size -= packet.bytes.len();
            let sent = &mut self.requests[packet.entry];
            sent.left_over = sent.left_over.saturating_sub(1);
            self.ids.release(packet.id);
        }
    }

    /// Drops all packets. Their identifiers stay in use, as long as the broker keeps the session.
    pub(super) fn give_up(&mut self) {
        self.packets.clear();
        self.size = 0;
        self.requests.iter_mut().for_each(|sent| sent.left_over = 0);
        (self.begun, self.given) = (0, 0);
    }

    /// Drops everything: the broker has no session, and all identifiers are free.
    pub(super) fn clear(&mut self) {
        self.give_up();
        self.ids = Ids::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with packets of the requests, each of ten bytes: its letter.
    fn queue(entries: &[usize]) -> Queue {
        let mut queue = Queue::default();
        for &entry in entries {
            let id = queue.take_id().unwrap();
            queue.push(id, entry, vec![b'a' + entry as u8; 10]);
        }
        queue
    }

    fn given(queue: &mut Queue, window: usize, most: usize) -> String {
        let mut out = Vec::new();
        queue.give(&mut out, window, most);
        out.iter().map(|byte| (byte & 0x77) as char).collect()
    }

    #[test]
    fn packets_go_out_in_pieces_and_as_many_at_once_as_the_window_allows() {
        let mut queue = queue(&[0, 1, 2]);
        assert_eq!(given(&mut queue, 2, 12), "aaaaaaaaaabb");
        assert!(queue.is_in_the_middle());
        assert_eq!(queue.acknowledged(2), None, "it is not wholly out");
        assert_eq!(given(&mut queue, 2, 99), "bbbbbbbb");
        assert_eq!((given(&mut queue, 2, 99).as_str(), queue.begun()), ("", 2));
        let acknowledged = Acknowledged { entry: 1, is_latest: true };
        assert_eq!(queue.acknowledged(2), Some(acknowledged), "in any order");
        assert_eq!(queue.acknowledged(2), None);
        assert_eq!(given(&mut queue, 2, 99), "cccccccccc");
        assert_eq!((queue.acknowledged(3).unwrap().entry, queue.oldest()), (2, Some((0, 10))));
        assert_eq!((queue.len(), queue.size()), (1, 10));
    }

    #[test]
    fn after_a_resume_the_same_packets_go_out_in_their_order_and_are_asked_for_once() {
        let mut queue = queue(&[0, 1, 0]);
        assert_eq!(given(&mut queue, 2, 99).len(), 20);
        queue.connection_lost();
        assert_eq!((queue.begun(), queue.oldest()), (0, None));
        let mut out = Vec::new();
        queue.give(&mut out, 9, 99);
        // The third one was never begun: it is no repetition.
        assert_eq!(out.iter().step_by(10).copied().collect::<Vec<_>>(), [b'i', b'j', b'a']);
        assert!(queue.goes_out_again(0) && !queue.goes_out_again(0) && !queue.goes_out_again(5));
        assert_eq!(queue.acknowledged(2).unwrap().entry, 1);
        assert!(!queue.goes_out_again(1), "it has its PUBACK");
        queue.connection_lost();
        queue.give_up();
        assert!(!queue.goes_out_again(0));
    }

    #[test]
    fn an_earlier_sending_is_known() {
        let mut queue = queue(&[0, 1, 0]);
        given(&mut queue, 9, 99);
        let latest = [1, 2, 3].map(|id| queue.acknowledged(id).unwrap().is_latest);
        assert_eq!(latest, [false, true, true]);
    }

    #[test]
    fn what_was_not_begun_is_dropped_with_its_identifier() {
        let mut queue = queue(&[0, 1, 2]);
        given(&mut queue, 1, 99);
        queue.drop_waiting();
        assert_eq!((queue.len(), queue.size(), queue.begun()), (1, 10, 1));
        let ids = (0..u16::MAX).map_while(|_| queue.take_id()).count();
        assert_eq!(ids, usize::from(u16::MAX) - 1);
        queue.clear();
        assert_eq!((queue.len(), queue.size(), queue.take_id()), (0, 0, Some(1)));
    }

    /// The client would send the end of one packet twice, or count too few bytes of one.
    #[test]
    fn packets_of_different_sizes_do_not_get_mixed_up() {
        let mut queue = Queue::default();
        for (id, size) in [(1, 10), (2, 5), (3, 20)] {
            assert_eq!(queue.take_id(), Some(id));
            queue.push(id, 0, vec![b'a' + id as u8; size]);
        }
        assert_eq!(queue.largest(), 20);
        assert_eq!(given(&mut queue, 2, 99).len(), 15);
        // The one before is longer, and whole.
        assert!(queue.acknowledged(2).is_some() && !queue.is_in_the_middle());
        assert_eq!(given(&mut queue, 1, 99), "");
        assert_eq!(given(&mut queue, 2, 99).len(), 20);
    }

    #[test]
    fn identifiers_are_free_again_once_they_are_acknowledged_and_not_before() {
        let mut queue = queue(&[]);
        for _ in 0..70_000 {
            let id = queue.take_id().unwrap();
            queue.push(id, 0, vec![0; 2]);
            given(&mut queue, 9, 99);
            assert!(queue.acknowledged(id).is_some());
        }
        let id = queue.take_id().unwrap();
        queue.push(id, 0, vec![0; 2]);
        // The broker has the session, and may still wait for it.
        queue.give_up();
        assert!((0..u16::MAX).map_while(|_| queue.take_id()).all(|taken| taken != id));
    }
}
