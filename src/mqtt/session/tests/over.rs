//! What is over: nothing comes of it, and nothing is written.

use super::*;

/// Ended by the broker.
fn ended() -> Bench {
    let mut bench = Bench::established(&[]);
    bench.written();
    bench.feed(&publish(5, b"a"));
    bench.send([0]);
    assert_eq!(bench.feed(&disconnect(0x8b)).len(), 1);
    bench
}

#[test]
fn a_session_ends_once() {
    let mut bench = ended();
    bench.session.input_ended();
    assert_eq!(bench.events(), [""; 0]);
}

#[test]
fn nothing_is_written_after_the_end() {
    let mut bench = ended();
    assert_eq!(bench.send([1]), 0);
    bench.session.settle(ReplyId(3), Settlement::Accept);
    bench.session.close(false);
    assert_eq!(bench.written(), [""; 0]);
}

/// A PUBACK would be a packet after the last one.
#[test]
fn nothing_is_written_after_the_disconnect() {
    let mut bench = Bench::established(&[]);
    bench.written();
    bench.feed(&publish(5, b"a"));
    bench.session.close(false);
    bench.session.settle(ReplyId(3), Settlement::Accept);
    assert_eq!(bench.send([0]), 0);
    assert_eq!(bench.written().len(), 1);
    assert!(bench.session.tick(Instant::now()).is_none(), "nor is there a clock");
}
