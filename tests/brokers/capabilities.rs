//! Capabilities of sources and targets: whether an address is a queue or a topic.

use crate::{bench::Bench, harness::images, kinds::Route, signing::all_signed};

/// Every broker accepts what its address says anyway.
#[test]
fn capabilities_that_agree_with_the_address() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    let topic = route.send_to.starts_with("topic://");
    let config =
        bench.config(&route).set("sender_capability", if topic { "topic" } else { "queue" });
    all_signed(&bench.run(&config.set("receiver_capability", "queue"), &images(3)).expect(0), 3);
}

/// Without a prefix Artemis takes an address for a queue, unless a capability says otherwise.
#[test]
fn capabilities_of_an_address_without_a_prefix() {
    let bench = Bench::new();
    if bench.kind.name != "artemis" {
        return;
    }
    let sign = |capability| {
        let route = Route::of(&["REQ", "topic://REQ", "topic://REP", "REP"]);
        let _signer = bench.signer(&route);
        let config = bench.config(&route).set("sender_capability", capability);
        bench.run(&config.set("receiver_capability", capability).patience(4, 1, 1), &images(2))
    };
    all_signed(&sign("topic").expect(0), 2);
    assert_ne!(sign("queue").status, 0);
}
