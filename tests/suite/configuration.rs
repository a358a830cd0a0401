//! What people have in configuration files.

use crate::harness::{Bench, images};

#[test]
fn a_broker_as_other_clients_write_it_is_refused_with_what_to_write() {
    let bench = Bench::new();
    for (brokers, expected) in [
        (
            "[\"amqp+ssl://b-1.mq.example.com:5671\"]",
            "item 1: \"amqp+ssl://b-1.mq.example.com:5671\" has the scheme of another client; write amqps://b-1.mq.example.com:5671\n",
        ),
        (
            "[\"failover:(amqp+ssl://a:5671,amqp+ssl://b:5671)?randomize=false\"]",
            "holds 2 brokers; list them as 2 items: [\"amqps://a:5671\", \"amqps://b:5671\"]\n",
        ),
        (
            "\n    - |\n      amqps://a:5671\n      amqps://b:5671\n",
            "list them as 2 items: [\"amqps://a:5671\", \"amqps://b:5671\"]\n",
        ),
        (
            "[\"stomp+ssl://h:61612\"]",
            "is for STOMP, not for AMQP 1.0, which has another port; write amqps://h:5671\n",
        ),
        ("amqps://h", "found a string; write [\"amqps://h:5671\"]\n"),
    ] {
        let config = bench.config().set("messaging_brokers", brokers);
        let ended = bench.run(&config, &images(1)).expect(78);
        ended.says(expected);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn blanks_and_line_breaks_around_a_broker_are_ignored() {
    let bench = Bench::new();
    let url = bench.sandbox.amqps_url();
    for brokers in [format!("[\" {url} \"]"), format!("\n    - |\n      {url}\n")] {
        let config = bench.config().set("messaging_brokers", &brokers);
        bench.run(&config, &images(1)).expect(0);
    }
}
