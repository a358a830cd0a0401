//! What a run that ends by itself leaves at the broker for the next one with its state file.

use crate::{
    bench::{Bench, LONG},
    harness::{images, signal},
    outage::sent,
    signing::all_signed,
};

/// Replies that come while no run listens wait in the session, and nothing is asked for again. 3.1.1 has no such sessions:
/// what an earlier run sent is sent again at once.
#[test]
fn replies_between_two_runs_wait_in_the_session() {
    let bench = Bench::new();
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    // A cycle is longer than this test may take.
    let config = bench.config(&route).patience(200, 1, 1);
    let arguments = format!("{} --state {}", images(3), bench.file("state", "").display());
    let program = bench.watch(&config, &arguments);
    program.wait_for("Accepted", 3);
    signal("TERM", program.child.id());
    program.wait().expect(143);
    signer.hold(false);
    signer.wait_for(LONG, |seen| seen.settled == 3).unwrap();
    let ended = bench.watch(&config, &arguments).wait().expect(0);
    all_signed(&ended, 3);
    let again = if bench.kind.version == "5" { 0 } else { 3 };
    assert_eq!(sent(&ended.stderr), again, "{}", ended.stderr);
}
