//! `check`: what the broker said, and what it refuses.

use crate::{bench::Bench, kinds::Route};

#[test]
fn what_the_broker_grants_is_reported() {
    let bench = Bench::new();
    let ended = bench.run(&bench.config(&bench.route()), "check --task-id 7").expect(0);
    eprintln!("{}", ended.stdout);
}

#[test]
fn a_topic_that_is_refused_is_found() {
    let bench = Bench::new();
    let (status, says) = bench.kind.refusals.listening;
    if status != 77 {
        return;
    }
    let route = Route { listen_to: "forbidden/read".into(), ..bench.route() };
    let ended = bench.run(&bench.config(&route), "check --task-id 7").expect(77);
    assert!(ended.stdout.contains(says), "{says} is not in {}", ended.stdout);
}
