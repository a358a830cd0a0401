//! What each reason code leads to.

use super::*;

/// It is sent again from the next window on.
#[test]
fn a_request_that_the_broker_has_no_place_for_is_sent_again() {
    for code in [0x10, 0x83, 0x97] {
        let full = move |arrival: &Arrival| match arrival.repetition {
            0 if arrival.request == 1 => puback(code),
            _ => Treatment::default(),
        };
        let ended = bench().patience(60, 2, 1).requests(full).expect(0);
        ended.took(60);
        assert_eq!(ended.times_sent(), [1, 2, 1], "{code:#04x}");
        let ended = bench().patience(60, 4, 2).requests(move |_| puback(code)).expect(75);
        ended.took(60 * 4 * 2);
        assert_eq!(ended.times_sent(), [8; 3], "{code:#04x}");
    }
}

/// With a Receive Maximum of 1 nothing follows it; what was accepted before is still waited for.
#[test]
fn a_refused_request_stops_the_sending() {
    for code in [0x87, 0x90] {
        for refused in 0..4 {
            let treatment = move |arrival: &Arrival| {
                if arrival.request == refused { puback(code) } else { replied_after(30 * SECOND) }
            };
            let one = MqttPlan { receive_maximum: Some(1), ..MqttPlan::default() };
            let bench = bench().items(5).connections(move |_, _| broker(one.clone()));
            let ended = bench.requests(treatment).expect(77);
            assert_eq!(ended.witness.sendings.len(), refused + 1, "{code:#04x}");
            assert_eq!(ended.answered(), [0, 1, 2, 3, 4].map(|item| item < refused));
            let shown = Condition::Code(Packet::Puback, code).shown();
            assert!(ended.words().contains(&*shown), "{}", ended.words());
        }
    }
}

#[test]
fn a_request_that_is_no_good_fails_alone() {
    for code in [0x80, 0x95, 0x99, 0x92, 0xb3, 0xff] {
        let ended = bench().requests(only(1, move || puback(code))).expect(75);
        ended.took(0);
        assert_eq!((ended.answered(), ended.times_sent()), (vec![true, false, true], vec![1; 3]));
    }
}

/// Codes that are unknown and no error mean what 0x00 means.
#[test]
fn an_unknown_success_is_a_success() {
    for code in [0x01, 0x11, 0x7f] {
        let treatment =
            move || Treatment { replies: replied_after(SECOND).replies, ..puback(code) };
        bench().requests(only(1, treatment)).expect(0).took(1);
    }
}

/// The next broker may know the client; this one is not asked again.
#[test]
fn a_refused_login_leaves_the_next_broker() {
    for code in [0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c] {
        refused_by_the_first(Connack::Refuses(code));
    }
    refused_by_the_first(Connack::Old(1));
    let version = |settings: &mut crate::simulation::run::SettingsPlan| settings.version = "3.1.1";
    for code in [1, 2, 4, 5] {
        let plan =
            move |_, _| broker(MqttPlan { connack: Connack::Old(code), ..MqttPlan::default() });
        bench().set(version).connections(plan).expect(77).took(0);
    }
}

fn refused_by_the_first(connack: Connack) {
    let plan = move |number, _| match number {
        0 => broker(MqttPlan { connack, ..MqttPlan::default() }),
        _ => with_fault(Trigger::After(10 * SECOND), Fault::Cut(End::Eof)),
    };
    let bench = || bench().patience(60, 1, 1).connections(plan);
    let ended = bench().brokers(2).requests(|_| given(Outcome::Accepted)).expect(75);
    let brokers: Vec<_> = ended.witness.connections.iter().map(|seen| seen.broker).collect();
    assert!(brokers.len() > 2 && brokers[0] == 0, "{brokers:?}");
    assert!(brokers[1..].iter().all(|broker| *broker == 1), "{brokers:?}");
    bench().expect(77).took(0);
}

/// Codes that may pass, of every kind, and the end of the stream: the next broker at once, else the same again.
#[test]
fn a_login_that_fails_for_a_passing_reason_is_tried_again() {
    let ways = [0x80, 0x83, 0x88, 0x89, 0x97, 0x9c, 0x9d, 0x9f, 0xb7].map(Connack::Refuses);
    for connack in ways.into_iter().chain([Connack::HangsUp]) {
        let plan = move |number, _| match number {
            0 => broker(MqttPlan { connack, ..MqttPlan::default() }),
            _ => ConnectionPlan::default(),
        };
        bench().brokers(2).connections(plan).expect(0).took(0);
        let ended = bench().connections(plan).expect(69);
        ended.took(60);
        assert!(ended.connections() > 5, "{} connections", ended.connections());
    }
}

#[test]
fn a_refused_subscription_ends_the_run_at_once_and_nothing_is_sent() {
    for code in [0x87, 0x8f, 0x9e, 0xa1, 0xa2] {
        for suback in [Suback::Refuses(code), Suback::RefusesAndHangsUp(code)] {
            let plan = move |_, _| broker(MqttPlan { suback, ..MqttPlan::default() });
            let ended = bench().brokers(2).connections(plan).expect(77);
            ended.took(0);
            assert_eq!((ended.connections(), ended.times_sent()), (1, vec![0; 3]));
            let shown = Condition::Code(Packet::Suback, code).shown();
            assert!(ended.words().contains(&*shown), "{}", ended.words());
        }
    }
}

#[test]
fn a_subscription_that_fails_for_a_passing_reason_leaves_the_next_broker() {
    for suback in [
        Suback::Refuses(0x80),
        Suback::Refuses(0x83),
        Suback::Refuses(0x91),
        Suback::Refuses(0x97),
        Suback::RefusesAndHangsUp(0xb7),
        Suback::HangsUp,
        // As Artemis says that an address may not be made.
        Suback::Disconnects(0x83),
    ] {
        let plan = move |number, _| match number {
            0 => broker(MqttPlan { suback, ..MqttPlan::default() }),
            _ => ConnectionPlan::default(),
        };
        bench().brokers(2).connections(plan).expect(0).took(0);
        bench().connections(plan).expect(69).took(60);
    }
}

/// Another client has the id: to come back would throw it out in turn.
#[test]
fn a_session_that_is_taken_over_ends_the_run() {
    let plan = first_with(Trigger::AtRequest(0), disconnect(0x8e));
    let ended = bench().items(1).brokers(2).connections(plan).expect(77);
    assert_eq!(ended.connections(), 1);
    assert!(ended.words().contains("(0x8E)"), "{}", ended.words());
}

#[test]
fn a_connection_that_ends_for_a_passing_reason_leads_to_the_next_broker() {
    for code in [
        0x00, 0x80, 0x81, 0x82, 0x83, 0x89, 0x8b, 0x8d, 0x93, 0x94, 0x96, 0x97, 0x98, 0x9c, 0x9d,
        0x9f, 0xa0, 0xb7,
    ] {
        let plan = first_with(Trigger::AtRequest(0), disconnect(code));
        let ended = bench().items(1).brokers(2).connections(plan).expect(0);
        ended.took(0);
        assert_eq!((ended.connections(), ended.times_sent()), (2, vec![2]), "{code:#04x}");
    }
}

/// It is said of a request that the client may not send it, or that none can be sent so: nothing more is sent.
#[test]
fn a_connection_that_ends_because_nothing_may_be_sent_stops_the_sending() {
    for code in [0x87, 0x90, 0x9a, 0x9b] {
        let plan = first_with(Trigger::AtRequest(1), disconnect(code));
        let ended = bench().connections(plan).requests(|_| replied_after(30 * SECOND)).expect(77);
        assert!(ended.again().is_empty(), "{code:#04x}");
        assert!(ended.times_sent().iter().all(|times| *times < 2), "{code:#04x}");
    }
}
