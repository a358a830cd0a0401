//! Differences that a broker sees.

use std::collections::BTreeSet;

use amqp_sandbox::record::{Direction, LinkRecord};

use super::{image, images};
use crate::run::Run;

#[test]
fn requests_are_durable_unless_configured_otherwise() {
    let prepared = images().bench();
    let theirs = prepared.reference().signed();
    assert_eq!((theirs.durable(), prepared.ours().signed().durable()), (0, 3));

    prepared.rewrite(|yaml| yaml.replace("  retries:", "  durable: false\n  retries:"));
    let ours = prepared.ours().signed();
    assert_eq!(ours.durable(), 0);
    // pubtools-sign does not know the key.
    prepared.reference().does_nothing(1);
}

#[test]
fn requests_of_one_run_have_one_time() {
    let (theirs, ours) = images().both();
    let times = |run: &Run| -> BTreeSet<String> {
        run.record.requests.iter().map(|request| request.json()["created"].to_string()).collect()
    };
    assert_eq!((times(&theirs).len(), times(&ours).len()), (3, 1));
}

#[test]
fn one_connection_carries_both_links() {
    let (theirs, ours) = image().both();
    assert_eq!((theirs.record.connections.len(), ours.record.connections.len()), (2, 1));
}

fn receiver(run: &Run) -> &LinkRecord {
    run.record.links.iter().find(|link| link.direction == Direction::Receiver).unwrap()
}

#[test]
fn replies_are_asked_for_by_the_hundred_and_silence_is_noticed() {
    let (theirs, ours) = images().both();
    assert_eq!(
        (receiver(&theirs).initial_credit, receiver(&ours).initial_credit),
        (Some(10), Some(CREDIT))
    );
    let opened = |run: &Run| {
        let connection = &run.record.connections[0];
        (connection.idle_time_out, connection.max_frame_size)
    };
    assert_eq!((opened(&theirs), opened(&ours)), ((None, 32_768), (Some(15_000), FRAME)));
}

/// One more follows once the broker has attached: so the credit is said again, counted from the broker's own number.
const CREDIT: u32 = 99;
const FRAME: u32 = 65_536;

/// pubtools-sign asks for the name "127.0.0.1", which RFC 6066 part 3 does not allow.
#[test]
fn an_address_is_no_server_name() {
    let (theirs, ours) = image().yaml(|_, text| text.replace("localhost", "127.0.0.1")).both();
    let name = |run: &Run| run.record.connections[0].server_name.clone();
    assert_eq!((name(&theirs), name(&ours)), (Some("127.0.0.1".into()), None));
    theirs.signed().sends_the_same_requests(&ours.signed());
}

/// A broker need not have an anonymous terminus; one that has it offers ANONYMOUS-RELAY.
#[test]
fn a_broker_without_an_anonymous_terminus_is_served_by_its_address() {
    let (theirs, ours) =
        image().patience(1, 1, 1).sandbox(|options| options.anonymous_relay = false).both();
    assert_eq!((theirs.ended.status, theirs.record.requests.len()), (1, 0));
    assert_eq!(
        ours.signed().record.requests[0].target.as_deref(),
        Some("topic://VirtualTopic.sandbox.sign")
    );
}

/// With OpenTelemetry on, pubtools-sign adds a trace context to the properties, and prints its spans on
/// standard output after the document.
#[test]
fn nothing_is_traced() {
    let (theirs, ours) = image().env("OTEL_TRACING", "true").both();
    let traced = |run: &Run| {
        let properties = run.record.requests[0].application_properties();
        (
            // Natively it stands in the same place.
            properties.last().is_some_and(|(name, _)| name == "traceparent"),
            run.ended.stdout.contains("trace_id"),
        )
    };
    assert_eq!((traced(&theirs.signed()), traced(&ours.signed())), ((true, true), (false, false)));
}
