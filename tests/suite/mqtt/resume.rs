//! Connections that end, and the session that stays at the broker or does not.

use amqp_sandbox::{Record, record::End};

use super::{bench, bench_with};
use crate::harness::{Bench, LONG, images, took_between};

/// The PUBLISHes of a connection.
fn published(record: &Record, connection: usize) -> Vec<String> {
    let sent = record.sent(connection, End::Client);
    sent.into_iter().filter(|packet| packet.starts_with("PUBLISH")).collect()
}

/// The request ids of these.
fn asked(record: &Record, connection: usize) -> Vec<String> {
    let of = record.packets.iter().filter(|packet| packet.connection == connection);
    let published = of.filter(|packet| packet.from == End::Client && packet.kind == "PUBLISH");
    published.map(|packet| packet.request_id.clone().unwrap()).collect()
}

/// Three requests without a PUBACK, and then a cut.
fn cut_with_three_open(rules: &str, set: impl FnOnce(&mut amqp_sandbox::Options)) -> Bench {
    let rules = format!("never-settle@connection=1 no-reply@connection=1 {rules}");
    let bench = bench_with(&rules, set);
    let running = bench.program(&bench.config(), &images(3)).start();
    bench.sandbox.wait_for(LONG, |record| record.requests.len() == 3).unwrap();
    match rules.contains("forget") {
        true => bench.sandbox.forget_sessions(),
        false => bench.sandbox.cut_connections(),
    }
    let ended = running.wait().expect(0);
    took_between(&ended, 0.0, 8.0);
    assert_eq!(ended.present(), [true; 3]);
    bench
}

#[test]
fn with_its_session_what_is_open_goes_out_again_under_its_id_in_order() {
    let bench = cut_with_three_open("", |_| {});
    let record = bench.record();
    assert_eq!(record.connections[1].mqtt.as_ref().unwrap().session_present, Some(true));
    let first = published(&record, 1);
    let again: Vec<_> = first.iter().map(|packet| format!("{packet} DUP")).collect();
    assert_eq!(published(&record, 2), again);
    assert_eq!(asked(&record, 1), asked(&record, 2));
    // It subscribes again, before anything is sent: some brokers lose subscriptions.
    let sent = record.sent(2, End::Client);
    assert!(sent[1].starts_with("SUBSCRIBE"), "{sent:?}");
    let id = sent[1].strip_prefix("SUBSCRIBE ").unwrap();
    assert!(first.iter().all(|packet| *packet != format!("PUBLISH {id}")), "an id is in use twice");
}

#[test]
fn without_its_session_what_is_open_goes_out_as_new() {
    let bench = cut_with_three_open("forget@connection=7", |_| {});
    let record = bench.record();
    assert_eq!(record.connections[1].mqtt.as_ref().unwrap().session_present, Some(false));
    assert!(published(&record, 2).iter().all(|packet| !packet.contains("DUP")));
    let (mut before, mut after) = (asked(&record, 1), asked(&record, 2));
    before.sort();
    after.sort();
    assert_eq!(before, after, "each keeps its request id");
}

/// What is sent again counts against the Receive Maximum, too: the broker would end the connection.
#[test]
fn what_goes_out_again_keeps_to_the_receive_maximum() {
    let bench = bench_with("never-settle@connection=1 no-reply@connection=1", |options| {
        options.mqtt_broker.receive_maximum = Some(2);
    });
    let running = bench.program(&bench.config(), &images(9)).start();
    bench.sandbox.wait_for(LONG, |record| record.requests.len() == 2).unwrap();
    bench.sandbox.cut_connections();
    running.wait().expect(0);
    let record = bench.record();
    let problems = record.connections.iter().flat_map(|connection| &connection.problems);
    assert!(!problems.clone().any(|it| it.contains("Receive Maximum")), "{:?}", record.connections);
    assert_eq!(published(&record, 1).len(), 2);
    assert_eq!(record.arrivals().iter().sum::<usize>(), 11);
}

/// They come again under their ids, or under new ones, as from RabbitMQ.
#[test]
fn replies_that_were_not_acknowledged_come_again_and_are_printed_once() {
    for renumbers in [false, true] {
        // Ten come at once, and the connection ends with the first acknowledgement.
        let rules = "reverse=10@from=2 delay=4s@request=1 cut@acknowledgement@connection=1";
        let bench = bench_with(rules, |options| options.mqtt_broker.renumbers = renumbers);
        let ended = bench.run(&bench.config(), &images(11)).expect(0);
        assert_eq!(ended.present(), [true; 11]);
        let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
        let again: Vec<_> = record.deliveries.iter().filter_map(|it| it.mqtt).collect();
        let again: Vec<_> = again.into_iter().filter(|(_, dup)| *dup).collect();
        assert!(!again.is_empty(), "nothing came again, so this shows nothing");
        assert_eq!(again[0].0 == Some(1), renumbers, "{again:?}");
    }
}

/// The reply comes in the session before the SUBACK of the new connection.
#[test]
fn a_reply_before_the_suback_counts() {
    let bench = bench("delay=300ms late-suback=1500ms@connection=2@receiver");
    let running = bench.program(&bench.config(), &images(2)).start();
    let settled = |record: &Record| {
        record.requests.len() == 2 && record.requests.iter().all(|it| it.outcome.is_some())
    };
    bench.sandbox.wait_for(LONG, settled).unwrap();
    bench.sandbox.cut_connections();
    let ended = running.wait().expect(0);
    assert_eq!(ended.present(), [true; 2]);
    assert_eq!(bench.record().arrivals(), [1; 2]);
}

/// A second client with the same id: the first run ends, and does not take the session back.
#[test]
fn of_two_runs_with_one_client_id_the_later_one_wins() {
    let bench = bench("no-reply@request=1");
    let config = bench.config().set("mqtt_client_id", "mine");
    let first = bench.program(&config, &(images(1) + " --raw")).start();
    bench.sandbox.wait_for(LONG, |record| record.requests.len() == 1).unwrap();
    let arguments = images(1).replace("--task-id 7", "--task-id 8");
    bench.run(&config, &arguments).expect(0);
    let ended = first.wait().expect(77);
    ended.says_once("session taken over (0x8E)");
    assert_eq!(bench.record().connections.len(), 2);
}

/// Fields keep them apart.
#[test]
fn a_client_id_may_have_the_task() {
    let bench = bench("");
    let config = bench.config().set("mqtt_client_id", "\"sign-{creator}-{task_id}\"");
    bench.run(&config, &images(1)).expect(0);
    assert_eq!(bench.record().connections[0].container_id, "sign-sandbox-client-7");
}

#[test]
fn a_shorter_session_is_told_once() {
    let rules = "cut@request=1@connection=1";
    let bench = bench_with(rules, |options| options.mqtt_broker.session_expiry = Some(3));
    let ended = bench.run(&bench.config(), &images(2)).expect(0);
    ended.says_once("the broker keeps the session for 3 s without a connection");
    assert_eq!(bench.record().connections.len(), 2);
    let bench = bench_with("", |options| options.mqtt_broker.session_expiry = Some(40));
    let ended = bench.run(&bench.config(), &images(1)).expect(0);
    assert_eq!(bench.record().connections[0].mqtt.as_ref().unwrap().session_expiry, Some(40));
    assert!(!ended.reported().contains("keeps the session for"), "{}", ended.stderr);
}
