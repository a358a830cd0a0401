//! Connections that end without a word, at each place: the error says what it may have been.

use super::{bench, one_window};
use crate::harness::{images, took_between};

/// Once: nothing is lost.
#[test]
fn an_end_at_any_place_loses_nothing() {
    for place in ["connect", "receiver", "request=1", "request=2", "request=3", "acknowledgement"] {
        let bench = bench(&format!("cut@{place}@connection=1"));
        let ended = bench.run(&bench.config(), &images(3)).expect(0);
        assert_eq!(ended.present(), [true; 3], "{place}");
        let record = bench.record();
        // All replies may have come with the first acknowledgement.
        let least = if place == "acknowledgement" { 1 } else { 2 };
        assert!((least..=2).contains(&record.connections.len()), "{place}");
        assert!(record.arrivals().iter().all(|times| *times <= 2), "{place}");
    }
}

#[test]
fn an_end_after_the_connect_names_3_1_1() {
    let bench = bench("cut@connect");
    let ended = bench.run(&one_window(&bench), &images(2)).expect(69);
    took_between(&ended, 1.0, 5.0);
    ended.says_once("the broker hung up").says_once("speak only MQTT 3.1.1");
}

#[test]
fn an_end_after_the_subscribe_names_the_permission_to_read() {
    let bench = bench("cut@receiver");
    let ended = bench.run(&one_window(&bench), &images(2)).expect(69);
    took_between(&ended, 1.0, 5.0);
    ended.says("the client may have no permission to read from \"VirtualTopic.sandbox.reply\"");
    assert!(bench.record().requests.is_empty());
}

#[test]
fn an_end_after_a_request_names_the_permission_to_write() {
    let bench = bench("cut@request=1");
    let ended = bench.run(&bench.config(), &images(2)).expect(0);
    ended.says("the client may have no permission to write to \"VirtualTopic.sandbox.sign\"");
}

/// A request that ends three connections in a row fails by name; the others are signed.
#[test]
fn a_request_that_ends_connections_fails_and_the_others_are_signed() {
    for end in ["cut", "disconnect=0x95,too-large", "disconnect=0x99,odd"] {
        for poison in 0..3 {
            let bench = bench(&format!("{end}@contains=sha256:{poison:064x}"));
            let ended = bench.run(&bench.config(), &images(3)).expect(75);
            let expected = [0, 1, 2].map(|index| index != poison);
            assert_eq!(ended.present(), expected, "{end} {poison}:\n{}", ended.stderr);
            ended.says(&format!(
                "registry.example.com/ns/app:{poison} sha256:{poison:064x} key ABCD1234: not accepted by the broker: 3 connections in a row ended while"
            ));
            let record = bench.record();
            assert!(record.arrivals().into_iter().max() <= Some(3), "{:?}", record.arrivals());
            // The session is another one then: the broker would get the request again in the old one.
            let last = record.connections.last().unwrap().mqtt.clone().unwrap();
            assert!(last.clean_start || record.connections.len() > 4);
        }
    }
}

/// The topic may be forbidden: with one request it only says so, since the request itself may be to blame.
#[test]
fn the_only_request_that_ends_connections_fails_with_the_permission_as_a_reason() {
    let bench = bench("cut@from=1");
    let ended = bench.run(&bench.config().patience(9, 1, 1), &images(1)).expect(75);
    took_between(&ended, 0.0, 8.0);
    ended.says_once("not accepted by the broker: 3 connections in a row ended while this request was the oldest one that was not acknowledged; the client may have no permission to write to \"VirtualTopic.sandbox.sign\"; running again may not help");
    assert_eq!(bench.record().connections.len(), 4);
}

/// What two requests have in common is the topic. For what may have arrived of the others the window is finished.
#[test]
fn a_broker_that_hangs_up_at_every_request_refuses_the_topic() {
    for count in [2, 30] {
        let bench = bench("cut@from=1");
        let ended = bench.run(&bench.config().patience(15, 3, 3), &images(count)).expect(77);
        took_between(&ended, 0.0, 60.0);
        ended.says_once("sending to \"VirtualTopic.sandbox.sign\" refused: the broker hung up 3 times in a row at each of two requests, and has acknowledged none");
        ended.says_once("check topic_send_to, and that the client's identity may write to it");
        assert_eq!(bench.record().connections.len(), 7);
    }
}

/// The broker has acknowledged another request, or says why: each fails by its name, and the others are signed.
#[test]
fn two_requests_that_end_connections_are_no_refusal_of_the_topic() {
    let poison = |end: &str, place| format!("{end}@contains=sha256:{place:064x}");
    for (end, places) in [("cut", [1, 2]), ("disconnect=0x99,odd", [0, 1])] {
        let bench = bench(&places.map(|place| poison(end, place)).join(" "));
        let ended = bench.run(&bench.config().patience(30, 1, 1), &images(4)).expect(75);
        let expected = [0, 1, 2, 3].map(|place| !places.contains(&place));
        assert_eq!(ended.present(), expected, "{end} {places:?}:\n{}", ended.stderr);
    }
}

/// So Artemis says that an address is full: the request is sent again in the next window, and the others are signed.
#[test]
fn a_request_that_ends_connections_for_a_reason_that_passes_is_sent_again() {
    let full = format!("disconnect=0x83,full@contains=sha256:{:064x}", 0);
    let passing = [1, 2, 3].map(|connection| format!("{full}@connection={connection}")).join(" ");
    let again = bench(&passing);
    let ended = again.run(&again.config().patience(2, 2, 1), &images(3)).expect(0);
    assert_eq!(ended.present(), [true; 3]);
    assert_eq!(again.record().connections.len(), 4);
    let never = bench(&full);
    let ended = never.run(&never.config().patience(2, 2, 1), &images(3)).expect(75);
    assert_eq!(ended.present(), [false, true, true], "{}", ended.stderr);
    ended.says_once("not accepted by the broker: implementation specific error (0x83): full; running again can help");
}

/// A reply that is read and acknowledged ends the connection each time: it is not asked for again.
#[test]
fn an_end_after_each_acknowledgement_makes_progress() {
    let bench = bench("cut@acknowledgement");
    let ended = bench.run(&bench.config(), &images(4)).expect(0);
    assert_eq!(ended.present(), [true; 4]);
}

/// RabbitMQ and AWS do so if the topic is forbidden: the run ends with its windows, however many requests there are.
#[test]
fn a_broker_that_hangs_up_at_every_request_is_not_tried_for_each_of_them() {
    for most in ["2", "500"] {
        let bench = bench("cut@contains=sha256");
        let config = one_window(&bench).set("mqtt_max_open", most);
        let ended = bench.run(&config, &images(30)).expect(75);
        let connections = bench.record().connections.len();
        assert!((3..30).contains(&connections), "{connections}: {}", ended.stderr);
    }
}
