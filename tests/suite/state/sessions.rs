//! What a run leaves at a broker of MQTT for the next one with its state file.

use amqp_messenger::{
    Operation, Settings, Signer, SignerType,
    signing::{Image, Items, Key, TaskId},
};
use amqp_sandbox::{Answer, Body, Record, ReplyAct, RequestAct, When, record::ConnectRecord};
use serde_json::json;

use super::{program, requested, run, state};
use crate::harness::{Bench, LONG, Protocol, images, rule, signal, took_between};

/// The first request gets no reply.
fn silent() -> Bench {
    Protocol::Mqtt.misbehaving(vec![rule(When::Request(1), ReplyAct::NoReply)])
}

/// A connection that has ended, or ends now.
fn connection(bench: &Bench, number: usize) -> ConnectRecord {
    let has_ended = |record: &Record| record.connections[number - 1].closed.is_some();
    let record = bench.sandbox.wait_for(LONG, has_ended).unwrap();
    record.connections[number - 1].mqtt.clone().unwrap()
}

/// Ends a run that has one of its two replies.
fn end_by_signal(bench: &Bench, mut program: crate::harness::Program) {
    let running = program.start();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 1).unwrap();
    signal("TERM", running.id());
    running.wait().expect(143);
}

/// The reply to the first request.
fn reply(bench: &Bench) {
    let id = requested(bench, 0)[0].clone();
    let message = json!({"msg": {"request_id": id, "signed_claim": "c2lnbmVk"}});
    let body = Body::Text(message.to_string());
    bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
}

/// The reply comes while no run listens, and the next one asks for nothing.
#[test]
fn what_comes_after_the_end_of_a_run_waits_for_the_next_one() {
    for deadline in [None, Some("3")] {
        let bench = silent();
        let path = state(&bench);
        let config = bench.config().patience(20, 1, 1);
        let arguments = images(2) + " --raw";
        match deadline {
            None => end_by_signal(&bench, program(&bench, &config, &arguments, &path)),
            Some(deadline) => {
                let config = config.clone().set("deadline", deadline);
                run(&bench, &config, &arguments, &path).expect(124);
            }
        }
        let left = connection(&bench, 1);
        // The deadline is that of one run, but not of the next.
        assert_eq!((left.session_expiry, left.disconnect), (Some(20), Some(0)), "{deadline:?}");
        assert_eq!(left.disconnect_expiry, None, "as the CONNECT said: {deadline:?}");
        reply(&bench);
        let ended = run(&bench, &config, &arguments, &path).expect(0);
        assert_eq!(ended.stdout.lines().next(), Some("c2lnbmVk"));
        assert_eq!(bench.record().requests.len(), 2, "nothing is sent again");
        assert_eq!(connection(&bench, 2).session_present, Some(true));
        assert_eq!(bench.sandbox.sessions(), 0, "the run is complete");
    }
}

/// A program may sign the same run again, without preparing another one.
#[test]
fn what_comes_between_two_signings_of_a_run_waits_for_the_second_one() {
    let bench = silent();
    let path = bench.file("config.yaml", bench.config().patience(2, 1, 1).yaml());
    let signer = Signer::new(Settings::load(&path, SignerType::Single).unwrap(), None).unwrap();
    let image = Image::new(format!("sha256:{:064x}", 1), "host/repo:1").unwrap();
    let (task_id, key) = (TaskId::new("7").unwrap(), Key::new("ABCD1234").unwrap());
    let operation = Operation::new(task_id, vec![key], Items::Images(vec![image])).unwrap();
    let mut run = signer.prepare_with_state(&operation, state(&bench)).unwrap();
    signer.sign(&mut run).unwrap();
    assert_eq!(connection(&bench, 1).disconnect_expiry, None, "it stays");
    reply(&bench);
    signer.sign(&mut run).unwrap();
    assert_eq!(run.signed_values().next().unwrap().as_str(), "c2lnbmVk");
    assert_eq!(connection(&bench, 2).session_present, Some(true));
    assert_eq!(bench.sandbox.sessions(), 0, "it is complete");
}

/// A run without a reply ends by itself, and one that cannot write its file.
#[test]
fn whatever_ends_a_run_the_session_stays_as_long_as_something_is_missing() {
    let bench = silent();
    let path = state(&bench);
    run(&bench, &bench.config().patience(1, 1, 1), &images(1), &path).expect(75);
    assert_eq!(connection(&bench, 1).disconnect_expiry, None);

    let bench = Protocol::Mqtt.bench();
    let path = state(&bench);
    let limit = r#"ulimit -f 1; exec "$0" "$@""#;
    let mut full =
        program(&bench, &bench.config(), &images(1), &path).within("bash", &["-c", limit]);
    full.run().expect(74).says("File too large");
    assert_eq!(bench.record().requests.len(), 1);
    assert_eq!(connection(&bench, 1).disconnect_expiry, None, "the broker has the reply");
    run(&bench, &bench.config(), &images(1), &path).expect(0);
    assert_eq!(connection(&bench, 2).session_present, Some(true));
}

/// Without a state file there is no next run, and after a complete one there is nothing to wait for.
#[test]
fn a_session_does_not_stay_in_vain() {
    let bench = silent();
    end_by_signal(&bench, bench.program(&bench.config(), &images(2)));
    assert_eq!(connection(&bench, 1).disconnect_expiry, Some(0));
    run(&bench, &bench.config(), &images(2), &state(&bench)).expect(0);
    assert_eq!(connection(&bench, 2).disconnect_expiry, Some(0));
    assert_eq!(bench.sandbox.sessions(), 0);
}

/// The reply may have been lost with it; 3.1.1 has no such sessions.
#[test]
fn what_an_earlier_run_sent_is_asked_for_again_at_once_if_its_session_is_lost() {
    for version in ["5", "3.1.1"] {
        let bench = silent();
        let path = state(&bench);
        let config =
            bench.config().patience(20, 1, 1).set("mqtt_version", &format!("\"{version}\""));
        end_by_signal(&bench, program(&bench, &config, &images(2), &path));
        bench.sandbox.forget_sessions();
        let ended = run(&bench, &config, &images(2), &path).expect(0);
        took_between(&ended, 0.0, 15.0);
        let asked = requested(&bench, 0);
        assert_eq!((asked.len(), &asked[2]), (3, &asked[0]), "{version}");
        assert_ne!(connection(&bench, 2).session_present, Some(true), "{version}");
    }
}

/// A broker that has lost its sessions may have lost the signing server's, too: it drops the request until that is back.
#[test]
fn what_is_asked_for_again_may_be_returned_and_is_sent_again() {
    for code in [0x10, 0x97] {
        let answer = Answer { code, reason: None, reference: None };
        let bench = Protocol::Mqtt.misbehaving(vec![
            rule(When::Request(1), ReplyAct::NoReply),
            rule(When::Request(3), RequestAct::Puback(answer)),
        ]);
        let path = state(&bench);
        let config = bench.config().patience(3, 10, 1);
        end_by_signal(&bench, program(&bench, &config, &images(2), &path));
        bench.sandbox.forget_sessions();
        run(&bench, &config, &images(2), &path).expect(0);
        let asked = requested(&bench, 2);
        assert_eq!(asked, vec![requested(&bench, 0)[0].clone(); 2], "{code:x}");
    }
}
