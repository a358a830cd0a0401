//! How many requests may be on their way, and who must be heard how often.

use super::*;

/// Whatever the broker allows, all is sent once. The oracle counts what is on its way in every run.
#[test]
fn every_receive_maximum_is_kept_to() {
    for receive_maximum in [None, Some(1), Some(2), Some(5), Some(65_535)] {
        for delay in [Duration::ZERO, SECOND] {
            let mqtt = MqttPlan { receive_maximum, ..MqttPlan::default() };
            let plan = move |_, _| broker(mqtt.clone());
            let slow = move |_: &Arrival| Treatment { delay, ..Treatment::default() };
            let ended = bench().items(12).connections(plan).requests(slow).expect(0);
            assert_eq!(ended.times_sent(), [1; 12], "{receive_maximum:?}");
        }
    }
}

/// RabbitMQ refuses before it acknowledges what came earlier.
#[test]
fn acknowledgements_may_come_in_any_order() {
    let treatment = |arrival: &Arrival| Treatment {
        delay: SECOND * (12 - arrival.request as u32),
        ..replied_after(20 * SECOND)
    };
    let mqtt = MqttPlan { receive_maximum: Some(4), ..MqttPlan::default() };
    let ended = bench()
        .items(12)
        .connections(move |_, _| broker(mqtt.clone()))
        .requests(treatment)
        .expect(0);
    assert_eq!(ended.times_sent(), [1; 12]);
}

/// A queue of the signing server's that takes no more is never filled by the client: it drops in silence.
#[test]
fn no_more_requests_are_open_than_the_settings_allow() {
    for most in [1, 2, 5] {
        let slow = |_: &Arrival| replied_after(SECOND);
        let bench = bench().set(|settings| settings.max_open = most).items(12);
        let ended = bench.requests(slow).expect(0);
        assert_eq!(ended.times_sent(), [1; 12]);
        ended.took(u64::from(12_u32.div_ceil(most)));
    }
}

/// What a full queue has dropped is asked for again in the next cycle, and only that.
#[test]
fn what_is_accepted_and_dropped_in_silence_is_sent_again_in_the_next_cycle() {
    let dropped = |arrival: &Arrival| match (arrival.request, arrival.repetition) {
        (1, 0) => given(Outcome::Accepted),
        _ => Treatment::default(),
    };
    let ended = bench().patience(3600, 1, 2).requests(dropped).expect(0);
    ended.took(3600);
    assert_eq!(ended.times_sent(), [1, 2, 1]);
}

/// A request of many pieces, through a socket that takes little, a bit at a time.
#[test]
fn a_socket_that_takes_little_gets_all_of_it() {
    for (socket, chunk) in [(500, 100), (4096, 1), (70_000, 1000)] {
        let plan = move |_, _| ConnectionPlan { socket, chunk, ..ConnectionPlan::default() };
        let ended = bench().items(2).blobs(3000).connections(plan).expect(0);
        assert_eq!(ended.times_sent(), [1; 2]);
    }
}

/// Of the client's own idle timeout, or of the broker's keep alive if that is shorter, the broker is asked in time.
#[test]
fn a_silent_connection_is_kept() {
    for (idle_timeout, keep_alive) in [(0, Some(1)), (2, None), (30, Some(1)), (3600, Some(60))] {
        let mqtt = MqttPlan { keep_alive, ..MqttPlan::default() };
        let plan = move |_, _| broker(mqtt.clone());
        let bench = bench().patience(3600, 1, 1).connections(plan);
        let bench = bench.set(|settings| settings.idle_timeout = idle_timeout);
        let ended = bench.requests(|_| given(Outcome::Accepted)).expect(75);
        ended.took(3600);
        assert_eq!(ended.connections(), 1);
        assert!(ended.has_seen("a PINGREQ") && !ended.has_seen("the broker misses a PINGREQ"));
    }
}

/// A client that only receives must be heard, too: of QoS 0 it acknowledges nothing.
#[test]
fn a_connection_on_which_only_replies_move_is_kept() {
    let suback = Suback::Grants(0);
    let mqtt = MqttPlan { keep_alive: Some(2), suback, ..MqttPlan::default() };
    let later = |arrival: &Arrival| Treatment {
        replies: (1..=40).map(|time| (SECOND * time / 2, Reply::NotYet)).collect(),
        ..given(if arrival.request == 0 { Outcome::Accepted } else { Outcome::Never })
    };
    let plan = move |_, _| broker(mqtt.clone());
    let ended = bench().patience(30, 1, 1).connections(plan).requests(later).expect(75);
    assert_eq!(ended.connections(), 1);
}

/// A broker that answers no PINGREQ does not wait in vain for the next one; it is given up when the client's own time is
/// over.
#[test]
fn a_broker_that_answers_nothing_still_hears_of_the_client() {
    let plan = |_, number| ConnectionPlan {
        heartbeats: number > 0,
        ..broker(MqttPlan { keep_alive: Some(1), ..MqttPlan::default() })
    };
    let bench = bench().patience(60, 1, 1).connections(plan);
    let ended = bench.requests(|_| given(Outcome::Accepted)).expect(75);
    assert_eq!(ended.connections(), 2);
    assert!(!ended.has_seen("the broker misses a PINGREQ"));
    let left = ended.witness.connections[0].left.map(|(at, _)| at.as_secs());
    assert!(left.is_some_and(|at| (29..=31).contains(&at)), "{left:?}");
}

/// The peer neither reads nor answers any more, and its connection stays.
#[test]
fn a_peer_that_vanishes_at_any_request_is_noticed() {
    for idle_timeout in [2, 30, 3600] {
        for request in 0..3 {
            let plan = first_with(Trigger::AtRequest(request), Fault::Silence);
            let bench = bench().patience(4 * 3600, 1, 1).brokers(2).cluster().connections(plan);
            let ended = bench.set(|settings| settings.idle_timeout = idle_timeout).expect(0);
            ended.took(idle_timeout);
        }
    }
}
