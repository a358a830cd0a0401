//! Bytes that no broker should send, between packets of one that works.

use super::bench;
use crate::{
    fault::{AGAIN, Fault, over},
    harness::{Protocol, images},
};

/// A PUBLISH of QoS 0 with this topic, without properties and with a payload.
fn publish(topic: &[u8]) -> String {
    let length = u8::try_from(topic.len()).unwrap();
    let body = [&[0, length], topic, &[0], b"{}"].concat();
    let packet = [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat();
    packet.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Packets that mean nothing to the client.
fn meaningless() -> Vec<(&'static str, String)> {
    vec![
        ("an answer to no PINGREQ", "d000".to_owned()),
        ("a PUBACK of an id that is not in use", "4002ffff".into()),
        ("a PUBACK with a code that is unknown", "4003ffffc3".into()),
        ("a SUBACK of an id that is not in use", "9004ffff0001".into()),
        ("a CONNECT", "100d00044d5154540502003c000000".into()),
        ("an empty PUBACK", "4000".into()),
        ("a packet of type 0", "0000".into()),
        ("a message without a topic", "3000".into()),
        ("a message whose topic does not end", "3003ffff61".into()),
        ("a message with another topic", publish(b"another/topic")),
        ("a message with NUL in its topic", publish(b"a\0b")),
        ("a message with a wildcard in its topic", publish(b"a/+/#")),
        ("a message with a topic that is not UTF-8", publish(b"\xff\xfe")),
    ]
}

/// They change nothing: the run goes on on the same connection.
#[test]
fn packets_that_mean_nothing_are_ignored() {
    for (name, bytes) in meaningless() {
        let bench = bench(&format!("raw={bytes}@request=1"));
        let ended = bench.run(&bench.config(), &images(2)).expect(0);
        assert_eq!(ended.present(), [true; 2], "{name}");
        assert_eq!(bench.record().connections.len(), 1, "{name}:\n{}", ended.stderr);
    }
}

/// What breaks the protocol ends the connection, and loses nothing.
#[test]
fn packets_that_break_the_protocol_end_the_connection() {
    for (name, bytes) in [
        ("a second CONNACK", "2003000000".to_owned()),
        ("a length of more than four bytes", "30ffffffff01".into()),
        ("a message of QoS 2", format!("34{}", &publish(b"t")[2..])),
        ("a message of QoS 3", format!("36{}", &publish(b"t")[2..])),
    ] {
        let bench = bench(&format!("raw={bytes}@request=1@connection=1"));
        let ended = bench.run(&bench.config().patience(20, 1, 1), &images(2)).expect(0);
        assert_eq!(ended.present(), [true; 2], "{name}");
        let record = bench.record();
        assert_eq!(record.connections.len(), 2, "{name}:\n{}", ended.stderr);
        assert!(record.arrivals().iter().all(|times| *times <= 2), "{name}");
        ended.says_once("connecting again");
    }
}

/// All of the first kind, and some of the second, at each request of each operation.
#[test]
fn packets_between_any_others_lose_nothing() {
    let all: String = meaningless().into_iter().map(|(_, bytes)| bytes).collect();
    let rules = format!("raw={all}@connection=1@request=#");
    Fault { rules: &rules, ..over(Protocol::Mqtt) }.at_every_position();
    for bytes in ["2003000000", "30ffffffff01"] {
        let rules = format!("raw={bytes}@connection=1@request=#");
        let broken = Fault { says: AGAIN, connections: 2, ..over(Protocol::Mqtt) };
        Fault { rules: &rules, ..broken }.at_every_position();
    }
}

/// In place of a CONNACK: the next broker, or the same again.
#[test]
fn a_peer_that_is_no_broker_is_given_up() {
    for (name, bytes, says) in [
        ("HTTP", "485454502f312e3120343030204261642052657175657374", "does not speak MQTT"),
        ("AMQP", "414d515003010000", "the port speaks AMQP, not MQTT"),
        ("a CONNACK of 3.1.1 that accepts", "20020000", "MQTT 3.1.1"),
        ("a CONNACK of 3.1.1 that refuses the version", "20020001", "0x84"),
        ("a SUBACK", "900400010001", ""),
    ] {
        let bench = bench(&format!("raw-first={bytes} cut"));
        let config = bench.config().patience(1, 1, 1).set("connect_timeout", "2");
        let ended = bench.run(&config, &images(1));
        assert!([69, 77].contains(&ended.status), "{name}: {}", ended.stderr);
        ended.says(says);
        assert!(bench.record().requests.is_empty());
    }
}

/// A message that is announced with 256 MB and does not come: its memory is not taken in advance.
#[test]
fn a_length_that_is_only_announced_is_waited_for_in_little_memory() {
    let bench = bench("raw=30ffffff7f@request=1 no-reply");
    let config = bench.config().set("max_message_size", "1 GiB").patience(1, 1, 1);
    let program = bench.program(&config, &images(1));
    // In an address space of 128 MiB.
    let ended = program.within("sh", &["-c", "ulimit -v 131072; exec \"$0\" \"$@\""]).run();
    assert_eq!(ended.status, 75, "{}", ended.stderr);
}
