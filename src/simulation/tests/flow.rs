//! Who may send how much (AMQP 1.0 parts 2.5.6 and 2.6.7). The oracle counts credit and windows in every run.

use super::*;

/// Whatever the broker grants, all is sent once, and never beyond it.
#[test]
fn every_way_to_grant_credit_is_kept_to() {
    for credit in [
        Credit::Ample(2),
        Credit::Ample(u32::MAX),
        Credit::Sparse(1),
        Credit::Sparse(3),
        Credit::Late(10 * SECOND, 3),
        Credit::TakenBack(3, 10 * SECOND),
        Credit::Drain(1),
        Credit::Drain(20),
    ] {
        for window in [1, 2, 5, 2048] {
            let plan = move |_, _| ConnectionPlan { credit, window, ..ConnectionPlan::default() };
            let ended = Bench::new().items(12).connections(plan).expect(0);
            assert_eq!(ended.times_sent(), [1; 12], "{credit:?}, window {window}");
        }
    }
}

/// Credit that is taken back while requests are on their way counts against later credit.
#[test]
fn credit_that_is_taken_back_is_not_used() {
    let plan = |_, _| ConnectionPlan {
        credit: Credit::TakenBack(5, 30 * SECOND),
        latency: SECOND,
        ..ConnectionPlan::default()
    };
    let ended = Bench::new().items(12).connections(plan).expect(0);
    assert!(ended.took > 30 * SECOND, "{:?}", ended.took);
    assert!(ended.witness.kinds.contains("credit: taken back"));
}

#[test]
fn credit_that_is_asked_back_is_given_back() {
    let plan = |_, _| ConnectionPlan { credit: Credit::Drain(9), ..ConnectionPlan::default() };
    let ended = Bench::new().connections(plan).expect(0);
    assert!(ended.witness.kinds.contains("credit: drained"));
}

/// Nothing of it is sent, and the windows of the cycles are skipped, as without credit.
#[test]
fn without_a_window_of_the_session_nothing_is_sent() {
    let plan = |_, _| ConnectionPlan { window: 0, ..ConnectionPlan::default() };
    let ended = Bench::new().patience(60, 5, 2).connections(plan).expect(75);
    ended.took(120);
    assert_eq!(ended.times_sent(), [0; 3]);
}

/// A request of many frames, through a socket that takes little, a bit at a time.
#[test]
fn a_socket_that_takes_little_gets_all_of_it() {
    for (socket, chunk) in [(500, 100), (4096, 1), (70_000, 1000)] {
        let plan = move |_, _| ConnectionPlan { socket, chunk, ..ConnectionPlan::default() };
        let blobs = Bench::new().kind(super::super::run::Kind::Blob).items(2);
        let ended = blobs.connections(plan).expect(0);
        assert_eq!(ended.times_sent(), [1; 2]);
    }
}

/// There is always a part of one that is not whole; the last one is waited for, and none after it.
#[test]
fn foreign_replies_on_a_slow_line_do_not_hold_up_the_window() {
    let slow = |_, _| ConnectionPlan {
        split: 20,
        pace: Some(SECOND / 4),
        idle_timeout: None,
        ..ConnectionPlan::default()
    };
    let flood = |_: &Arrival| Treatment {
        replies: (0..200).map(|number| (number * SECOND, Reply::Foreign)).collect(),
        ..Treatment::default()
    };
    let bench = Bench::new().patience(60, 1, 1).items(1).set(|settings| {
        settings.connect_timeout = 60;
        settings.idle_timeout = 0;
    });
    let ended = bench.connections(slow).requests(flood).expect(75);
    assert!(ended.took < 100 * SECOND, "{:?}", ended.took);
}

/// A request of several pieces, whatever the credit and the window of the session.
#[test]
fn a_large_request_goes_out_piece_by_piece() {
    for credit in [Credit::Ample(9), Credit::Sparse(1), Credit::Drain(2)] {
        for window in [1, 3, 2048] {
            for socket in [5000, 1 << 20] {
                let plan =
                    move |_, _| ConnectionPlan { credit, window, socket, ..Default::default() };
                let bench = Bench::new().blobs(200_000).items(3).connections(plan);
                assert_eq!(bench.expect(0).times_sent(), [1; 3], "{credit:?}, window {window}");
            }
        }
    }
}

/// It is cut at any byte, and sent again as a whole.
#[test]
fn a_cut_in_a_large_request_loses_nothing() {
    for position in (0..300_000).step_by(17_001) {
        let plan = first_with(Trigger::ToBroker(position), Fault::Cut(End::Eof));
        let bench = Bench::new().blobs(200_000).items(2).brokers(2).cluster();
        bench.connections(plan).expect(0).took(0);
    }
}

/// The first request waits in the engine meanwhile, and no other does: a cycle that ends in between repeats none.
#[test]
fn each_request_goes_out_once_when_the_window_opens() {
    for opens in [30, 90] {
        let plan = move |_, _| ConnectionPlan {
            window: 0,
            window_opens: Some(opens * SECOND),
            ..ConnectionPlan::default()
        };
        let ended = Bench::new().patience(60, 1, 5).connections(plan).expect(0);
        ended.took(opens.into());
        assert_eq!(ended.times_sent(), [1; 3]);
    }
}

/// It takes many times the timeout; each bit of it is progress.
#[test]
fn a_request_that_takes_long_to_be_written_is_sent_once() {
    let slow =
        |_, _| ConnectionPlan { socket: 1000, pace: Some(SECOND / 2), ..ConnectionPlan::default() };
    for (items, retries) in [(1, 1), (3, 1), (3, 2)] {
        let bench = Bench::new().patience(20, retries, 3).blobs(20_000).items(items);
        let bench = bench.set(|settings| settings.connect_timeout = 60);
        let ended = bench.connections(slow).expect(0);
        assert!(ended.took > 200 * SECOND, "{:?}", ended.took);
        assert_eq!((ended.times_sent(), ended.connections()), (vec![1; items], 1));
    }
}

/// In one frame or in many.
#[test]
fn a_reply_that_takes_long_to_come_in_is_waited_for() {
    for split in [50, 1000, usize::MAX] {
        let slow = move |_, _| ConnectionPlan {
            split,
            pace: Some(SECOND / 4),
            ..ConnectionPlan::default()
        };
        let long = |_: &Arrival| Treatment {
            replies: vec![(Duration::ZERO, Reply::Long(10_000))],
            ..Treatment::default()
        };
        let bench = Bench::new().patience(5, 1, 1).items(1);
        let bench = bench.set(|settings| settings.connect_timeout = 60);
        let ended = bench.connections(slow).requests(long).expect(0);
        assert!(ended.took > 30 * SECOND, "{:?}", ended.took);
        assert_eq!(ended.times_sent(), [1]);
    }
}
