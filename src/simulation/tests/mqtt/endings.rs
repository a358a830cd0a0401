//! Connections that end because of a request, or for no reason that is said.

use super::*;

/// The ways in which a broker ends a connection that a request is to blame for.
const WAYS: [fn() -> Fault; 4] =
    [|| Fault::Cut(End::Eof), || Fault::Cut(End::Reset), || disconnect(0x81), || disconnect(0x95)];

fn poison(arrival: &Arrival, request: usize, way: fn() -> Fault) -> Treatment {
    if arrival.request == request {
        Treatment { ends: Some(way()), ..Treatment::default() }
    } else {
        Treatment::default()
    }
}

/// It fails by itself, wherever it stands; the others are signed.
#[test]
fn a_request_that_ends_every_connection_fails_alone() {
    for way in WAYS {
        for request in 0..4 {
            for receive_maximum in [Some(1), Some(3), Some(20)] {
                let mqtt = MqttPlan { receive_maximum, ..MqttPlan::default() };
                let plan = move |_, _| broker(mqtt.clone());
                let treatment = move |arrival: &Arrival| poison(arrival, request, way);
                let bench = bench().items(4).connections(plan);
                let ended = bench.requests(treatment).expect(75);
                assert_eq!(ended.answered(), [0, 1, 2, 3].map(|item| item != request));
                ended.took(ended.took.as_secs().min(3));
            }
        }
    }
}

/// Twice is an accident.
#[test]
fn a_request_that_ends_two_connections_is_sent_again() {
    for way in WAYS {
        let treatment = move |arrival: &Arrival| match arrival.repetition {
            0..2 => poison(arrival, 1, way),
            _ => Treatment::default(),
        };
        let ended = bench().requests(treatment).expect(0);
        assert_eq!(ended.answered(), [true; 3]);
    }
}

/// A broker that is shut down, or throws the client out, again and again: no request is to blame for that.
#[test]
fn an_end_that_is_about_the_broker_is_no_request_s_fault() {
    for code in [0x89, 0x8b, 0x8d, 0x98, 0x9c, 0x9d, 0xa0] {
        let treatment = move |arrival: &Arrival| match arrival.repetition {
            0..6 => Treatment { ends: Some(disconnect(code)), ..Treatment::default() },
            _ => Treatment::default(),
        };
        let ended = bench().items(1).requests(treatment).expect(0);
        assert_eq!(ended.times_sent(), [7], "{code:#04x}");
    }
}

/// What follows them cannot be read.
#[test]
fn bytes_that_are_no_packets_end_the_connection() {
    for bytes in [
        &[0x30, 0xff, 0xff, 0xff, 0xff, 0x7f][..],
        &[0x36, 5, 0, 1, b'x', 0, 1],
        &[0x20, 3, 0, 0, 0],
    ] {
        let plan = first_with(Trigger::AtRequest(1), Fault::Garbage(bytes.to_vec()));
        let ended = bench().connections(plan).expect(0);
        assert_eq!(ended.connections(), 2, "{bytes:x?}");
        ended.took(0);
    }
}

/// Packets that only clients send, or that only other qualities of service have, and answers to what was not asked.
#[test]
fn what_the_client_has_no_use_for_is_ignored() {
    for bytes in [
        &[0; 40][..],
        &[0x10, 0],
        &[0x82, 6, 0, 1, 0, 1, b'x', 0],
        &[0xa2, 6, 0, 1, 0, 0, 1, b'x'],
        &[0xc0, 0],
        &[0x62, 2, 0, 1],
        &[0x50, 2, 0, 1],
        &[0x70, 2, 0, 1],
        &[0xb0, 4, 0, 1, 0, 0],
        &[0x40, 2, 0x99, 0x99],
        &[0x90, 4, 0x99, 0x99, 0, 1],
        &[0xd0, 0],
        // A message that has no room for its topic.
        &[0x32, 3, 0, 9, b'x'],
    ] {
        let mqtt = MqttPlan { odd: bytes.to_vec(), ..MqttPlan::default() };
        let ended = bench().connections(move |_, _| broker(mqtt.clone())).expect(0);
        assert_eq!((ended.connections(), ended.times_sent()), (1, vec![1; 3]), "{bytes:x?}");
    }
}
