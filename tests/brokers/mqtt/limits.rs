//! What the broker says if a message is too large, and if another client uses the same id.

use crate::{
    bench::{Bench, url},
    harness::{images, took_between},
    kinds::Route,
    outage::sent,
    signing::all_signed,
};

#[test]
fn too_large() {
    let bench = Bench::new();
    let (port, status, says) = bench.kind.too_large;
    let file = bench.file("blob", vec![b'x'; 4_200_000]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", file.display());
    let route = bench.route();
    let _signer = bench.signer(&route);
    let config = bench.config(&route).set("messaging_brokers", &format!("[\"{}\"]", url(port)));
    let ended = bench.run(&config, &arguments).expect(status);
    ended.says(says);
    took_between(&ended, 0.0, 60.0);
}

/// The first of two clients with the same id ends by name, or without a word of the broker's connects again.
#[test]
fn another_client_uses_the_same_id() {
    let bench = Bench::new();
    let (status, says) = bench.kind.taken_over;
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let id = format!("suite{}", std::process::id());
    let config = bench.kind.prepare_for_loss(bench.config(&route)).set("mqtt_client_id", &id);
    let first = bench.watch(&config, &images(1));
    first.wait_for("Accepted", 1);
    let other = bench.route();
    let _other = bench.signer(&other);
    let second = bench.config(&other).set("mqtt_client_id", &id);
    all_signed(&bench.run(&second, &images(1)).expect(0), 1);
    signer.hold(false);
    first.wait().expect(status).says(says);
}

/// A full queue is a state that passes: once the signing server works, the same run goes on.
#[test]
fn full() {
    let bench = Bench::new();
    let Some(full) = &bench.kind.full else { return };
    let (send_to, requests) = (full.send_to.into(), full.requests.into());
    let route = Route { send_to, requests, ..bench.route() };
    let signer = full.needs_subscriber.then(|| bench.signer(&route));
    signer.iter().for_each(|signer| signer.hold(true));
    let program = bench.watch(&bench.config(&route).patience(5, 2, 5), &images(5));
    program.wait_for(full.says, full.times);
    let signer = signer.unwrap_or_else(|| bench.signer(&route));
    signer.hold(false);
    let ended = program.wait().expect(0);
    all_signed(&ended, 5);
    assert!(sent(&ended.stderr) > 5, "the queue had room for all");
}

/// RabbitMQ says so of each request (0x83), and it stays full.
#[test]
fn a_queue_that_stays_full() {
    let bench = Bench::new();
    if bench.kind.name != "rabbitmq4" {
        return;
    }
    let route = Route { send_to: "full".into(), ..bench.route() };
    let ended = bench.run(&bench.config(&route).patience(1, 2, 1), &images(2)).expect(75);
    ended.says(
        "not accepted by the broker: implementation specific error (0x83); running again can help",
    );
}
