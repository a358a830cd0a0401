//! The same condition at each place where it may occur.

use std::io::{Read, Write};

use amqp_frames::HEADER;
use amqp_sandbox::{LinkAct, Refusal, When};

use super::{
    Case, OF_MESSAGES, PASSING,
    Place::{self, Connection, Outcome, Receiver, Sender, Session},
    to,
};
use crate::{
    harness::{Bench, images, rule, took_between},
    peer::{self, Peer},
};

const REFUSALS: [(&str, &str); 6] = [
    ("amqp:unauthorized-access", "says the peer"),
    ("amqp:not-found", "says the peer"),
    ("amqp:not-allowed", "says the peer"),
    ("failed", "AMQ119002: says the peer"),
    // Of a message these two say that it is wrong.
    ("amqp:invalid-field", "says the peer"),
    ("amqp:not-implemented", "says the peer"),
];

const LINKS_AND_ABOVE: [Place; 4] = [Connection, Session, Receiver, Sender];

/// This includes the outcome of one item: a refusal of one item would be repeated for the next.
#[test]
fn a_refusal_ends_the_run_wherever_it_occurs_and_is_reported_once() {
    for (condition, words) in REFUSALS {
        let outcome = Some(Outcome).filter(|_| !OF_MESSAGES.contains(&condition));
        for place in LINKS_AND_ABOVE.into_iter().chain(outcome) {
            Case::new(place, condition, words).expect(
                77,
                &format!("refused: {condition}: {words}"),
                0,
            );
        }
    }
}

#[test]
fn a_temporary_condition_leads_to_the_next_broker_and_is_reported_once() {
    for (index, condition) in PASSING.into_iter().enumerate() {
        let place = LINKS_AND_ABOVE[index % LINKS_AND_ABOVE.len()];
        let ended = Case::new(place, condition, "says the peer").expect(
            0,
            &format!("{condition}: says the peer"),
            1,
        );
        ended.says("connecting again");
    }
    for place in LINKS_AND_ABOVE {
        Case::new(place, "amqp:internal-error", "at every place").expect(
            0,
            "internal-error: at every place",
            1,
        );
    }
}

/// RabbitMQ says so of every address that it does not understand.
#[test]
fn an_address_that_the_broker_does_not_understand_ends_the_run_at_once() {
    for condition in ["amqp:invalid-field", "amqp:not-implemented"] {
        let refusal = || {
            LinkAct::Refuse(Refusal {
                condition: condition.into(),
                description: Some("unknown".into()),
            })
        };
        for (when, target, remedy) in [
            (When::ReceiverLink, "auto", "check topic_listen_to: the broker does not understand"),
            (When::SenderLink, "address", "check topic_send_to: the broker does not understand"),
            (When::SenderLink, "auto", "check topic_send_to: the broker does not understand"),
        ] {
            let bench = Bench::misbehaving(vec![rule(when, refusal())]);
            let config = bench.config().set("sender_target", target);
            let ended = bench.run(&config, &images(1)).expect(77);
            took_between(&ended, 0.0, 5.0);
            ended.says_once(&format!("refused: {condition}: unknown")).says(remedy);
            assert_eq!(bench.record().requests.len(), 0);
        }
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = Peer::half_attached(stream) else { return };
            let _ = peer.answer(&peer::end(condition, "unknown_destination"));
            peer.hang_up_after_close();
        });
        let bench = Bench::new();
        let ended = bench.run(&peer::alone(&bench, port), &images(1)).expect(77);
        took_between(&ended, 0.0, 5.0);
        ended
            .says_once(&format!("session refused: {condition}: unknown_destination"))
            .says("check topic_send_to and topic_listen_to");
    }
}

/// On the sender it ends requests that were never accepted; elsewhere the next broker may accept them.
#[test]
fn a_failed_precondition_ends_requests_that_were_never_accepted() {
    let words = "amqp:precondition-failed: durable messages are not accepted";
    for place in [Connection, Session, Receiver] {
        Case::new(place, "amqp:precondition-failed", "durable messages are not accepted")
            .expect(0, words, 1);
    }
    let ended = Case::new(Sender, "amqp:precondition-failed", "durable messages are not accepted")
        .ended
        .expect(75);
    ended.says(words).says("set durable: false");
}

/// Before the links are answered a Close concerns the login: the next broker may accept it, this one is not tried again.
#[test]
fn a_refusal_in_place_of_the_links_leaves_the_next_broker() {
    for (condition, words) in REFUSALS.into_iter().take(3) {
        let answer = [&HEADER[..], &peer::open(), &peer::close(condition, words)].concat();
        let (port, _) = peer::listen(move |mut stream| {
            if stream.read_exact(&mut [0; 8]).is_ok() {
                let _ = stream.write_all(&answer);
                peer::swallow(stream);
            }
        });
        let next = Bench::new();
        let config = to(&next, port).set("sasl", "none");
        let ended = next.run(&config, &images(1)).expect(0);
        ended.says(&format!("connection refused: {condition}: {words}"));
        assert_eq!(next.record().requests.len(), 1);
        let alone = config.set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
        let ended = next.run(&alone, &images(1)).expect(77);
        took_between(&ended, 0.0, 10.0);
        let remedy = match condition {
            "amqp:not-found" => "check the address, and open_hostname",
            _ => "check that the client may connect: its certificate, or sasl, username",
        };
        ended.says(remedy);
    }
}

/// The first reason is reported, unless the second is a refusal.
#[test]
fn of_two_reasons_the_refusal_is_reported_else_the_first() {
    let cases = [
        ("amqp:resource-deleted", "amqp:connection:forced", 0, "amqp:resource-deleted"),
        ("amqp:connection:forced", "amqp:resource-deleted", 0, "amqp:connection:forced"),
        (
            "amqp:resource-deleted",
            "amqp:unauthorized-access",
            77,
            "refused: amqp:unauthorized-access",
        ),
        ("amqp:not-found", "amqp:connection:forced", 77, "refused: amqp:not-found"),
    ];
    for (first, second, status, told) in cases {
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let _ = peer.grant(9);
            let _ = peer.transfer();
            let frames = [peer.detach_sender(first), peer::close(second, "says the peer")].concat();
            let _ = peer.answer(&frames);
            peer.hang_up_after_close();
        });
        let next = Bench::new();
        let ended = next.run(&to(&next, port), &images(1)).expect(status);
        ended.says_once(told);
    }
}
