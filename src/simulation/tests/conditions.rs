//! What a broker's condition means where it comes, once requests are on their way.

use super::*;

const FAULTS: [fn(Condition) -> Fault; 4] =
    [Fault::Close, Fault::EndSession, Fault::DetachReceiver, Fault::DetachSender];

/// Another broker is not asked.
#[test]
fn a_refusal_ends_the_run_wherever_it_comes() {
    for condition in REFUSALS {
        for fault in FAULTS {
            let plan = first_with(Trigger::AtRequest(0), fault(condition));
            let ended = Bench::new().items(1).brokers(2).connections(plan).expect(77);
            assert_eq!(ended.connections(), 1);
            assert!(ended.words().contains(&*condition.shown()), "{}", ended.words());
        }
    }
}

#[test]
fn what_may_pass_leads_to_the_next_broker() {
    for condition in PASSING {
        for fault in FAULTS {
            let plan = first_with(Trigger::AtRequest(0), fault(condition));
            let ended = Bench::new().items(1).brokers(2).connections(plan).expect(0);
            ended.took(0);
            assert_eq!((ended.connections(), ended.times_sent()), (2, vec![2]));
        }
    }
}

/// A precondition that fails ends what was never accepted if it is the sender's; elsewhere it may pass.
#[test]
fn a_failed_precondition_ends_requests_that_were_never_accepted() {
    let condition = Condition::new("amqp:precondition-failed");
    for fault in FAULTS {
        let fault = fault(condition);
        let is_senders = matches!(fault, Fault::DetachSender(_));
        let plan = first_with(Trigger::AtRequest(0), fault);
        let bench = Bench::new().items(1).brokers(2).connections(plan);
        let ended = bench.expect(if is_senders { 75 } else { 0 });
        assert_eq!(ended.times_sent(), [if is_senders { 1 } else { 2 }]);
    }
}

/// In place of the links a refusal is about the login: the next broker may know the client, this one is not asked again.
#[test]
fn a_refusal_in_place_of_the_links_leaves_the_next_broker() {
    for condition in REFUSALS {
        for opening in [Opening::Closes(condition), Opening::ClosesWithoutOpen(condition)] {
            let plan = move |broker, _| ConnectionPlan {
                opening: if broker == 0 { opening } else { Opening::Opens },
                ..ConnectionPlan::default()
            };
            let bench = || Bench::new().set(|settings| settings.sasl = "none").connections(plan);
            let ended = bench().brokers(2).expect(0);
            assert_eq!(ended.connections(), 2);
            bench().expect(77).took(0);
        }
    }
}

/// Not on any later reconnection either.
#[test]
fn a_broker_that_refused_is_not_asked_again() {
    let plan = |broker, _| match broker {
        0 => ConnectionPlan { opening: Opening::Closes(REFUSALS[0]), ..ConnectionPlan::default() },
        _ => with_fault(Trigger::After(10 * SECOND), Fault::Cut(End::Eof)),
    };
    let bench = Bench::new().patience(60, 1, 1).brokers(2).set(|settings| settings.sasl = "none");
    let ended = bench.connections(plan).requests(|_| given(Outcome::Accepted)).expect(75);
    let brokers: Vec<_> = ended.witness.connections.iter().map(|seen| seen.broker).collect();
    assert!(brokers.len() > 3 && brokers[0] == 0, "{brokers:?}");
    assert!(brokers[1..].iter().all(|broker| *broker == 1), "{brokers:?}");
}
