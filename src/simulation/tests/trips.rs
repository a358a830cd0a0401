//! How many round trips a run takes: far from its broker, nothing else costs as much.

use super::*;

/// There and back.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// The round trips of a run whose broker and signing server answer at once. Those of a handshake of TLS come on top.
fn trips(items: usize, credit: u32, shows_scheme: bool) -> u32 {
    let far = move |_, _| ConnectionPlan {
        latency: ROUND_TRIP / 2,
        credit: Credit::Ample(credit),
        ..ConnectionPlan::default()
    };
    let ended = Bench::new()
        .items(items)
        .set(|settings| settings.shows_scheme = shows_scheme)
        .connections(far)
        .requests(|_| replied_after(Duration::ZERO))
        .expect(0);
    assert_eq!(ended.times_sent(), vec![1; items]);
    (ended.took.as_micros() as u32).div_ceil(ROUND_TRIP.as_micros() as u32)
}

/// TCP; the Open and the links; the request and its reply; the Close. Without a scheme in the address the sender waits for
/// what the Open offers.
#[test]
fn one_request_takes_four_round_trips() {
    assert_eq!((trips(1, 100, true), trips(1, 100, false)), (4, 5));
}

/// Credit for the replies is there before they are.
#[test]
fn as_many_requests_as_the_broker_takes_at_once_take_no_more() {
    for (items, credit) in [(100, 100), (1000, 1000)] {
        assert_eq!(trips(items, credit, true), 4, "{items}");
    }
}
