//! Limits that the broker announces, and those it keeps to itself.

use amqp_sandbox::{Record, record::End};

use super::{bench, bench_with};
use crate::harness::{images, took_between};

/// The broker ends connections that have more on their way.
#[test]
fn the_receive_maximum_is_kept() {
    for maximum in [1, 2, 10] {
        let bench = bench_with("late-puback=20ms", |options| {
            options.mqtt_broker.receive_maximum = Some(maximum);
        });
        bench.run(&bench.config(), &images(40)).expect(0);
        let record = bench.record();
        assert_eq!((record.connections.len(), record.requests.len()), (1, 40), "{maximum}");
    }
}

/// The whole packet counts, not only the payload; it is not sent at all.
#[test]
fn a_packet_above_the_maximum_fails_before_it_is_sent() {
    let bench = bench_with("", |options| options.mqtt_broker.maximum_packet_size = Some(8 * 1024));
    let (small, large) = (bench.file("small", "x"), bench.file("large", "x".repeat(10 * 1024)));
    let arguments = format!(
        "blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {} --blob-file {}",
        large.display(),
        small.display()
    );
    let ended = bench.run(&bench.config(), &arguments).expect(75);
    took_between(&ended, 0.0, 5.0);
    ended.says("packet too large (0x95): the packet has ");
    ended.says("bytes; the broker accepts at most 8192; running again does not help");
    assert_eq!(ended.present(), [false, true]);
    let record = bench.record();
    assert_eq!((record.requests.len(), record.connections.len()), (1, 1));
}

/// A limit that is not announced: Mosquitto's `message_size_limit`.
#[test]
fn a_payload_that_is_too_large_fails_alone() {
    let bench = bench_with("", |options| options.mqtt_broker.payload_limit = Some(8 * 1024));
    let (small, large) = (bench.file("small", "x"), bench.file("large", "x".repeat(10 * 1024)));
    let arguments = format!(
        "blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {} --blob-file {}",
        large.display(),
        small.display()
    );
    let ended = bench.run(&bench.config(), &arguments).expect(75);
    assert_eq!(ended.present(), [false, true]);
    ended.says("packet too large (0x95)").says_once("or raise the broker's limit");
}

/// There is no outcome with QoS 0.
#[test]
fn a_broker_without_qos_1_is_refused() {
    let bench = bench_with("", |options| options.mqtt_broker.maximum_qos = Some(0));
    let ended = bench.run(&bench.config(), &images(1)).expect(77);
    ended.says_once("maximum QoS 0");
    assert!(bench.record().requests.is_empty());
    let one = bench_with("", |options| options.mqtt_broker.maximum_qos = Some(1));
    one.run(&one.config(), &images(1)).expect(0);
}

fn pings(record: &Record) -> usize {
    record.sent(1, End::Client).iter().filter(|packet| *packet == "PINGREQ").count()
}

/// The broker ends a connection on which nothing comes for one and a half times its keep alive.
#[test]
fn replies_slower_than_the_broker_s_keep_alive_are_waited_for() {
    let bench = bench_with("delay=3500ms", |options| options.mqtt_broker.keep_alive = Some(1));
    let ended = bench.run(&bench.config(), &images(1)).expect(0);
    took_between(&ended, 3.5, 9.0);
    let record = bench.record();
    assert_eq!(record.connections.len(), 1, "{}", ended.stderr);
    assert!(pings(&record) >= 3, "{}", pings(&record));
}

#[test]
fn replies_slower_than_the_idle_timeout_are_waited_for() {
    let bench = bench("delay=4500ms");
    let config = bench.config().set("idle_timeout", "2");
    bench.run(&config, &images(1)).expect(0);
    let record = bench.record();
    assert_eq!(record.connections.len(), 1);
    assert!(pings(&record) >= 2);
    assert_eq!(record.connections[0].mqtt.as_ref().unwrap().keep_alive, 2);
}

/// The broker is silent, or takes a PINGREQ and says nothing: it is noticed within the idle timeout.
#[test]
fn a_broker_that_falls_silent_is_noticed() {
    for rule in ["half-open@request=1@connection=1", "half-open@ping@connection=1"] {
        let bench = bench(&format!("{rule} no-reply@request=1@connection=1"));
        let config = bench.config().set("idle_timeout", "2").patience(20, 1, 1);
        let ended = bench.run(&config, &images(2));
        if rule.contains("request") {
            assert_eq!(ended.expect(0).present(), [true; 2]);
        } else {
            // The request was accepted, and its reply is lost: only the silence of the window ends that.
            ended.expect(75).says("the broker has been silent for 2 s (idle_timeout)");
        }
        assert_eq!(bench.record().connections.len(), 2);
    }
}

/// For seconds the client gets a reply byte by byte, and has nothing to send but PINGREQs, which the broker insists on.
#[test]
fn a_client_that_only_receives_pings_in_time() {
    let bench = bench_with("slow=1ms padded=4000", |options| {
        options.mqtt = true;
        options.mqtt_broker.keep_alive = Some(1);
    });
    let plain = format!("[\"{}\"]", bench.plain_url());
    let config = bench.config().set("messaging_brokers", &plain).set("connect_timeout", "60");
    let ended = bench.run(&config, &(images(1) + " --requester r")).expect(0);
    assert!(ended.took.as_secs_f64() > 4.0, "it did not take long: {:?}", ended.took);
    let record = bench.record();
    assert_eq!((record.connections.len(), record.requests.len()), (1, 1));
    let sent = record.sent(1, End::Client);
    let request = sent.iter().position(|packet| packet.starts_with("PUBLISH")).unwrap();
    let acknowledged = sent.iter().position(|packet| packet.starts_with("PUBACK")).unwrap();
    let pings = sent[request..acknowledged].iter().filter(|packet| *packet == "PINGREQ");
    assert!(pings.count() > 3, "{sent:?}");
}

/// In all that the broker sees, no more requests are open than that.
#[test]
fn no_more_requests_are_open_than_mqtt_max_open() {
    let bench = bench("delay=50ms");
    let config = bench.config().set("mqtt_max_open", "3");
    bench.run(&config, &images(15)).expect(0);
    let record = bench.record();
    assert_eq!(record.arrivals(), [1; 15]);
    for request in &record.requests {
        let asked = record.requests.iter().filter(|it| it.received <= request.received).count();
        let answered = record.accepted().filter(|it| it.sent < request.received).count();
        assert!(asked - answered <= 3, "{asked} asked, {answered} answered");
    }
}

/// A queue of 20 in the broker drops what is beyond that, in silence: with fewer requests open, nothing is lost.
#[test]
fn a_small_queue_loses_nothing_if_fewer_requests_are_open() {
    let small = |options: &mut amqp_sandbox::Options| {
        (options.mqtt_broker.queue, options.mqtt_broker.in_flight) = (10, 1);
    };
    let bench = bench_with("", small);
    let config = bench.config().set("mqtt_max_open", "10");
    bench.run(&config, &images(200)).expect(0);
    assert_eq!(bench.record().requests.len(), 200);
}

/// Requests that are never answered take their place until the window ends; then the others are sent.
#[test]
fn requests_without_an_answer_do_not_hold_the_others_up_forever() {
    let bench = bench("no-reply@request=1 no-reply@request=2");
    let config = bench.config().set("mqtt_max_open", "2").patience(2, 1, 2);
    let ended = bench.run(&config, &images(6)).expect(0);
    assert_eq!(ended.present(), [true; 6]);
}

#[test]
fn a_connection_that_takes_long_keeps_the_run_s_deadline() {
    let bench = bench("late-suback=30s@receiver");
    let config = bench.config().set("deadline", "1").set("connect_timeout", "20");
    let ended = bench.run(&config, &images(1)).expect(124);
    took_between(&ended, 1.0, 9.0);
}
