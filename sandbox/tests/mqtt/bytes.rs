//! Bytes that no codec writes: those of a rule, and those of a client that breaks the protocol.

use mqtt_proto::{Pid, QosPid, v5::Packet};

use crate::{
    common::{
        LIMIT, TestSandbox,
        mqtt::{Mqtt, SIGN, connect, publish},
    },
    ruled,
};

#[test]
fn raw_bytes_go_out_as_they_are() {
    // PUBACK with a code that is not allowed there, a topic with NUL, and a packet that never ends.
    for raw in ["4003000195", "30050001000041", "30ffffff7f00014161"] {
        let sandbox = TestSandbox::with_rules(&[&format!("raw={raw}@request=1"), "never-settle"]);
        let mut client = Mqtt::new(&sandbox, "me");
        client.publish(1, "a");
        let hex: String =
            client.exactly(raw.len() / 2).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, raw);
    }
    // Of 3.1.1, in place of the usual CONNACK.
    let sandbox = TestSandbox::with_rules(&["raw-first=20020001", "cut"]);
    let mut client = Mqtt::sent(&sandbox, "me", |_| {});
    assert_eq!(client.bytes().unwrap(), [0x20, 2, 0, 1]);
    client.ends();
    // One byte at a time.
    let sandbox = ruled("slow=1ms");
    assert!(!Mqtt::connected(&sandbox, "me", |_| {}).1.session_present);
    // A packet is cut in two.
    let sandbox = ruled("cut-bytes=3");
    assert_eq!(Mqtt::sent(&sandbox, "me", |_| {}).bytes(), None);
}

#[test]
fn a_client_that_breaks_the_protocol_is_disconnected_and_the_record_says_why() {
    let with_id = |id: u16| QosPid::Level2(Pid::try_from(id).unwrap());
    let of_qos_2 = {
        let mut publish = publish(1, SIGN, "a");
        publish.qos_pid = with_id(1);
        Packet::Publish(publish).encode().unwrap().as_ref().to_vec()
    };
    let aliased = {
        let mut publish = publish(1, SIGN, "a");
        publish.properties.topic_alias = Some(1);
        Packet::Publish(publish).encode().unwrap().as_ref().to_vec()
    };
    let twice = {
        let one = Packet::Publish(publish(1, SIGN, "a")).encode().unwrap().as_ref().to_vec();
        [one.clone(), one].concat()
    };
    let second = Packet::Connect(connect("me", |_| {})).encode().unwrap().as_ref().to_vec();
    for (bytes, code, says) in [
        (of_qos_2, 0x9b, "QoS"),
        (aliased, 0x94, "alias"),
        (twice, 0x82, "packet id 1, which is in use"),
        (second, 0x82, "a client does not send now"),
        (vec![0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9], 0x82, "a session that was not to be kept"),
        (vec![0x32, 6, 0, 1, b'a', 0, 0, 0], 0x82, "malformed packet"),
        (vec![0x32, 7, 0, 2, b'a', b'+', 0, 1, 0], 0x82, "malformed packet"),
        (vec![0x30, 4, 0, 1, 0xff, 0], 0x82, "malformed packet"),
        (vec![0x30, 0xff, 0xff, 0xff, 0xff], 0x81, "a length of more than four bytes"),
    ] {
        let sandbox = TestSandbox::with_rules(&["never-settle"]);
        let mut client = Mqtt::new(&sandbox, "me");
        client.write(&bytes);
        assert_eq!(client.disconnected(), code, "{bytes:02x?}");
        drop(client);
        let record = sandbox.wait_for(LIMIT, |record| record.is_over()).unwrap();
        let problems = &record.connections[0].problems;
        assert!(problems.len() == 1 && problems[0].contains(says), "{problems:?} {says}");
    }
}
