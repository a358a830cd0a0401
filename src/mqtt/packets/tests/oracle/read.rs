//! What the client reads.

use arbitrary::{Arbitrary as _, Unstructured};
use mqtt_proto::{v3, v5};
use serde_json::{Map, Value};

use crate::{
    mqtt::packets::{
        Connack, Packet, Publish, Reader, Reason, Version,
        tests::bench::{CONNACK, LIMIT, Random, feed, reader},
    },
    signing::{ReplyBody, pyjson},
};

/// Feeds whole packets, cut into pieces anywhere.
fn feed_in_pieces(reader: &mut Reader, bytes: &[u8], random: &mut Random) -> Vec<Packet> {
    let (mut rest, mut packets) = (bytes, Vec::new());
    while !rest.is_empty() {
        let longest = [1, 7, 300, 100_000][random.below(4)];
        let (piece, after) = rest.split_at((1 + random.below(longest)).min(rest.len()));
        packets.extend(feed(reader, piece));
        rest = after;
    }
    assert_eq!(reader.arrived(), 0, "everything is whole");
    packets
}

#[test]
fn what_the_other_codec_writes_the_client_reads() {
    let mut random = Random(3);
    let mut reader = reader(Version::V5, LIMIT);
    let mut kinds = [0; 16];
    for _ in 0..400 {
        let packets: Vec<v5::Packet> = (0..50)
            .map(|_| {
                let count = [50, 500, 5000][random.below(3)];
                let seed = random.bytes(count);
                v5::Packet::arbitrary(&mut Unstructured::new(&seed)).unwrap()
            })
            .collect();
        let bytes: Vec<_> =
            packets.iter().flat_map(|packet| packet.encode().unwrap().as_ref().to_vec()).collect();
        let read = feed_in_pieces(&mut reader, &bytes, &mut random);
        assert_eq!(read.len(), packets.len());
        for (read, written) in read.iter().zip(&packets) {
            kinds[written.get_type() as usize] += 1;
            compare(read, written);
        }
    }
    assert!(kinds[..15].iter().all(|count| *count > 100), "{kinds:?}");
}

fn compare(read: &Packet, written: &v5::Packet) {
    match (read, written) {
        (Packet::Connack(read), v5::Packet::Connack(written)) => {
            let properties = &written.properties;
            let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
            let expected = Connack {
                version: Version::V5,
                session_present: written.session_present,
                reason: reason(
                    written.reason_code as u8,
                    &properties.reason_string,
                    &properties.server_reference,
                    &properties.user_properties,
                ),
                session_expiry: properties.session_expiry_interval,
                server_keep_alive: properties.server_keep_alive,
                assigned_client_id: text(&properties.assigned_client_id)
                    .filter(|id| !id.is_empty() && !id.contains('\0')),
                receive_maximum: properties.receive_max,
                maximum_qos: properties.max_qos.map(|qos| qos as u8),
                maximum_packet_size: properties.max_packet_size,
            };
            assert_eq!(**read, expected);
        }
        (Packet::Suback { id, codes, reason: read }, v5::Packet::Suback(written)) => {
            let properties = &written.properties;
            let expected = reason(0, &properties.reason_string, &None, &properties.user_properties);
            assert_eq!((*id, read), (written.pid.value(), &expected));
            let expected: Vec<_> = written.topics.iter().map(|code| *code as u8).collect();
            assert_eq!(*codes, expected);
        }
        (Packet::Puback { id, reason: read }, v5::Packet::Puback(written)) => {
            let (code, properties) = (written.reason_code as u8, &written.properties);
            let expected =
                reason(code, &properties.reason_string, &None, &properties.user_properties);
            assert_eq!((*id, read), (written.pid.value(), &expected));
        }
        (Packet::Disconnect(read), v5::Packet::Disconnect(written)) => {
            let (code, properties) = (written.reason_code as u8, &written.properties);
            let expected = reason(
                code,
                &properties.reason_string,
                &properties.server_reference,
                &properties.user_properties,
            );
            assert_eq!(*read, expected);
        }
        (Packet::Publish(read), v5::Packet::Publish(written)) => compare_messages(read, written),
        (Packet::Pingresp, v5::Packet::Pingresp) => {}
        (Packet::Useless(read), written) => {
            let name = format!("{:?}", written.get_type()).to_uppercase();
            assert_eq!(*read, format!("a packet {name}"));
        }
        (read, written) => panic!("{read:?} is not {written:?}"),
    }
}

fn compare_messages(read: &Publish, written: &v5::Publish) {
    let id = written.qos_pid.pid().map_or(0, |id| id.value());
    assert_eq!((read.id, read.qos), (id, written.qos_pid.qos() as u8));
    assert_eq!(read.retained, written.retain);
    let ReplyBody::Bytes(body) = &read.reply.body else { panic!("{read:?}") };
    assert_eq!(body[..], written.payload[..]);
    let mut object = Map::new();
    for property in &written.properties.user_properties {
        object.insert(property.name.to_string(), Value::String(property.value.to_string()));
    }
    let expected = (!object.is_empty()).then(|| pyjson::to_string(&Value::Object(object)));
    assert_eq!(read.reply.properties, expected);
}

fn reason(
    code: u8,
    text: &Option<std::sync::Arc<str>>,
    server: &Option<std::sync::Arc<str>>,
    info: &[v5::UserProperty],
) -> Reason {
    let info = info.iter().take(20);
    Reason {
        code,
        text: text.as_deref().unwrap_or_default().to_owned(),
        server: server.as_deref().map(str::to_owned),
        info: info.map(|info| (info.name.to_string(), info.value.to_string())).collect(),
    }
}

#[test]
fn packets_of_3_1_1_are_read() {
    let mut random = Random(4);
    let mut reader = Reader::new(Version::V311, LIMIT);
    feed(&mut reader, CONNACK);
    for _ in 0..10_000 {
        let count = random.below(500);
        let seed = random.bytes(count);
        let written = v3::Packet::arbitrary(&mut Unstructured::new(&seed)).unwrap();
        let bytes = written.encode().unwrap();
        let mut read = feed_in_pieces(&mut reader, bytes.as_ref(), &mut random);
        assert_eq!(read.len(), 1, "{written:?}");
        match (read.remove(0), written) {
            (Packet::Connack(read), v3::Packet::Connack(written)) => {
                assert_eq!(read.version, Version::V311);
                let code = written.code as u8;
                assert_eq!(
                    (read.session_present, read.reason.code),
                    (written.session_present, code)
                );
            }
            (Packet::Suback { id, codes, .. }, v3::Packet::Suback(written)) => {
                let expected: Vec<_> = written.topics.iter().map(|code| *code as u8).collect();
                assert_eq!((id, codes), (written.pid.value(), expected));
            }
            (Packet::Puback { id, reason }, v3::Packet::Puback(written)) => {
                assert_eq!((id, reason), (written.value(), Reason::default()));
            }
            (Packet::Publish(read), v3::Packet::Publish(written)) => {
                let id = written.qos_pid.pid().map_or(0, |id| id.value());
                assert_eq!((read.id, read.retained), (id, written.retain));
                let ReplyBody::Bytes(body) = &read.reply.body else { panic!("{read:?}") };
                assert_eq!((&body[..], read.reply.properties), (&written.payload[..], None));
            }
            (Packet::Pingresp, v3::Packet::Pingresp)
            | (Packet::Disconnect(_), v3::Packet::Disconnect)
            | (Packet::Useless(_), _) => {}
            (read, written) => panic!("{read:?} is not {written:?}"),
        }
    }
}
