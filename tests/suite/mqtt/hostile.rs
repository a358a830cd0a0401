//! Brokers made by hand: what they say last counts, and none keeps a run alive.

use std::{
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    harness::{Protocol, images, took_between},
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

/// They have been waiting, and come with the answer to the SUBSCRIBE, before any request is sent.
#[test]
fn malformed_replies_before_the_first_request_are_counted_and_acknowledged() {
    let (port, _) = peer::listen(move |stream| {
        let mut peer = mqtt::Peer::connected(stream).unwrap();
        let subscribe = peer.subscribe().unwrap();
        let waiting: Vec<_> = (1..=12).flat_map(|id| peer.message(id, b"no JSON")).collect();
        peer.answer(&[waiting, mqtt::suback(subscribe.id(), 1)].concat()).unwrap();
        for id in 1..=12 {
            assert_eq!(peer.await_packet(mqtt::kind::PUBACK).unwrap().id(), id);
        }
        peer::swallow(peer.stream);
    });
    let bench = Protocol::Mqtt.bench();
    let config = peer::alone(&bench, port).patience(1, 1, 1);
    let ended = bench.run(&config, &images(1)).expect(75);
    ended.says_once("further replies rejected: 2");
}
