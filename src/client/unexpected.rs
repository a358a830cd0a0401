//! Reports replies that the run does not expect: how each kind is reported, and how often.

use crate::signing::ReplyKind;

/// This many rejected replies are reported one by one, with the reason; of the others only the number.
const MOST_REPORTED: usize = 10;

/// The replies that were not expected, since the last report.
#[derive(Default)]
pub(super) struct Unexpected {
    /// Replies to other clients' requests, and whether the first one of the run was reported.
    ignored: usize,
    released: usize,
    has_warned: bool,
    rejected: usize,
}

impl Unexpected {
    /// Notes a reply, and reports it if it is one of the first of its kind.
    pub(super) fn note(&mut self, kind: &ReplyKind, is_released: bool) {
        match kind {
            ReplyKind::Expected => {}
            ReplyKind::Repeated => log::debug!("a second reply to the same request was ignored"),
            // Each reply that this run accepts is missing elsewhere: that is worth knowing while it can be stopped.
            ReplyKind::Foreign if !self.has_warned => {
                self.has_warned = true;
                let what = if is_released { "released" } else { "ignored" };
                log::warn!(
                    "a reply to a request of another client was {what}: runs that share a queue take each other's replies, \
                     and need task ids of their own; copies of a topic's messages are harmless"
                );
            }
            ReplyKind::Foreign if is_released => self.released += 1,
            ReplyKind::Foreign => self.ignored += 1,
            ReplyKind::Malformed(reason)
            | ReplyKind::TooLarge(reason)
            | ReplyKind::Unverified(reason) => {
                self.rejected += 1;
                let is_reported = self.rejected <= MOST_REPORTED;
                let level = if is_reported { log::Level::Warn } else { log::Level::Trace };
                log::log!(level, "a reply was rejected: {reason}");
            }
        }
    }

    /// Reports the number of those that were not reported one by one.
    pub(super) fn report(&mut self) {
        let counts = [
            ("ignored", std::mem::take(&mut self.ignored)),
            ("released", std::mem::take(&mut self.released)),
        ];
        for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            log::warn!("further replies to requests of other clients, {what}: {count}");
        }
        match std::mem::take(&mut self.rejected).saturating_sub(MOST_REPORTED) {
            0 => {}
            count => log::warn!("further replies rejected: {count}"),
        }
    }
}
