//! Topics that the client may not use.

use crate::{
    bench::Bench,
    harness::{images, took_between},
    kinds::Route,
};

#[test]
fn sending_without_permission() {
    let bench = Bench::new();
    let (status, says) = bench.kind.refusals.sending;
    let route = Route { send_to: "forbidden/write".into(), ..bench.route() };
    let ended = bench.run(&bench.config(&route).patience(20, 1, 1), &images(3)).expect(status);
    ended.says(says);
    took_between(&ended, 0.0, 60.0);
}

/// Where the broker refuses it, nothing is sent. Mosquitto grants it in silence, and nothing comes.
#[test]
fn listening_without_permission() {
    let bench = Bench::new();
    let (status, says) = bench.kind.refusals.listening;
    let route = bench.route();
    let signer = bench.signer(&route);
    let route = Route { listen_to: "forbidden/read".into(), ..route };
    let ended = bench.run(&bench.config(&route).patience(3, 1, 1), &images(3)).expect(status);
    ended.says(says);
    took_between(&ended, 0.0, 30.0);
    assert_eq!(signer.seen().requests.is_empty(), status == 77);
}

#[test]
fn a_topic_without_a_signing_server() {
    let bench = Bench::new();
    let (status, says) = bench.kind.unheard;
    // Queues of RabbitMQ are bound to other topics.
    let route = Route { send_to: "suite/unheard".into(), ..bench.route() };
    let ended = bench.run(&bench.config(&route).patience(2, 1, 1), &images(2)).expect(status);
    ended.says(says);
}
