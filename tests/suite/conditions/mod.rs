//! What a broker's condition means, depending on where it occurs, and that it is reported once.

mod places;
mod requests;
mod words;

use Place::{Connection, Outcome, Receiver, Sender, Session};
use amqp_frames::Role;

use crate::{
    harness::{Bench, Config, Ended, images, took_between},
    peer::{self, Peer},
};

/// What these say of a message would be said again.
const OF_MESSAGES: [&str; 6] = [
    "amqp:precondition-failed",
    "amqp:link:message-size-exceeded",
    "amqp:decode-error",
    "amqp:frame-size-too-small",
    "amqp:invalid-field",
    "amqp:not-implemented",
];

const PASSING: [&str; 16] = [
    "amqp:internal-error",
    "amqp:resource-limit-exceeded",
    "amqp:resource-locked",
    "amqp:resource-deleted",
    "amqp:illegal-state",
    "amqp:decode-error",
    "amqp:frame-size-too-small",
    "amqp:connection:forced",
    "amqp:connection:framing-error",
    "amqp:connection:redirect",
    "amqp:session:window-violation",
    "amqp:link:detach-forced",
    "amqp:link:stolen",
    "amqp:link:transfer-limit-exceeded",
    "amqp:link:message-size-exceeded",
    "vendor:no-idea",
];

/// Where a condition occurs once a request is on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Connection,
    Session,
    Receiver,
    Sender,
    Outcome,
}

/// The program with a broker that accepts a request and ends `place` with this condition, and a good one next.
struct Case {
    next: Bench,
    ended: Ended,
}

impl Case {
    fn new(place: Place, condition: &'static str, description: &'static str) -> Self {
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let _ = peer.grant(9);
            let _ = peer.transfer();
            let frame = match place {
                Connection => peer::close(condition, description),
                Session => peer::end(condition, description),
                Receiver => peer.detach(Role::Receiver, condition, description),
                Sender => peer.detach(Role::Sender, condition, description),
                Outcome => peer::rejected_as(condition, description),
            };
            let _ = peer.answer(&frame);
            peer.hang_up_after_close();
        });
        let next = Bench::new();
        let config = to(&next, port);
        let ended = next.run(&config, &images(1));
        Self { next, ended }
    }

    /// Fails the test unless the run ended with this status, and reported the condition once.
    #[track_caller]
    fn expect(self, status: i32, words: &str, connections_to_the_next: usize) -> Ended {
        let ended = self.ended.expect(status);
        ended.says_once(words);
        assert_eq!(self.next.record().connections.len(), connections_to_the_next, "{words}");
        took_between(&ended, 0.0, 9.0);
        ended
    }
}

fn to(next: &Bench, port: u16) -> Config {
    let urls = format!("[\"amqp://localhost:{port}\", \"{}\"]", next.sandbox.amqps_url());
    next.config().set("messaging_brokers", &urls).set("close_timeout", "1").set("timeout", "30")
}
