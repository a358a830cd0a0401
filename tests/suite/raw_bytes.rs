//! Bytes that no implementation sends, at every layer: they cost at most a connection, and nothing is lost.

use amqp_frames::{
    Frame, HEADER, HEARTBEAT, Role, SASL_HEADER, Value, accepted, disposition, session_flow,
    transfer,
};

use crate::{
    fault::{AGAIN, Fault, NONE, over},
    harness::Protocol,
};

over_both!(
    a_bad_tls_record_ends_the_connection_and_loses_nothing,
    a_peer_that_is_not_a_broker_is_given_up,
);

/// `bytes` as they are written in a rule.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that no broker would send, in the middle of a run; the connection is given up, and nothing is lost.
#[test]
fn bytes_that_are_not_amqp_end_the_connection_and_lose_nothing() {
    let malformed = "malformed frame; connecting again";
    let cases: [(&str, Vec<u8>); 7] = [
        (malformed, b"HTTP/1.1 500 Oops\r\n\r\n".to_vec()),
        // A frame of 4 bytes; a data offset past the frame; a frame larger than agreed on.
        (malformed, vec![0, 0, 0, 4, 2, 0, 0, 0]),
        (malformed, vec![0, 0, 0, 8, 200, 0, 0, 0]),
        (malformed, vec![0, 0x20, 0, 0, 2, 0, 0, 0]),
        // An unknown performative.
        (
            "the broker sent something that is not an AMQP frame; connecting again",
            Frame::new(0x99, vec![]).encode(),
        ),
        // A transfer on a handle that does not exist.
        ("no such handle: 99; connecting again", transfer(99, 0, vec![]).encode()),
        // A channel that does not exist.
        ("no such channel: 7; connecting again", session_flow().on_channel(7).encode()),
    ];
    for (says, bytes) in cases {
        let rules = format!("raw={}@connection=1@request=#", hex(&bytes));
        Fault { rules: &rules, says, connections: 2, ..NONE }.at_every_position();
    }
}

/// The client counts it as a delivery and rejects it, because it has no body. From then on the two sides number deliveries
/// differently: the broker applies this outcome to the reply, whose request the next cycle has to send again.
#[test]
fn an_unexpected_transfer_costs_at_most_a_reply() {
    let transfer = Frame::new(transfer::CODE, vec![Value::Null; 3]);
    let rules = format!("raw={}@connection=1@request=#", hex(&transfer.encode()));
    let set = &[("timeout", "1"), ("retries", "1"), ("send_retries", "4")];
    let says = "a reply was rejected: its body is nothing";
    Fault { rules: &rules, set, says, connections: 2, ..NONE }.at_every_position();
}

/// Frames that a broker must not send, but that mean nothing to the client: it continues on the same connection.
#[test]
fn frames_that_mean_nothing_change_nothing() {
    let far = |role| disposition(role, 4096, None, true, accepted()).encode();
    for bytes in [
        // An empty frame, and a list of more fields than there are bytes.
        HEARTBEAT.to_vec(),
        vec![0, 0, 0, 20, 2, 0, 0, 0, 0, 0x53, 0x13, 0xd0, 0, 0, 0, 4, 255, 255, 255, 255],
        // Outcomes of deliveries that were never sent, and of one of the broker's deliveries.
        far(Role::Receiver),
        far(Role::Sender),
    ] {
        let rules = format!("raw={}@connection=1@request=#", hex(&bytes));
        Fault { rules: &rules, ..NONE }.at_every_position();
    }
}

/// Bytes with which no broker begins: over TCP, over TLS, instead of SASL, after the header.
fn a_peer_that_is_not_a_broker_is_given_up(protocol: Protocol) {
    let (http, ssh) = (hex(b"HTTP/1.1 400 Bad Request\r\n\r\n"), hex(b"SSH-2.0-OpenSSH_9.9\r\n"));
    let (sasl, amqp) = (hex(&SASL_HEADER), hex(&HEADER));
    let demand = format!("raw-first={sasl}@connection=1");
    let of_both = [
        (2, format!("raw-first={http}@connection=1")),
        (2, format!("raw-first-tcp={ssh}@connection=1")),
        (2, format!("raw-first-tcp=1603034000{}@connection=1", "ff".repeat(64))),
        (2, "raw-first=414d515000000901@connection=1".to_owned()),
        (2, format!("raw-first={amqp}{http}@connection=1")),
    ];
    let of_one = match protocol {
        Protocol::Amqp => vec![
            // The client answers the demand for SASL with a second connection.
            (3, format!("{demand} raw-first={sasl}0000000402010000@connection=2")),
            (3, format!("{demand} raw-first={sasl}7fffffff02010000@connection=2")),
            (3, format!("{demand} raw-first={sasl}{http}@connection=2")),
            (3, format!("{demand} raw-first={http}@connection=2")),
        ],
        // A PINGRESP, and a CONNACK whose length has no end.
        Protocol::Mqtt => vec![
            (2, format!("raw-first=d000{http}@connection=1")),
            (2, "raw-first=20ffffffffff00@connection=1".to_owned()),
        ],
    };
    for (connections, rules) in of_both.into_iter().chain(of_one) {
        let set = &[("connect_timeout", "3")];
        let says = "trying again for";
        Fault { rules: &rules, set, says, connections, ..over(protocol) }.everywhere();
    }
}

/// A TLS record that is cut short, and one that was not made with a key of the connection.
fn a_bad_tls_record_ends_the_connection_and_loses_nothing(protocol: Protocol) {
    let bad = format!("raw-tcp=1703030020{}@connection=1@request=#", "00".repeat(32));
    Fault { rules: &bad, says: AGAIN, connections: 2, ..over(protocol) }.at_every_position();
    let cut = "raw-tcp=17030340001234@connection=1@request=# cut@connection=1@request=#";
    Fault { rules: cut, says: AGAIN, connections: 2, ..over(protocol) }.at_every_position();
}
