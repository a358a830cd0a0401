//! Brokers that are down or silent, require a login, refuse, or hang up.

use std::{
    io,
    net::TcpListener,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use amqp_sandbox::{LinkAct, Record, Refusal, ReplyAct, RequestAct, When};
use serde_json::json;

use super::{image, images};
use crate::{
    case::{Case, Prepared},
    harness::{LONG, Running, signal},
    peer::closed_port,
};

fn refusal(condition: &str) -> Refusal {
    Refusal { condition: condition.into(), description: Some("says the sandbox".into()) }
}

#[test]
fn the_next_broker_is_tried() {
    let (theirs, ours) = image()
        .yaml(|_, yaml| {
            yaml.replace(
                "[\"amqps://",
                &format!("[\"amqps://localhost:{}\", \"amqps://", closed_port()),
            )
        })
        .both();
    theirs.ended.expect(1);
    // pubtools-sign connects to the second broker, but disconnects without an Open.
    assert!(theirs.record.connections.iter().all(|connection| !connection.opened));
    ours.signed();
}

/// Both print a document with an error in different words; amqp-messenger keeps trying for `timeout` seconds.
#[test]
fn no_broker_at_all_is_reported_in_other_words() {
    let (theirs, ours) = image()
        .patience(1, 1, 1)
        .yaml(|bench, yaml| {
            yaml.replace(
                &bench.sandbox.amqps_url(),
                &format!("amqps://localhost:{}", closed_port()),
            )
        })
        .both();
    for run in [&theirs, &ours] {
        assert_eq!(
            (run.ended.status, &run.ended.document()["signer_result"]["status"]),
            (1, &json!("error"))
        );
    }
    let rest = |stdout: &str| stdout.split_once("\"operation_results\"").unwrap().1.to_owned();
    assert_eq!(rest(&theirs.ended.stdout), rest(&ours.ended.stdout));
}

#[test]
fn sasl_is_spoken_if_the_broker_demands_it() {
    let (theirs, ours) =
        image().patience(1, 1, 1).sandbox(|options| options.sasl.required = true).both();
    theirs.ended.expect(1);
    assert!(theirs.record.requests.is_empty());
    assert_eq!(ours.signed().record.connections[1].sasl_mechanism.as_deref(), Some("EXTERNAL"));
}

/// pubtools-sign sends the requests all the same, although it cannot receive the replies.
#[test]
fn nothing_is_sent_if_replies_cannot_be_received() {
    let refused = LinkAct::Refuse(refusal("amqp:unauthorized-access"));
    let (theirs, ours) = image().patience(1, 1, 1).rule(When::ReceiverLink, refused).both();
    assert_eq!((theirs.ended.status, theirs.record.requests.len()), (1, 1));
    assert_eq!((ours.ended.status, ours.record.requests.len()), (1, 0));
}

#[test]
fn a_refused_sender_ends_the_run_in_the_broker_s_words() {
    let refused = LinkAct::Refuse(refusal("amqp:not-found"));
    let (theirs, ours) = image().patience(1, 1, 1).rule(When::SenderLink, refused).both();
    assert_eq!((theirs.ended.status, ours.ended.status), (1, 1));
    ours.ended.says("amqp:not-found").says("says the sandbox");
}

/// pubtools-sign, running; returns once the condition holds for what the sandbox has seen.
fn started(prepared: &Prepared, condition: impl FnMut(&Record) -> bool) -> Running {
    let running = prepared.reference_program().start();
    prepared.bench.sandbox.wait_for(LONG, condition).expect("pubtools-sign gets that far");
    running
}

/// Several times as long as these runs are configured to take: pubtools-sign would wait forever.
const PATIENCE: Duration = Duration::from_secs(5);

/// pubtools-sign hangs once the condition holds for what the sandbox has seen; amqp-messenger ends.
#[track_caller]
fn hangs(case: Case, begun: fn(&Record) -> bool) {
    let prepared = case.patience(1, 1, 1).bench();
    let before = prepared.bench.record();
    let running = started(&prepared, begun);
    assert!(
        prepared.bench.sandbox.wait_for(PATIENCE, Record::is_over).is_err(),
        "pubtools-sign ends by itself"
    );
    signal("KILL", running.id());
    prepared.after(&before, running.wait());
    let ours = prepared.ours();
    assert_eq!(
        (ours.ended.status, &ours.ended.document()["signer_result"]["status"]),
        (1, &json!("error"))
    );
}

#[test]
fn a_rejected_request_ends() {
    let rejected = RequestAct::Reject(refusal("amqp:decode-error"));
    hangs(image().act(rejected), |record| !record.requests.is_empty());
}

#[test]
fn a_released_request_ends() {
    hangs(image().act(RequestAct::Release), |record| !record.requests.is_empty());
}

#[test]
fn a_broker_that_gives_no_credit_ends_the_run() {
    hangs(image().rule(When::SenderLink, LinkAct::NoCredit), |record| record.links.len() == 2);
}

#[test]
fn a_broker_that_says_nothing_ends_the_run() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let broker = format!("[\"amqps://localhost:{}\"]", silent.local_addr().unwrap().port());
    let (tell, ended) = mpsc::channel();
    thread::spawn(move || {
        for mut client in silent.incoming().map(Result::unwrap) {
            let tell = tell.clone();
            thread::spawn(move || tell.send(io::copy(&mut client, &mut io::sink()).is_ok()));
        }
    });
    let prepared = image().patience(1, 1, 1).set("messaging_brokers", &broker).bench();
    let running = prepared.reference_program().start();
    assert_eq!(
        ended.recv_timeout(PATIENCE),
        Err(RecvTimeoutError::Timeout),
        "pubtools-sign ends by itself"
    );
    signal("KILL", running.id());
    running.wait();
    prepared.rewrite(|yaml| yaml.replace("  retries:", "  connect_timeout: 1\n  retries:"));
    prepared.ours().ended.expect(1).says("no answer");
}

/// pubtools-sign requests everything again, receives it, and prints none of it.
#[test]
fn a_connection_that_is_cut_is_re_established() {
    let prepared = images().patience(2, 1, 2).rule(When::Request(3), ReplyAct::NoReply).bench();
    let before = prepared.bench.record();
    let running = started(&prepared, |record| record.accepted().count() == 2);
    prepared.bench.sandbox.set_behaviours(Vec::new());
    prepared.bench.sandbox.cut_connections();
    let theirs = prepared.after(&before, running.wait());
    assert_eq!(
        (theirs.ended.status, results(&theirs.ended.stdout)),
        (1, vec![false, false, false])
    );

    let prepared = images().patience(2, 1, 2).rule(When::Request(3), ReplyAct::NoReply).bench();
    let before = prepared.bench.record();
    let running = prepared.our_program().start();
    prepared
        .bench
        .sandbox
        .wait_for(LONG, |record| record.accepted().count() == 2)
        .expect("two replies");
    prepared.bench.sandbox.set_behaviours(Vec::new());
    prepared.bench.sandbox.cut_connections();
    let ours = prepared.after(&before, running.wait());
    assert_eq!((ours.ended.status, results(&ours.ended.stdout)), (0, vec![true, true, true]));
}

fn results(stdout: &str) -> Vec<bool> {
    let document: serde_json::Value = serde_json::from_str(stdout).unwrap();
    document["operation_results"]
        .as_array()
        .unwrap()
        .iter()
        .map(serde_json::Value::is_array)
        .collect()
}

#[test]
fn a_run_that_is_ended_from_outside_prints_what_it_has() {
    let prepared = images().patience(20, 1, 1).rule(When::Request(3), ReplyAct::NoReply).bench();
    let running = started(&prepared, |record| record.accepted().count() == 2);
    signal("TERM", running.id());
    let theirs = running.wait();
    assert_eq!((theirs.status, theirs.stdout.as_str()), (128 + 15, ""));

    let prepared = images().patience(20, 1, 1).rule(When::Request(3), ReplyAct::NoReply).bench();
    let running = prepared.our_program().start();
    prepared
        .bench
        .sandbox
        .wait_for(LONG, |record| record.accepted().count() == 2)
        .expect("two replies");
    signal("TERM", running.id());
    assert_eq!(results(&running.wait().stdout), [true, true, false]);
}
