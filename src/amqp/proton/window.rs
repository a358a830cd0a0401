//! How many replies the broker may have on the way to the client.

/// This many at least. On a loopback interface 10 halve the throughput, and more than 100 bring almost no gain.
pub(super) const LEAST: u64 = 100;

/// More of them than the least may have this many bytes together.
const MOST_BYTES: u64 = 4 << 20;

/// What a reply is counted as before the first one has come, and what a small one is counted as.
const USUAL: u64 = 2048;
const SMALL: u64 = 1024;

/// What has come so far.
#[derive(Default)]
pub(super) struct Window {
    replies: u64,
    bytes: u64,
}

impl Window {
    /// Notes that a reply of that many bytes has come.
    pub(super) fn arrived(&mut self, size: u64) {
        self.replies += 1;
        self.bytes = self.bytes.saturating_add(size);
    }

    /// As many as there are requests without a reply, of `sent` ones: with fewer, a broker far away would wait for credit
    /// in the middle of a round trip.
    pub(super) fn size(&self, sent: u64) -> u64 {
        let mean = self.bytes.saturating_add(USUAL) / (self.replies + 1);
        let most = MOST_BYTES / mean.max(SMALL);
        sent.saturating_sub(self.replies).min(most).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The window after a number of replies of one size, for a number of requests.
    #[test]
    fn it_follows_the_requests_without_a_reply_as_far_as_their_replies_are_small() {
        for (replies, size, sent, expected) in [
            (0, 0, 0, 100),
            (0, 0, 101, 101),
            (0, 0, 1000, 1000),
            (0, 0, 100_000, 2048),
            (400, 1500, 1000, 600),
            (950, 1500, 1000, 100),
            (1000, 1500, 10, 100),
            (1000, 0, 100_000, 4096),
            (1000, 1500, 100_000, 2796),
            (9, 20_000, 100_000, 230),
            (1, 64 << 20, 100_000, 100),
        ] {
            let mut window = Window::default();
            (0..replies).for_each(|_| window.arrived(size));
            assert_eq!(window.size(sent), expected, "{replies} of {size} bytes, {sent} sent");
        }
        let mut window = Window::default();
        window.arrived(u64::MAX);
        window.arrived(u64::MAX);
        assert_eq!(window.size(u64::MAX), 100);
    }
}
