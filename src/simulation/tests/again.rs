//! What becomes of a request that was accepted, or may have arrived, because of a later sending of it: nothing.

use super::*;

over_both!(
    a_request_that_was_accepted_survives_a_next_broker_that_finds_it_too_large,
    a_request_that_was_in_doubt_survives_whatever_becomes_of_a_later_sending,
);

/// The second cycle asks again by another broker; the signing server answers the first sending later.
fn answered_late(arrival: &Arrival) -> Treatment {
    match arrival.repetition {
        0 => replied_after(90 * SECOND),
        _ => Treatment::default(),
    }
}

/// The first connection ends before the second cycle, and the second is like that.
fn second(protocol: Protocol, plan: impl Fn() -> ConnectionPlan + 'static) -> Bench {
    let connections = move |_, number| match number {
        0 => with_fault(Trigger::After(30 * SECOND), Fault::Cut(End::Eof)),
        _ => plan(),
    };
    over(protocol).patience(60, 1, 3).connections(connections)
}

fn a_request_that_was_accepted_survives_a_next_broker_that_finds_it_too_large(protocol: Protocol) {
    let plan = || ConnectionPlan {
        max_message_size: Some(100),
        mqtt: MqttPlan { max_packet: Some(100), ..MqttPlan::default() },
        ..ConnectionPlan::default()
    };
    let ended = second(protocol, plan).requests(answered_late).expect(0);
    ended.took(90);
    assert_eq!(ended.times_sent(), [1; 3]);
}

/// Refused at its attach, or detached when the request comes again: the window is finished, with all replies in it.
#[test]
fn a_request_that_was_accepted_survives_a_sender_that_is_refused_later() {
    let refused =
        || ConnectionPlan { sender: Answer::Refuses(REFUSALS[0]), ..ConnectionPlan::default() };
    let in_time = |_: &Arrival| replied_after(50 * SECOND);
    let bench = second(Protocol::Amqp, refused).set(|settings| settings.sender_target = "address");
    bench.requests(in_time).expect(0).took(50);
    let detached = || with_fault(Trigger::AtRequest(0), Fault::DetachSender(REFUSALS[0]));
    second(Protocol::Amqp, detached).requests(answered_late).expect(0).took(90);
}

/// The same over MQTT, where the answer to a request says so.
#[test]
fn a_request_that_was_accepted_survives_an_answer_that_forbids_to_send() {
    let treatment = |arrival: &Arrival| match arrival.repetition {
        0 => replied_after(90 * SECOND),
        _ => puback(0x87),
    };
    let ended = second(Protocol::Mqtt, ConnectionPlan::default).requests(treatment).expect(0);
    ended.took(90);
    assert!(ended.times_sent().contains(&2), "{:?}", ended.times_sent());
}

/// Without a word of the broker: what was on the wire may have arrived.
fn a_request_that_was_in_doubt_survives_whatever_becomes_of_a_later_sending(protocol: Protocol) {
    let outcomes = match protocol {
        Protocol::Amqp => vec![
            Outcome::Rejected(Condition::new("amqp:resource-limit-exceeded")),
            Outcome::Modified { undeliverable_here: true },
            Outcome::Released,
            Outcome::Forgotten,
        ],
        Protocol::Mqtt => {
            [0x10, 0x80, 0x83, 0x87, 0x97, 0x99].map(|code| puback(code).outcome).to_vec()
        }
    };
    for outcome in outcomes {
        let treatment = move |arrival: &Arrival| match arrival.repetition {
            0 => Treatment { outcome: Outcome::Never, ..replied_after(45 * SECOND) },
            _ => given(outcome),
        };
        let ended = second(protocol, ConnectionPlan::default).requests(treatment).expect(0);
        ended.took(45);
        assert_eq!(ended.times_sent(), [2; 3], "{outcome:?}");
    }
    let large = || ConnectionPlan {
        max_message_size: Some(100),
        mqtt: MqttPlan { max_packet: Some(100), ..MqttPlan::default() },
        ..ConnectionPlan::default()
    };
    let treatment =
        |_: &Arrival| Treatment { outcome: Outcome::Never, ..replied_after(45 * SECOND) };
    second(protocol, large).requests(treatment).expect(0).took(45);
}

/// There is no credit in the second cycle: its window is waited, for the reply to the first.
#[test]
fn a_cycle_that_sends_nothing_waits_for_what_was_accepted_before() {
    for outcome in [Outcome::Accepted, Outcome::Never] {
        for is_lost in [true, false] {
            let treatment = move |_: &Arrival| Treatment { outcome, ..replied_after(170 * SECOND) };
            let cut = Trigger::After(30 * SECOND);
            let plan = move |_, number| ConnectionPlan {
                credit: if number == 0 { Credit::TakenBack(1, 9 * HOUR) } else { Credit::Never },
                fault: is_lost.then_some((cut, Fault::Cut(End::Eof))).filter(|_| number == 0),
                ..ConnectionPlan::default()
            };
            let bench = Bench::new().items(1).patience(60, 1, 2).connections(plan);
            bench.requests(treatment).expect(0).took(170);
        }
    }
}
