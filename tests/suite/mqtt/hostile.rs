//! Brokers made by hand: what they say last counts, and none keeps a run alive.

use std::{
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use amqp_sandbox::Record;

use super::bench_with;
use crate::{
    harness::{LONG, Protocol, images, signal, took_between},
    peer::{self, mqtt},
};

/// Counts the connections of a script.
fn counted(script: impl Fn(mqtt::Peer) + Send + 'static) -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let (port, _) = peer::listen(move |stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        if let Ok(peer) = mqtt::Peer::subscribed(stream) {
            script(peer);
        }
    });
    (port, count)
}

/// Ends the broker's side of the stream: what it has written arrives before that.
fn hang_up(peer: mqtt::Peer) {
    let _ = peer.stream.shutdown(Shutdown::Write);
    peer::swallow(peer.stream);
}

/// They arrive before the end of the connection, in the same bytes.
#[test]
fn replies_that_have_arrived_are_not_lost_with_the_connection() {
    for end in [mqtt::disconnect(0x87, "go"), mqtt::disconnect(0x8b, "go"), Vec::new()] {
        let (port, count) = counted(move |mut peer| {
            let (one, two) = (peer.request().unwrap(), peer.request().unwrap());
            let replies = [peer.reply(1, &one.request_id()), peer.reply(2, &two.request_id())];
            peer.answer(&[mqtt::puback(one.id(), 0), replies.concat(), end.clone()].concat())
                .unwrap();
            hang_up(peer);
        });
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port).patience(2, 1, 1);
        let ended = bench.run(&config, &images(2)).expect(0);
        assert_eq!(ended.messages().len(), 2);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn refusals_are_not_lost_with_the_connection_and_wait_for_nothing() {
    let (port, count) = counted(|mut peer| {
        let ids = [peer.request().unwrap().id(), peer.request().unwrap().id()];
        peer.answer(&ids.map(|id| mqtt::puback(id, 0x87)).concat()).unwrap();
        hang_up(peer);
    });
    let bench = Protocol::Mqtt.bench();
    let ended = bench.run(&peer::alone(&bench, port).patience(20, 2, 2), &images(2)).expect(77);
    ended
        .says("not authorized (0x87)")
        .says(": refused; running again can help once that is fixed");
    took_between(&ended, 0.0, 10.0);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// Only the first outcome of a request counts, whatever the broker says later.
#[test]
fn an_outcome_after_the_first_one_changes_nothing() {
    for code in [0x10, 0x80, 0x87, 0x91, 0x97] {
        let (port, count) = counted(move |mut peer| {
            let asked = peer.request().unwrap();
            let again = [mqtt::puback(asked.id(), 0), mqtt::puback(asked.id(), code)].concat();
            peer.answer(&[again, peer.reply(1, &asked.request_id())].concat()).unwrap();
            peer::swallow(peer.stream);
        });
        let bench = Protocol::Mqtt.bench();
        let ended = bench.run(&peer::alone(&bench, port).patience(2, 1, 1), &images(1)).expect(0);
        assert!(!ended.reported().contains("(0x"), "{}", ended.stderr);
        assert_eq!(count.load(Ordering::SeqCst), 1, "{code:x}");
    }
}

/// What a broker does with each request before it hangs up. No connection brings the run further.
#[test]
fn a_broker_that_always_hangs_up_makes_no_endless_run() {
    for (name, code) in [
        ("without an answer", None),
        ("accepted", Some(0)),
        ("no subscriber", Some(0x10)),
        ("queue full", Some(0x83)),
        ("identifier in use", Some(0x91)),
    ] {
        let (port, count) = counted(move |mut peer| {
            if let Ok(asked) = peer.request() {
                let _ = peer.answer(&code.map_or(vec![], |code| mqtt::puback(asked.id(), code)));
            }
            hang_up(peer);
        });
        let bench = Protocol::Mqtt.bench();
        // The deadline only ends the test if the run does not end by itself.
        let config = peer::alone(&bench, port).patience(1, 1, 1).set("deadline", "20");
        let ended = bench.run(&config, &images(2)).expect(75);
        took_between(&ended, 0.5, 8.0);
        let connections = count.load(Ordering::SeqCst);
        assert!((2..30).contains(&connections), "{name}: {connections} connections");
    }
}

/// They have been waiting, and come with the answer to the SUBSCRIBE, before any request is sent. What a window would
/// report at its end is reported too if the run ends before that.
#[test]
fn malformed_replies_before_the_first_request_are_counted_however_the_run_ends() {
    for (is_answered, key, status) in
        [(false, "retries", 75), (false, "deadline", 124), (true, "retries", 0)]
    {
        let (port, _) = peer::listen(move |stream| {
            let mut peer = mqtt::Peer::connected(stream).unwrap();
            let subscribe = peer.subscribe().unwrap();
            let waiting: Vec<_> = (1..=12).flat_map(|id| peer.message(id, b"no JSON")).collect();
            peer.answer(&[waiting, mqtt::suback(subscribe.id(), 1)].concat()).unwrap();
            let mut acknowledged = Vec::new();
            let asked = loop {
                let packet = peer.packet().unwrap();
                match packet.kind() {
                    mqtt::kind::PUBACK => acknowledged.push(packet.id()),
                    mqtt::kind::PUBLISH => break packet,
                    _ => {}
                }
            };
            assert!(acknowledged.into_iter().eq(1..=12), "before the request, and in order");
            if is_answered {
                let _ = peer.answer(&peer.reply(13, &asked.request_id()));
            }
            peer::swallow(peer.stream);
        });
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port).patience(2, 1, 1).set(key, "1");
        let ended = bench.run(&config, &images(1)).expect(status);
        ended.says_once("further replies rejected: 2");
    }
}

/// The broker takes one request at a time (Receive Maximum) and acknowledges none: the second one cannot be sent.
#[test]
fn without_an_acknowledgement_each_cycle_takes_its_window() {
    let (tell, told) = mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = mqtt::Peer::subscribed_with(stream, &[0x21, 0, 1]).unwrap();
        let _ = tell.send(std::iter::from_fn(|| peer.request().ok()).count());
    });
    let bench = Protocol::Mqtt.bench();
    let ended = bench.run(&peer::alone(&bench, port).patience(1, 1, 2), &images(3)).expect(75);
    assert_eq!(told.recv_timeout(LONG), Ok(1));
    // A second of sending and one of waiting in each.
    took_between(&ended, 4.0, 9.0);
    ended.says("the request was not sent").says("the broker never confirmed the request");
}

/// It sends no PINGREQ while it is stopped, and so the broker drops it, but not its session.
#[test]
fn a_client_that_was_stopped_for_longer_than_the_keep_alive_goes_on_in_its_session() {
    let bench = bench_with("delay=4s@request=2", |options| {
        options.mqtt_broker.keep_alive = Some(1);
    });
    let running = bench.program(&bench.config(), &images(2)).with_usual_signals().start();
    bench.sandbox.wait_for(LONG, |record| record.requests.len() == 2).unwrap();
    signal("STOP", running.id());
    let is_dropped = |record: &Record| record.connections[0].closed.is_some();
    bench.sandbox.wait_for(LONG, is_dropped).unwrap();
    signal("CONT", running.id());
    let ended = running.wait().expect(0);
    ended.says_once("connecting again");
    assert_eq!(bench.record().arrivals(), [1; 2]);
}

/// Bytes of a message that is skipped because it is too large bring nothing; those of another one are waited for.
#[test]
fn a_message_that_trickles_in_holds_up_a_window_only_if_it_can_be_a_reply() {
    for (size, from, to) in [(2_000_000, 1.0, 4.0), (900_000, 4.0, 15.0)] {
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = mqtt::Peer::subscribed(stream) else { return };
            let _ = peer.request();
            let _ = peer.answer(&mqtt::header(mqtt::publish_first(0), size));
            let (_keep, pause) = mpsc::channel::<()>();
            // For about five seconds.
            for _ in 0..50 {
                let _ = pause.recv_timeout(Duration::from_millis(100));
                if peer.answer(&[0]).is_err() {
                    break;
                }
            }
            peer::swallow(peer.stream);
        });
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port).patience(1, 1, 1);
        let config = config.set("max_message_size", "1000000");
        let ended = bench.run(&config, &images(1)).expect(75);
        took_between(&ended, from, to);
    }
}
