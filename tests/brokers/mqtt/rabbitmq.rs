//! What only RabbitMQ has: the signing server speaks AMQP 1.0, and so do its replies, whose bodies are strings.

use crate::{bench::Bench, harness::images, signing::all_signed};

/// One to one, and in their order.
#[test]
fn the_properties_of_a_request_reach_a_signing_server_over_amqp() {
    let bench = Bench::new();
    if bench.kind.name != "rabbitmq4" {
        return;
    }
    let route = bench.route();
    let signer = bench.signer(&route);
    all_signed(&bench.run(&bench.config(&route), &images(1)).expect(0), 1);
    let seen = signer.seen().properties;
    let digest = format!("sha256:{:064x}", 0);
    let expected = [
        ("service", "suite"),
        ("environment", "test"),
        ("owner_id", "client"),
        ("mtype", "container_signature"),
        ("source", "metadata"),
        ("pub_task_id", "7"),
        ("manifest_digest", &digest),
    ];
    assert_eq!(seen, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
