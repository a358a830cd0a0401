//! The connection from its Open to its Close.

use amqp_sandbox::Record;

use super::{BARE, the_connection};
use crate::harness::{Bench, Config, LONG, images};

#[test]
fn the_open_names_the_host_and_the_idle_timeout() {
    for (config, hostname, idle_time_out) in [
        (Bench::config as fn(&Bench) -> Config, "localhost", Some(15_000)),
        (
            |bench| bench.config().set("open_hostname", "vhost:a").set("idle_timeout", "8"),
            "vhost:a",
            Some(4_000),
        ),
        (|bench| bench.config().set("idle_timeout", "0"), "localhost", None),
    ] {
        let bench = Bench::new();
        bench.run(&config(&bench), &images(1)).expect(0);
        let record = bench.record();
        let connection = the_connection(&record);
        assert_eq!(connection.hostname.as_deref(), Some(hostname));
        // Half of the client's own: it waits twice as long as it announces (AMQP 1.0 part 2.4.5).
        assert_eq!(connection.idle_time_out, idle_time_out);
        assert!(
            (512..=65_536).contains(&connection.max_frame_size),
            "{}",
            connection.max_frame_size
        );
        assert!(
            uuid::Uuid::parse_str(&connection.container_id).is_ok(),
            "{}",
            connection.container_id
        );
        assert_eq!(connection.server_name.as_deref(), Some("localhost"));
    }
}

#[test]
fn one_bare_connection_with_an_orderly_close() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(3)).expect(0);
    let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
    let connection = the_connection(&record);
    assert_eq!((connection.protocol_header, connection.sasl_mechanism.as_deref()), (BARE, None));
    assert!(connection.tls && connection.close_received);
    assert!(connection.problems.is_empty(), "{:?}", connection.problems);
    let subject = connection.certificate_subject.as_deref().unwrap();
    assert!(subject.contains("CN=sandbox-client"), "{subject}");
    assert_eq!(record.accepted().count(), 3);
}

#[test]
fn every_reply_is_accepted_before_the_close_even_of_a_large_run() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(300)).expect(0);
    let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
    assert_eq!((record.deliveries.len(), record.accepted().count()), (300, 300));
    the_connection(&record);
}
