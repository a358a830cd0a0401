//! A broker's own words, as they are reported.

use std::io::{Read, Write};

use amqp_sandbox::{ConnectionAct, LinkAct, Refusal, ReplyAct, RequestAct, When};

use crate::{
    harness::{Bench, Ended, images, rule},
    peer::{self, Peer},
};

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
