//! Faults of connections, requests and replies at every position, for each operation, as JSON and raw.

use std::thread;

use amqp_sandbox::Record;

use crate::{
    fault::{AGAIN, Fault, NONE, ONE_WINDOW, asked_again_only_for_want_of_an_answer, over},
    harness::{LONG, Protocol, set_credit},
    three::operations,
};

over_both!(
    a_cut_at_any_request_loses_nothing,
    a_close_for_maintenance_at_any_request_loses_nothing,
    a_cut_in_the_middle_of_a_frame_loses_nothing,
    a_cut_after_any_frame_loses_nothing,
    bytes_that_arrive_one_by_one_are_read,
    a_reply_comes_from_the_next_broker_of_the_same_queues,
    the_outcome_of_a_request_affects_only_that_request,
    replies_may_come_in_any_order_and_more_than_once,
    a_malformed_reply_does_not_count_at_any_position,
    a_reply_is_understood_however_it_is_carried,
    refusals_and_missing_results_are_reported_at_any_position,
);

// ---- the connection ----

/// With a credit of 1 the client knows that the broker has accepted the earlier requests, and does not send them again.
/// (One more request may be on its way when the connection ends.)
fn nothing_before_it(record: &Record, position: usize) -> bool {
    let times = record.arrivals();
    times[..position - 1].iter().all(|times| *times == 1) && times[position - 1] == 2
}

fn a_cut_at_any_request_loses_nothing(protocol: Protocol) {
    let cut = Fault { rules: "cut@request=#", says: AGAIN, connections: 2, ..over(protocol) };
    cut.at_every_position();
    // No request is answered by then: the client waits for replies to accepted requests on the next connection.
    let rules = "cut@request=#@connection=1 delay=700ms";
    Fault { rules, credit: 1, seen: nothing_before_it, ..cut }.at_every_position();
}

fn a_close_for_maintenance_at_any_request_loses_nothing(protocol: Protocol) {
    let [forced, error] = protocol.or(
        ["amqp:connection:forced", "amqp:internal-error"],
        ["server shutting down (0x8B)", "unspecified error (0x80)"],
    );
    let says = &format!("{forced}: a rule of the sandbox refuses it; connecting again");
    let rules = "close=amqp:connection:forced@request=#";
    let close = Fault { rules, says, connections: 2, ..over(protocol) };
    close.at_every_position();
    let rules = "close=amqp:connection:forced@request=#@connection=1 delay=700ms";
    Fault { rules, credit: 1, seen: nothing_before_it, ..close }.at_every_position();
    let rules = "close=amqp:internal-error@request=#";
    Fault { rules, says: error, ..close }.at_every_position();
}

/// The broker's last reply is its ninth frame at the earliest, the client's last request its seventh; over MQTT these are
/// its eighth and its fifth packet.
fn a_cut_after_any_frame_loses_nothing(protocol: Protocol) {
    for (side, frames) in
        protocol.or([("sent", 8), ("received", 7)], [("sent", 7), ("received", 5)])
    {
        for count in 1..=frames {
            let rules = format!("cut-{side}={count}@connection=1");
            Fault { rules: &rules, connections: 2, ..over(protocol) }.everywhere();
        }
    }
}

/// The cut is in the protocol header, in the Open, in each other frame, in a reply, and in one of several frames; over MQTT
/// in the CONNACK, and in each other packet.
fn a_cut_in_the_middle_of_a_frame_loses_nothing(protocol: Protocol) {
    for count in protocol.or([4, 11, 30, 90, 200, 400, 800, 1600], [1, 2, 4, 7, 12, 30, 600, 1600])
    {
        let rules = format!("cut-bytes={count}@connection=1");
        Fault { rules: &rules, connections: 2, ..over(protocol) }.everywhere();
    }
    for count in [70_000, 150_000, 350_000, 500_000] {
        let rules = format!("padded=200000 cut-bytes={count}@connection=1");
        Fault { rules: &rules, says: AGAIN, connections: 2, ..over(protocol) }.everywhere();
    }
}

fn bytes_that_arrive_one_by_one_are_read(protocol: Protocol) {
    Fault { rules: "slow=0s", ..over(protocol) }.everywhere();
}

/// Another broker of the same queues delivers what the first has accepted; only requests without an outcome are sent to it.
fn a_reply_comes_from_the_next_broker_of_the_same_queues(protocol: Protocol) {
    for position in 1..=3 {
        let rules = ["delay=700ms".to_owned(), format!("cut@connection=1@request={position}")];
        thread::scope(|scope| {
            for operation in operations() {
                let rules = rules.clone().map(|rule| rule.parse().unwrap());
                scope.spawn(move || {
                    let bench = protocol.bench_with(|options| {
                        options.behaviours = rules.to_vec();
                        options.more_brokers = 1;
                        set_credit(options, 1);
                    });
                    let urls = protocol.urls(&bench.sandbox);
                    let config = bench.config().set("messaging_brokers", &format!("{urls:?}"));
                    let ended = operation.run(&bench, &config).expect(0);
                    assert_eq!(operation.signed(&bench, &ended), [true; 3]);
                    ended
                        .logs(&format!("connected to {}", urls[0]))
                        .logs(&format!("connected to {}", urls[1]));
                    let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
                    assert_eq!(record.connections.len(), 2, "{operation:?}");
                    assert!(
                        nothing_before_it(&record, position),
                        "{operation:?}: {:?}",
                        record.arrivals()
                    );
                    asked_again_only_for_want_of_an_answer(&record, &format!("{operation:?}"));
                });
            }
        });
    }
}

// ---- the request ----

fn the_outcome_of_a_request_affects_only_that_request(protocol: Protocol) {
    Fault { rules: "never-settle@request=#", ..over(protocol) }.at_every_position();
    Fault { rules: "reply-before-outcome@request=#", ..over(protocol) }.at_every_position();
    let says = protocol.or(
        "not accepted by the broker: modified by the broker as undeliverable here",
        "not accepted by the broker: unspecified error (0x80)",
    );
    let missing = Fault { set: ONE_WINDOW, status: 75, says, ..over(protocol) };
    Fault { rules: "modify=undeliverable-here@request=#", ..missing }.at_every_position();
    let says = protocol.or(
        "not accepted by the broker: vendor:no-idea: a rule of the sandbox refuses it",
        "not accepted by the broker: unspecified error (0x80): a rule of the sandbox refuses it",
    );
    Fault { rules: "reject=vendor:no-idea@request=#", says, ..missing }.at_every_position();
}

#[test]
fn without_credit_nothing_is_sent_by_any_operation() {
    let says = "nothing could be sent for 3 s: the broker granted no credit";
    Fault { rules: "no-credit@sender", set: ONE_WINDOW, status: 75, says, ..NONE }.everywhere();
}

/// A link ends for a temporary reason, at any request; for the sender it is the link that carried the request.
#[test]
fn a_link_that_ends_at_any_request_loses_nothing() {
    let says = "amqp:link:detach-forced: a rule of the sandbox refuses it; connecting again";
    let rules = "detach=amqp:link:detach-forced@request=#";
    Fault { rules, says, connections: 2, ..NONE }.at_every_position();
    // Before the sender is attached an attempt failed, after it a connection was lost: both are reported.
    let rules = "detach=amqp:link:detach-forced@receiver@connection=1";
    Fault { rules, says: "ing again", connections: 2, ..NONE }.everywhere();
}

// ---- the reply ----

fn replies_may_come_in_any_order_and_more_than_once(protocol: Protocol) {
    let reversed = |record: &Record, _| {
        let asked = record.requests.iter().rev().map(|request| &request.request_id);
        asked.eq(record.deliveries.iter().map(|delivery| &delivery.request_id))
    };
    Fault { rules: "reverse=3", seen: reversed, ..over(protocol) }.everywhere();
    // All of them are accepted; otherwise the broker would deliver them again forever.
    let four = |record: &Record, _| record.deliveries.len() == 4 && record.accepted().count() == 4;
    // A second reply to the last request may come after the run.
    Fault { rules: "twice@request=#", seen: four, ..over(protocol) }.at(1..=2);
    Fault { rules: "foreign-first@request=#", seen: four, ..over(protocol) }.at_every_position();
}

fn a_malformed_reply_does_not_count_at_any_position(protocol: Protocol) {
    for (act, reason) in [
        ("not-json", "it is not JSON"),
        ("json-list", "it is a list"),
        ("no-msg", "it has no \"msg\""),
        ("no-id", "it has no \"request_id\" in \"msg\""),
        ("numeric-id", "\"request_id\" is a number"),
        ("empty", "its body is empty"),
        ("nested=200", "its JSON is nested 128 levels deep or deeper"),
        ("invalid-utf8", "it is not UTF-8"),
        ("null", protocol.or("its body is null", "its body is empty")),
        ("padded=200000", "it has 200"),
    ] {
        let (rules, says) = (format!("{act}@request=#"), format!("a reply was rejected: {reason}"));
        let set = &[ONE_WINDOW, &[("max_message_size", "100 KiB")]].concat();
        // MQTT has no other way to be rid of a reply.
        let seen: fn(&Record, usize) -> bool = match protocol {
            Protocol::Amqp => |record, _| record.accepted().count() == 2,
            Protocol::Mqtt => |record, _| record.accepted().count() == 3,
        };
        Fault { rules: &rules, set, status: 75, says: &says, seen, ..over(protocol) }
            .at_every_position();
    }
}

fn a_reply_is_understood_however_it_is_carried(protocol: Protocol) {
    for act in ["binary", "data", "data=7", "no-errors-field", "padded=200000"] {
        Fault { rules: &format!("{act}@request=#"), ..over(protocol) }.at_every_position();
    }
}

fn refusals_and_missing_results_are_reported_at_any_position(protocol: Protocol) {
    let says = "refused by the signing server: no-such-key";
    Fault { rules: "server-error=no-such-key@request=#", status: 1, says, ..over(protocol) }
        .at_every_position();
    Fault {
        rules: "no-result@request=#",
        status: 65,
        says: "the reply is unusable",
        ..over(protocol)
    }
    .at_every_position();
}
