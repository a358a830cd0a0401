//! What becomes of a request that the broker does not accept.

use amqp_frames::Role;
use amqp_sandbox::{Refusal, RequestAct, When};

use super::{
    Case, OF_MESSAGES, PASSING,
    Place::{Connection, Outcome, Sender, Session},
};
use crate::{
    harness::{Bench, images, rule, took_between},
    peer::{self, Peer},
};

/// States of a broker, which pass.
const STATES: [&str; 7] = [
    "amqp:resource-limit-exceeded",
    "amqp:resource-locked",
    "amqp:resource-deleted",
    "amqp:internal-error",
    "amqp:connection:forced",
    "amqp:link:detach-forced",
    "amqp:link:transfer-limit-exceeded",
];

#[test]
fn as_an_outcome_it_ends_the_item_and_is_reported_once() {
    let unclear = PASSING
        .into_iter()
        .filter(|condition| !STATES.contains(condition) && !OF_MESSAGES.contains(condition))
        .map(|condition| (condition, "may not help"));
    for (condition, again) in
        OF_MESSAGES.map(|name| (name, "does not help")).into_iter().chain(unclear)
    {
        let ended = Case::new(Outcome, condition, "says the peer").expect(
            75,
            &format!("{condition}: says the peer; running again {again}"),
            0,
        );
        ended.says("not accepted by the broker");
    }
}

/// A request that meets a state of the broker is sent again, from the next window on.
#[test]
fn what_is_rejected_because_of_a_state_that_passes_is_sent_again() {
    let states = STATES.map(|name| (name, "it is full"));
    for (name, words) in states.into_iter().chain([("failed", "AMQ229102: it is full")]) {
        let full = Refusal { condition: name.into(), description: Some(words.into()) };
        let bench = Bench::misbehaving(vec![rule(When::Delivery(1), RequestAct::Reject(full))]);
        let ended = bench.run(&bench.config().patience(1, 2, 1), &images(2)).expect(0);
        took_between(&ended, 1.0, 3.0);
        assert_eq!(bench.record().requests.len(), 4, "{name}");
    }
    let full = Refusal {
        condition: "amqp:resource-limit-exceeded,queue=sign,reason=maxlen".into(),
        description: Some("it is full".into()),
    };
    let bench = Bench::misbehaving(vec![rule(When::Any, RequestAct::Reject(full))]);
    let ended = bench.run(&bench.config().patience(1, 2, 1), &images(1)).expect(75);
    took_between(&ended, 2.0, 4.0);
    ended.says_once(
        "amqp:resource-limit-exceeded: it is full (queue: sign, reason: maxlen); running again can help",
    );
    let cause = ended.document()["signer_result"]["error_message"].to_string();
    assert!(cause.contains("amqp:resource-limit-exceeded : "), "{cause}");
    assert!(cause.contains(": it is full (queue: sign, reason: maxlen)"), "{cause}");
    assert_eq!(bench.record().requests.len(), 2);
}

/// RabbitMQ ends the session and ActiveMQ the connection for a message that is too large. The next broker may accept it;
/// a second time is no accident.
#[test]
fn a_message_that_ends_connections_fails_after_the_second() {
    for (place, condition) in [
        (Session, "amqp:precondition-failed"),
        (Connection, "amqp:decode-error"),
        (Sender, "amqp:link:message-size-exceeded"),
    ] {
        let (port, done) = peer::listen(move |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let _ = peer.grant(9);
            let _ = peer.transfer();
            let words = "message size 9 is larger than 8";
            let frame = match place {
                Session => peer::end(condition, words),
                Connection => peer::close(condition, words),
                _ => peer.detach(Role::Sender, condition, words),
            };
            let _ = peer.answer(&frame);
            peer.hang_up_after_close();
        });
        let bench = Bench::new();
        let ended = bench.run(&peer::alone(&bench, port), &images(1)).expect(75);
        took_between(&ended, 0.0, 8.0);
        ended
            .says("not accepted by the broker")
            .says("is larger than 8; running again does not help")
            .says("sign fewer items in one request (chunk_size), or raise the broker's limit");
        assert!(done.try_iter().count() <= 3, "{condition}");
    }
}
