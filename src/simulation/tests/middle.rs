//! Connections that end in the middle, and what goes on over them.

use super::*;

over_both!(
    a_connection_that_was_of_use_is_made_again_without_a_pause,
    a_broker_that_takes_and_drops_connections_makes_no_hot_loop,
    a_broker_that_is_gone_is_tried_in_every_later_window,
    the_cycle_and_its_clock_go_on_over_reconnects,
    without_an_idle_timeout_silence_is_no_loss,
);

/// Only an outcome or a reply makes the pauses short again; here there is one before each cut.
fn a_connection_that_was_of_use_is_made_again_without_a_pause(protocol: Protocol) {
    let plan = |_, _| ConnectionPlan {
        credit: Credit::Sparse(1),
        mqtt: MqttPlan { receive_maximum: Some(1), ..MqttPlan::default() },
        ..with_fault(Trigger::AtRequest(2), Fault::Cut(End::Eof))
    };
    let ended = over(protocol).items(30).connections(plan).expect(0);
    assert!(ended.connections() >= 15, "{} connections", ended.connections());
    // Pauses that double would be 0.1 s to 10 s, in all.
    assert!(ended.took < 5 * SECOND, "{:?}", ended.took);
}

/// A connection alone is no progress.
fn a_broker_that_takes_and_drops_connections_makes_no_hot_loop(protocol: Protocol) {
    // Over MQTT a request that ends three connections is given up.
    let later = match protocol {
        Protocol::Amqp => Trigger::AtRequest(0),
        Protocol::Mqtt => Trigger::ToClient(9),
    };
    let plan = move |_, number| match number {
        0 => with_fault(Trigger::AtRequest(0), Fault::Cut(End::Eof)),
        _ => with_fault(later, Fault::Cut(End::Eof)),
    };
    let ended = over(protocol).patience(3600, 4, 1).items(1).connections(plan).expect(75);
    ended.took(4 * 3600);
    let connections = ended.connections();
    // Pauses up to 10 s, shortened at random by a half at most.
    assert!((1400..=3000).contains(&connections), "{connections} connections in 4 h");
}

/// A pause that is longer than what is left of a window goes on in the next.
fn a_broker_that_is_gone_is_tried_in_every_later_window(protocol: Protocol) {
    let plan = |_, number| match number {
        0 => with_fault(Trigger::AtRequest(0), Fault::Cut(End::Eof)),
        _ => ConnectionPlan {
            reach: Reach::Fails(crate::error::Phase::Tcp),
            ..ConnectionPlan::default()
        },
    };
    let ended = over(protocol).patience(1, 60, 1).items(1).connections(plan).expect(75);
    ended.took(60);
    let last = ended.witness.connections.last().map(|connection| connection.since);
    assert!(last.is_some_and(|last| last > 49 * SECOND), "last tried at {last:?}");
    assert!((10..=20).contains(&ended.connections()), "{} attempts", ended.connections());
}

/// What was accepted is not sent again before its cycle is over, however often the connection is lost; and no new
/// connection begins the window again.
fn the_cycle_and_its_clock_go_on_over_reconnects(protocol: Protocol) {
    for cycles in [1, 2, 5] {
        let plan = |_, _| with_fault(Trigger::After(10 * SECOND), Fault::Cut(End::Eof));
        let bench = over(protocol).patience(600, 1, cycles).items(1).connections(plan);
        let ended = bench.requests(|_| given(Outcome::Accepted)).expect(75);
        ended.took(600 * cycles);
        assert!(ended.connections() > 20, "{} connections", ended.connections());
        assert_eq!(ended.times_sent(), [cycles as usize]);
    }
}

/// Off, the client asks for no heartbeats, and only the end of the window ends the wait.
fn without_an_idle_timeout_silence_is_no_loss(protocol: Protocol) {
    for (idle_timeout, connections) in [(0, 1), (30, 2)] {
        let plan = |_, number| match number {
            0 => with_fault(Trigger::AtRequest(2), Fault::Silence),
            _ => ConnectionPlan::default(),
        };
        let bench = over(protocol).patience(3600, 1, 1).connections(plan);
        let bench = bench.set(|settings| settings.idle_timeout = idle_timeout);
        let ended = bench.requests(|_| given(Outcome::Accepted)).expect(75);
        assert_eq!(ended.connections(), connections, "idle_timeout {idle_timeout}");
    }
}

/// A broker that is silent for longer than its own idle timeout allows the client, and hears from it.
#[test]
fn heartbeats_keep_a_silent_connection() {
    let plan = |_, _| ConnectionPlan {
        idle_timeout: Some(SECOND),
        heartbeats: false,
        ..ConnectionPlan::default()
    };
    let bench = Bench::new().patience(3600, 1, 1).set(|settings| settings.idle_timeout = 0);
    let bench = bench.connections(plan);
    let ended = bench.requests(|_| given(Outcome::Accepted)).expect(75);
    ended.took(3600);
    assert_eq!(ended.connections(), 1);
    assert!(!ended.witness.kinds.contains("the broker misses a heartbeat"));
}
