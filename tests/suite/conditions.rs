//! What a broker's condition means, depending on where it occurs, and that it is reported once.

use std::io::{Read, Write};

use amqp_frames::{HEADER, Role};
use amqp_sandbox::{ConnectionAct, LinkAct, Refusal, ReplyAct, RequestAct, When};

use crate::{
    harness::{Bench, Config, Ended, images, rule, took_between},
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

use Place::{Connection, Outcome, Receiver, Sender, Session};

const LINKS_AND_ABOVE: [Place; 4] = [Connection, Session, Receiver, Sender];

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

/// What these say of a message would be said again.
const OF_MESSAGES: [&str; 6] = [
    "amqp:precondition-failed",
    "amqp:link:message-size-exceeded",
    "amqp:decode-error",
    "amqp:frame-size-too-small",
    "amqp:invalid-field",
    "amqp:not-implemented",
];

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

/// An alert about the client's certificate or handshake excludes the broker; a broker in trouble may recover.
#[test]
fn alerts_decide_as_conditions_do() {
    let cases = [
        (
            42,
            77,
            "the broker refused the client's certificate: bad certificate",
            "messaging_cert_key is known there",
        ),
        (
            45,
            77,
            "the broker refused the client's certificate: certificate expired",
            "messaging_cert_key is known there",
        ),
        (
            48,
            77,
            "the broker refused the client's certificate: unknown ca",
            "messaging_cert_key is known there",
        ),
        (
            49,
            77,
            "the broker refused the client's certificate: access denied",
            "messaging_cert_key is known there",
        ),
        (
            116,
            77,
            "the broker refused the client's certificate: ",
            "messaging_cert_key is known there",
        ),
        (
            40,
            77,
            "the broker refused the client's handshake: handshake failure",
            "whether it requires a certificate",
        ),
        (
            71,
            77,
            "the broker refused the client's handshake: insufficient security",
            "which TLS versions",
        ),
        (112, 77, "the broker refused the client's handshake: unrecognized name", "host names"),
        (80, 69, "TLS alert: internal error", ""),
        // OpenSSL has no name for these.
        (0, 69, "connection ended by the broker: TLS alert: unknown alert 0\n", ""),
        (
            255,
            77,
            "the broker refused the client's handshake: unknown alert 255",
            "which TLS versions",
        ),
        (90, 69, "TLS alert: user cancel", ""),
    ];
    for (alert, status, told, remedy) in cases {
        // A plain-text fatal alert in answer to the ClientHello (RFC 8446, 6).
        let (port, _) = peer::listen(move |mut stream| {
            if stream.read(&mut [0; 1024]).is_ok() {
                let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, alert]);
                peer::swallow(stream);
            }
        });
        let next = Bench::new();
        let alone =
            next.config().set("messaging_brokers", &format!("[\"amqps://localhost:{port}\"]"));
        let ended = next.run(&alone.patience(1, 1, 1), &images(1)).expect(status);
        ended.says(told).says(remedy);
        let urls = format!("[\"amqps://localhost:{port}\", \"{}\"]", next.sandbox.amqps_url());
        next.run(&next.config().set("messaging_brokers", &urls), &images(1)).expect(0).says(told);
    }
}

/// A broker's text, with special characters and so long that it must be escaped and cut.
const WILD: &str = "\u{1b}[31mred \u{202e}turned\r\n";

/// Fails the test unless the text is reported, without anything that acts on a terminal, and cut.
#[track_caller]
fn are_escaped(ended: &Ended, name: &str) {
    ended.says("\\u{1b}[31mred \\u{202e}turned\\r\\n");
    let bad = ended.stderr.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
    assert!(bad.is_none(), "{bad:?} for {name}");
    let longest = ended.stderr.lines().map(str::len).max().unwrap();
    assert!(longest < 5000, "a line of {longest} bytes for {name}");
}

/// A broker's text is reported without escape sequences, changes of direction and excessive length, wherever it occurs.
#[test]
fn a_brokers_words_are_escaped_and_cut() {
    let wild = format!("{WILD}{}", "x".repeat(20_000));
    let refusal = || Refusal {
        condition: "amqp:internal-error\u{1b}".into(),
        description: Some(wild.clone()),
    };
    let refused =
        || Refusal { condition: "amqp:not-found".into(), description: Some(wild.clone()) };
    let server =
        ReplyAct::ServerError { errors: vec![wild.clone(); 100], signing_status: wild.clone() };
    for (rule, status) in [
        (rule(When::Any, RequestAct::Reject(refusal())), 75),
        (rule(When::Any, RequestAct::Reject(refused())), 77),
        (rule(When::SenderLink, LinkAct::Refuse(refusal())), 69),
        (rule(When::SenderLink, LinkAct::Refuse(refused())), 77),
        (rule(When::ReceiverLink, LinkAct::Refuse(refused())), 77),
        (rule(When::ReceiverLink, LinkAct::Refuse(refusal())), 69),
        (rule(When::ReceiverLink, LinkAct::Detach(refused())), 77),
        (rule(When::Request(1), LinkAct::Detach(refused())), 77),
        (rule(When::Request(1), ConnectionAct::Close(refused())), 77),
        (rule(When::Any, ConnectionAct::Close(refusal())), 69),
        (rule(When::Any, server), 1),
    ] {
        let bench = Bench::misbehaving(vec![rule.clone()]);
        // With an address: otherwise a refusal of the sender would only refuse the anonymous terminus.
        let config = bench.config().patience(1, 1, 1).set("sender_target", "address");
        are_escaped(
            &bench.run(&config, &images(1)).expect(status),
            &format!("{:?}", rule.act).chars().take(40).collect::<String>(),
        );
    }
}

/// The same for the end of a session, and for a peer that does not speak AMQP.
#[test]
fn texts_of_a_session_s_end_and_of_other_protocols_are_escaped() {
    for condition in ["amqp:not-found", "amqp:internal-error"] {
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let _ = peer.answer(&peer::end(condition, WILD));
            peer.hang_up_after_close();
        });
        let bench = Bench::new();
        let config =
            bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
        let ended = bench.run(&config.patience(1, 1, 1).set("close_timeout", "1"), &images(1));
        assert_eq!(
            ended.status,
            if condition == "amqp:not-found" { 77 } else { 75 },
            "{}",
            ended.stderr
        );
        are_escaped(&ended, condition);
    }
    let (port, _) = peer::listen(move |mut stream| {
        let _ = stream.read_exact(&mut [0; 8]);
        let _ = stream.write_all(b"\x1b[31mred\r\n\xff\x9b");
    });
    let bench = Bench::new();
    let config = bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
    let ended = bench.run(&config.patience(1, 1, 1), &images(1)).expect(69);
    ended.says("it sent \"\\x1b[31mred\"");
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
}
