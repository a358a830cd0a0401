//! Sessions that outlive their connection, and those that do not (MQTT 5.0, 4.1 and 4.4).

use super::*;

/// No answer to the first sending of a request.
fn unanswered(arrival: &Arrival) -> Treatment {
    if arrival.repetition == 0 { given(Outcome::Never) } else { Treatment::default() }
}

#[test]
fn what_is_not_acknowledged_goes_out_again_in_its_session() {
    for most in [1, 2, 5, 65_535] {
        let mqtt = MqttPlan { receive_maximum: Some(most), ..MqttPlan::default() };
        let plan = then(Trigger::After(SECOND), Fault::Cut(End::Eof), mqtt);
        let ended = bench().items(5).connections(plan).requests(unanswered).expect(0);
        ended.took(1);
        assert_eq!(ended.again(), [0, 1, 2, 3, 4], "within {most}");
        assert_eq!(ended.times_sent(), [2; 5], "within {most}");
    }
}

/// A sending that had its answer is not repeated, whatever the order of the answers.
#[test]
fn what_is_acknowledged_does_not_go_out_again() {
    let treatment = |arrival: &Arrival| match (arrival.request, arrival.repetition) {
        (1 | 4, 0) => given(Outcome::Never),
        (0, 0) => Treatment { delay: SECOND / 2, ..replied_after(2 * SECOND) },
        _ => replied_after(2 * SECOND),
    };
    let plan = then(Trigger::After(SECOND), Fault::Cut(End::Reset), MqttPlan::default());
    let ended = bench().items(6).connections(plan).requests(treatment).expect(0);
    assert_eq!((ended.again(), ended.times_sent()), (vec![1, 4], vec![1, 2, 1, 1, 2, 1]));
}

/// It does so even if the request is answered meanwhile: the broker may wait for it.
#[test]
fn what_is_answered_but_not_acknowledged_goes_out_again() {
    let treatment = |arrival: &Arrival| match arrival.request {
        0 if arrival.repetition == 0 => {
            Treatment { outcome: Outcome::Never, ..Treatment::default() }
        }
        _ => replied_after(2 * SECOND),
    };
    let plan = then(Trigger::After(SECOND), Fault::Cut(End::Eof), MqttPlan::default());
    let ended = bench().connections(plan).requests(treatment).expect(0);
    assert_eq!((ended.again(), ended.times_sent()), (vec![0], vec![2, 1, 1]));
}

#[test]
fn without_its_session_it_goes_out_as_new() {
    let mqtt = MqttPlan { forgets: true, ..MqttPlan::default() };
    let plan = then(Trigger::After(SECOND), Fault::Cut(End::Eof), mqtt);
    let ended = bench().connections(plan).requests(unanswered).expect(0);
    ended.took(1);
    assert_eq!((ended.again(), ended.times_sent()), (vec![], vec![2; 3]));
    assert!(ended.has_seen("session: lost"));
}

/// Replies that come while there is no connection wait in the session.
#[test]
fn replies_wait_in_the_session() {
    let down = |_, number| match number {
        0 => with_fault(Trigger::After(SECOND), Fault::Cut(End::Eof)),
        1..6 => {
            let reach = Reach::Fails(crate::error::Phase::Tcp);
            ConnectionPlan { reach, ..ConnectionPlan::default() }
        }
        _ => ConnectionPlan::default(),
    };
    let ended = bench().connections(down).requests(|_| replied_after(SECOND * 3 / 2)).expect(0);
    assert_eq!((ended.times_sent(), ended.answered()), (vec![1; 3], vec![true; 3]));
    assert!(ended.took < 10 * SECOND, "{:?}", ended.took);
}

/// A session that is lost takes them along: the next cycle asks again.
#[test]
fn replies_that_are_lost_with_a_session_are_asked_for_again() {
    let mqtt = MqttPlan { forgets: true, ..MqttPlan::default() };
    let plan = then(Trigger::After(SECOND), Fault::Cut(End::Eof), mqtt);
    let treatment = |arrival: &Arrival| match arrival.repetition {
        // Before the client is back.
        0 => replied_after(SECOND),
        _ => Treatment::default(),
    };
    let ended = bench().patience(60, 1, 2).connections(plan).requests(treatment).expect(0);
    ended.took(60);
    assert_eq!(ended.times_sent(), [2; 3]);
}

/// A broker keeps a session for a shorter time than the client asks for, and says so.
#[test]
fn a_session_that_expires_is_a_session_that_is_lost() {
    for (expiry, seen) in [(0, "session: lost"), (3600, "session: goes on")] {
        let mqtt = MqttPlan { expiry: Some(expiry), ..MqttPlan::default() };
        let plan = move |_, number| match number {
            0 => ConnectionPlan {
                fault: Some((Trigger::After(SECOND), Fault::Cut(End::Eof))),
                ..broker(mqtt.clone())
            },
            _ => broker(mqtt.clone()),
        };
        let ended = bench().connections(plan).requests(unanswered).expect(0);
        assert!(ended.has_seen(seen), "{expiry} s");
    }
}

/// A broker that goes on with a session that the client did not ask for has another one in mind.
#[test]
fn a_session_that_the_client_does_not_know_is_not_used() {
    let plan = |_, number| broker(MqttPlan { invents: number == 0, ..MqttPlan::default() });
    let ended = bench().connections(plan).expect(0);
    assert_eq!((ended.connections(), ended.again(), ended.times_sent()), (2, vec![], vec![1; 3]));
}

/// Each broker has a session of its own: what one has not acknowledged is new to the other.
#[test]
fn each_broker_has_its_own_session() {
    let plan = |_, number| match number {
        0 => with_fault(Trigger::After(SECOND), Fault::Cut(End::Eof)),
        _ => ConnectionPlan::default(),
    };
    let treatment = |arrival: &Arrival| match arrival.repetition {
        0..2 => given(Outcome::Never),
        _ => Treatment::default(),
    };
    let ended = bench().brokers(2).cluster().connections(plan).requests(treatment).expect(0);
    let brokers: Vec<_> = ended.witness.connections.iter().map(|seen| seen.broker).collect();
    assert_eq!((brokers, ended.again()), (vec![0, 1, 0], vec![0, 1, 2]));
}

/// At every byte in both directions, in order or by a reset, with the session or without it: nothing is lost.
#[test]
fn a_cut_at_any_byte_loses_nothing() {
    let sides: [fn(u64) -> Trigger; 2] = [Trigger::ToClient, Trigger::ToBroker];
    for side in sides {
        for how in [End::Eof, End::Reset] {
            for forgets in [false, true] {
                for position in (0..2400).step_by(7) {
                    let mqtt = MqttPlan { forgets, ..MqttPlan::default() };
                    let plan = then(side(position), Fault::Cut(how), mqtt);
                    let bench = bench().patience(60, 1, 2).connections(plan);
                    let ended = bench.expect(0);
                    ended.took(if ended.took < SECOND { 0 } else { 60 });
                    let most = if forgets { 60 * SECOND } else { SECOND };
                    assert!(ended.took < most + SECOND, "{position}: {:?}", ended.took);
                }
            }
        }
    }
}

/// What was begun on the last connection is not continued on the next one, and comes again as a whole.
#[test]
fn half_a_request_is_not_continued_on_another_connection() {
    let plan = |_, number| match number {
        0 => ConnectionPlan {
            socket: 4096,
            ..with_fault(Trigger::ToBroker(20_000), Fault::Cut(End::Eof))
        },
        _ => ConnectionPlan { socket: 4096, ..ConnectionPlan::default() },
    };
    let ended = bench().blobs(60_000).connections(plan).expect(0);
    assert_eq!(ended.times_sent(), [1; 3]);
}

/// A broker that says that a packet id is in use has another session in mind: the request goes out in a new one.
#[test]
fn a_packet_id_that_is_in_use_leads_to_a_new_session() {
    let treatment = |arrival: &Arrival| match arrival.repetition {
        0 if arrival.request == 1 => puback(0x91),
        _ => replied_after(SECOND),
    };
    let ended = bench().connections(|_, _| ConnectionPlan::default()).requests(treatment);
    let ended = ended.patience(60, 1, 2).expect(0);
    assert_eq!((ended.connections(), ended.again()), (2, vec![]));
}

/// Over MQTT 3.1.1 there is no time after which a session ends: the client has none.
#[test]
fn version_3_1_1_has_no_session() {
    let bench = || bench().set(|settings| settings.version = "3.1.1");
    assert_eq!(bench().expect(0).times_sent(), [1; 3]);
    let plan = then(Trigger::After(SECOND), Fault::Cut(End::Eof), MqttPlan::default());
    let ended = bench().connections(plan).requests(unanswered).expect(0);
    assert_eq!((ended.again(), ended.times_sent()), (vec![], vec![2; 3]));
}

/// With a smaller limit than before what would go out again is too large: the session is given up.
#[test]
fn what_has_become_too_large_is_not_sent_again() {
    let mqtt = MqttPlan { max_packet: Some(1000), ..MqttPlan::default() };
    let plan = then(Trigger::After(SECOND), Fault::Cut(End::Eof), mqtt);
    let ended = bench().items(1).blobs(3000).connections(plan).requests(unanswered).expect(75);
    assert_eq!(ended.times_sent(), [1]);
}
