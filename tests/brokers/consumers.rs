//! Consumers of ActiveMQ's virtual topics: only a name of one segment gets anything.

use crate::{
    bench::Bench,
    harness::{Ended, images},
    kinds::Route,
};

fn sign(bench: &Bench, listen_to: &str) -> Ended {
    let [requests, replies] = ["topic://VirtualTopic.REQ", "topic://VirtualTopic.REP"];
    let route =
        Route::of(&[requests, "queue://Consumer.signer.VirtualTopic.REQ", replies, listen_to]);
    let _signer = bench.signer(&route);
    bench.run(&bench.config(&route).patience(4, 1, 1), &images(1))
}

#[test]
fn only_a_name_of_one_segment_gets_replies() {
    let bench = Bench::new();
    if bench.kind.name != "activemq" {
        return;
    }
    for (listen_to, is_delivered) in [
        ("queue://Consumer.{creator}-{task_id}.VirtualTopic.REP", true),
        ("queue://Consumer.{creator}.{task_id}.VirtualTopic.REP", false),
        ("queue://Consumer.VirtualTopic.REP", false),
    ] {
        let ended = sign(&bench, listen_to).expect(if is_delivered { 0 } else { 75 });
        let doubt = "ActiveMQ as shipped delivers nothing there";
        assert_eq!(ended.stderr.contains(doubt), !is_delivered, "{}", ended.stderr);
    }
    // ActiveMQ 5.18 counts an empty segment as a name.
    sign(&bench, "queue://Consumer..VirtualTopic.REP")
        .expect(0)
        .says("which clients without a name share");
}
