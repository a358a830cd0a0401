//! The broker stops, or dies, and comes back.

use crate::{
    bench::{Bench, LONG},
    harness::images,
    signing::all_signed,
};

/// How often a request was sent, by the log.
pub fn sent(log: &str) -> usize {
    log.lines().filter(|line| line.contains("TRACE request: ")).count()
}

/// Requests that the broker accepted before it was stopped are neither lost nor sent again.
#[test]
fn stopped_between_sending_and_reply() {
    let bench = Bench::alone();
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let program = bench.watch(&bench.config(&route), &images(20));
    program.wait_for("Accepted", 20);
    signer.wait_for(LONG, |seen| seen.requests.len() == 20).unwrap();
    bench.broker("stop");
    bench.broker("start");
    if !bench.kind.keeps_replies {
        program.wait_for("connected to", 2);
    }
    signer.hold(false);
    let ended = program.wait().expect(0);
    // RabbitMQ hangs up so soon after its reason that a write may fail first, or that the reason is not sent.
    let abrupt = ["broken pipe; connecting again", "the broker hung up; connecting again"];
    if !abrupt.iter().any(|end| ended.stderr.contains(end)) {
        ended.says(bench.kind.stopped);
    }
    all_signed(&ended, 20);
    assert_eq!(sent(&ended.stderr), 20, "{}", ended.stderr);
}

#[test]
fn killed_with_five_hundred_requests_on_the_way() {
    let bench = Bench::alone();
    let route = bench.route();
    let signer = bench.signer(&route);
    let config = bench.kind.prepare_for_loss(bench.config(&route));
    let program = bench.watch(&config, &images(500));
    signer.wait_for(LONG, |seen| seen.settled >= 50).unwrap();
    bench.broker("kill");
    assert!(signer.seen().settled < 500, "the broker is killed before the run is complete");
    bench.broker("start");
    let ended = program.wait().expect(0);
    ended.says("connecting again");
    all_signed(&ended, 500);
}

/// The broker is down when the run begins, and starts within the first window.
#[test]
fn down_at_the_beginning() {
    let bench = Bench::alone();
    let route = bench.route();
    let signer = bench.signer(&route);
    bench.broker("stop");
    let program = bench.watch(&bench.config(&route), &images(3));
    program.wait_for("no broker could be reached", 1);
    bench.broker("start");
    signer.wait_for(LONG, |seen| seen.attached == 2).unwrap();
    all_signed(&program.wait().expect(0), 3);
}
