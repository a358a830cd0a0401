//! Senders with an address, and without one.

use crate::{bench::Bench, harness::images, signing::all_signed};

/// The broker accepts a sender without an address, or refuses it with a reason; it accepts one with an address.
#[test]
fn both_targets_of_the_sender() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    let config = bench.config(&route);
    let (status, says) = bench.kind.anonymous_terminus;
    let anonymous = config.clone().set("sender_target", "anonymous").patience(5, 2, 2);
    let ended = bench.run(&anonymous, &images(2)).expect(status);
    ended.logs(says);
    if status != 0 {
        ended.says("set sender_target: auto");
    }
    all_signed(&bench.run(&config.set("sender_target", "address"), &images(2)).expect(0), 2);
}
