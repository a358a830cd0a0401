//! The clocks of a session: when they start, and what counts as written.

use super::*;

/// Seconds after the session was made.
fn at(now: Instant, seconds: u64) -> Instant {
    now + Duration::from_secs(seconds)
}

/// However long that takes, the time to connect is no silence.
#[test]
fn the_clocks_start_with_the_answer_to_the_connect() {
    let mut bench = Bench::new(V5, Memory::default());
    let now = Instant::now();
    bench.written();
    bench.session.tick(at(now, 100));
    bench.feed(&connack(false, 0, &[]));
    bench.session.tick(at(now, 101));
    assert_eq!(bench.written(), ["SUBSCRIBE 1"]);
}

/// The broker cannot answer a PINGREQ that it does not have.
#[test]
fn a_broker_has_time_to_answer_from_when_all_of_the_pingreq_is_written() {
    let mut bench = Bench::established(&[]);
    let now = Instant::now();
    bench.written();
    bench.session.tick(now);
    bench.session.tick(at(now, 15));
    assert_eq!(bench.session.output(), [0xc0, 0]);
    bench.session.output_done(1);
    bench.session.tick(at(now, 29));
    assert_eq!(bench.session.output(), [0]);
    bench.session.output_done(1);
    bench.session.tick(at(now, 43));
    assert_eq!(bench.events(), [""; 0]);
    bench.session.tick(at(now, 44));
    assert_eq!(bench.events().len(), 1);
}
