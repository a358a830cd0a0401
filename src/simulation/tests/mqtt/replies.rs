//! Replies: each is acknowledged once, in order, whatever it is.

use super::*;
use crate::simulation::witness::Settled;

/// What cannot be read, is too large or another client's would come again forever; a code of an error would end the
/// connection at some brokers.
#[test]
fn every_reply_is_acknowledged_whatever_it_is() {
    let kinds = (0..10).map(Reply::Malformed).chain([Reply::Foreign, Reply::Long(5000)]);
    for kind in kinds.chain([Reply::Refused, Reply::Unusable, Reply::NotYet]) {
        let treatment = move |arrival: &Arrival| match arrival.request {
            0 => Treatment { replies: vec![(SECOND, kind)], ..Treatment::default() },
            _ => replied_after(SECOND * 2),
        };
        let bench = bench().patience(10, 1, 1).set(|settings| settings.max_message_size = 4096);
        let status = match kind {
            Reply::Refused => 1,
            Reply::Unusable => 65,
            _ => 75,
        };
        let ended = bench.requests(treatment).expect(status);
        let settled: Vec<_> = ended.witness.delivered.iter().map(|reply| reply.settled).collect();
        assert_eq!(settled, [Some(Settled::Accepted); 3], "{kind:?}");
        assert_eq!((ended.connections(), ended.answered()[1..].to_vec()), (1, vec![true; 2]));
        assert!(ended.witness.connections[0].closed.is_some(), "no DISCONNECT");
    }
}

/// A reply whose acknowledgement was lost comes again; it counts once, and its packet id may be another.
#[test]
fn a_reply_that_comes_again_counts_once() {
    for renumbers in [false, true] {
        for prefetch in [1, 3, 20] {
            let mqtt = MqttPlan { renumbers, prefetch, ..MqttPlan::default() };
            // The acknowledgements do not reach the broker any more.
            let plan = move |_, number| match number {
                0 => ConnectionPlan {
                    latency: SECOND / 2,
                    fault: Some((Trigger::After(SECOND * 25 / 4), Fault::Cut(End::Reset))),
                    ..broker(mqtt.clone())
                },
                _ => broker(mqtt.clone()),
            };
            let treatment = |arrival: &Arrival| match arrival.request {
                11 => replied_after(10 * SECOND),
                _ => replied_after(3 * SECOND),
            };
            let bench = bench().items(12).connections(plan);
            let ended = bench.requests(treatment).expect(0);
            assert!(ended.has_seen("reply: again"), "{prefetch}");
            assert_eq!(ended.times_sent(), [1; 12]);
        }
    }
}

/// A subscription that is granted with QoS 0 has replies without acknowledgement.
#[test]
fn replies_of_qos_0_are_taken_in() {
    let mqtt = MqttPlan { suback: Suback::Grants(0), ..MqttPlan::default() };
    let ended = bench().connections(move |_, _| broker(mqtt.clone())).expect(0);
    assert!(ended.witness.delivered.iter().all(|reply| reply.settled.is_none()));
}

/// With a state file a process may be killed between any two steps: nothing that it acknowledged is lost.
#[test]
fn killed_at_any_step_a_run_goes_on_and_loses_nothing_that_it_acknowledged() {
    for steps in 0.. {
        let late = |arrival: &Arrival| replied_after(SECOND * arrival.order as u32 / 10);
        let kill = crate::simulation::killed::Kill { steps, pause: SECOND, left: None };
        let ended = bench().patience(60, 1, 2).items(6).requests(late).kill(kill).expect(0);
        if ended.lives.len() == 1 {
            return assert!(steps > 20, "{steps}");
        }
        // The session that the first process left.
        let (first, second) = ended.witness.connections.split_at(ended.lives[0].connections);
        if first.iter().any(|seen| seen.session.is_some()) && !second.is_empty() {
            assert!(ended.has_seen("session: goes on"), "{steps}");
        }
    }
}
