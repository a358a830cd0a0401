//! Faults of connections at every position, and of replies.

use super::*;

over_both!(replies_slower_than_the_idle_timeouts_are_waited_for,);

/// At every byte in both directions, in order or by a reset: nothing is lost.
#[test]
fn a_cut_at_any_byte_loses_nothing() {
    let sides: [fn(u64) -> Trigger; 2] = [Trigger::ToClient, Trigger::ToBroker];
    for side in sides {
        for how in [End::Eof, End::Reset] {
            for position in (0..2600).step_by(7) {
                let plan = first_with(side(position), Fault::Cut(how));
                let ended = Bench::new().cluster().brokers(2).connections(plan).expect(0);
                ended.took(0);
            }
        }
    }
}

/// The peer neither reads nor answers any more, and its connection stays.
#[test]
fn a_peer_that_vanishes_at_any_request_is_noticed() {
    for idle_timeout in [2, 30, 3600] {
        for request in 0..3 {
            let plan = first_with(Trigger::AtRequest(request), Fault::Silence);
            let bench = Bench::new().patience(4 * 3600, 1, 1).brokers(2).connections(plan);
            let ended = bench.set(|settings| settings.idle_timeout = idle_timeout).expect(0);
            ended.took(idle_timeout);
        }
    }
}

/// Each broker gets its time, in whatever phase it falls silent.
#[test]
fn a_broker_that_is_silent_at_first_is_left() {
    for position in [0, 8, 30, 60, 100] {
        for number in [0, 1] {
            let cut = with_fault(Trigger::AtRequest(1), Fault::Cut(End::Eof));
            let silent = with_fault(Trigger::ToClient(position), Fault::Silence);
            let plan = move |_, count| match count {
                0 if number == 1 => cut.clone(),
                count if count == number => silent.clone(),
                _ => ConnectionPlan::default(),
            };
            let bench = Bench::new().set(|settings| settings.connect_timeout = 20);
            let ended = bench.connections(plan).expect(0);
            assert_eq!(ended.connections(), number + 2);
            ended.took(20);
        }
    }
}

/// Heartbeats keep the connection, however long a reply takes.
fn replies_slower_than_the_idle_timeouts_are_waited_for(protocol: Protocol) {
    let plan = |_, _| ConnectionPlan {
        idle_timeout: Some(SECOND / 2),
        mqtt: MqttPlan { keep_alive: Some(1), ..MqttPlan::default() },
        ..ConnectionPlan::default()
    };
    let bench = over(protocol).patience(4 * 3600, 1, 1).set(|settings| settings.idle_timeout = 2);
    let ended = bench.connections(plan).requests(|_| replied_after(3 * HOUR)).expect(0);
    ended.took(3 * 3600);
    assert_eq!((ended.connections(), ended.times_sent()), (1, vec![1; 3]));
}

#[test]
fn without_a_reply_the_others_are_there() {
    for position in 0..3 {
        for replies in [vec![], vec![(SECOND, Reply::Foreign)], vec![(SECOND, Reply::Malformed(2))]]
        {
            let treatment = move || Treatment { replies: replies.clone(), ..Treatment::default() };
            let ended =
                Bench::new().patience(60, 1, 1).requests(only(position, treatment)).expect(75);
            ended.took(60);
            assert_eq!(ended.answered(), [0, 1, 2].map(|item| item != position));
        }
    }
}

#[test]
fn bytes_that_arrive_one_by_one_are_read() {
    let plan = |_, _| ConnectionPlan { chunk: 1, split: 3, ..ConnectionPlan::default() };
    Bench::new().connections(plan).expect(0).took(0);
}

/// What the first broker took in, another one of the same queues hands out, while links are attached: a request that is
/// answered by then is not sent again.
#[test]
fn a_reply_that_comes_while_links_are_attached_is_taken_in_first() {
    let plan = first_with(Trigger::AtRequest(2), Fault::Cut(End::Eof));
    let bench = Bench::new().cluster().brokers(2).connections(plan);
    let never = |_: &Arrival| Treatment {
        outcome: Outcome::Never,
        replies: vec![(Duration::ZERO, Reply::Signed)],
        ..Treatment::default()
    };
    let ended = bench.requests(never).expect(0);
    assert_eq!((ended.connections(), ended.times_sent()), (2, vec![1, 1, 2]));
}
