//! The door for MQTT: signing over it, and what brokers do there.

mod common;

use common::{
    TestSandbox,
    mqtt::{Mqtt, REPLY, SIGN, blob, publish, reply},
};
use mqtt_proto::v5::{Packet, UserProperty};

/// The same record as over AMQP, and the same server.
#[test]
fn a_request_is_signed_with_what_it_carries() {
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::new(&sandbox, "me").listening();
    let mut request = publish(7, SIGN, &blob("one"));
    let property =
        |name: &str, value: &str| UserProperty { name: name.into(), value: value.into() };
    request.properties.user_properties =
        vec![property("mtype", "gpg_signature"), property("b", "2"), property("b", "3")];
    request.properties.payload_is_utf8 = Some(true);
    request.properties.content_type = Some("application/json".into());
    request.properties.correlation_data = Some(b"one".to_vec().into());
    request.properties.response_topic = Some(REPLY.try_into().unwrap());
    request.properties.message_expiry_interval = Some(30);
    client.send(&Packet::Publish(request));
    assert_eq!(client.puback(), (7, 0));
    let message = client.message();
    let (id, request_id) = reply(&message);
    assert_eq!((&*message.topic_name, request_id.as_str(), message.dup), (REPLY, "one", false));
    assert_eq!(message.properties.payload_is_utf8, Some(true));
    let names: Vec<_> = message.properties.user_properties.iter().map(|p| &*p.name).collect();
    assert_eq!(names, ["amq6100_originalDestination", "amq6100_destination", "content-type"]);
    client.acknowledge(id);
    let record = sandbox.wait_for(common::LIMIT, |r| r.accepted().count() == 1).unwrap();

    let request = &record.requests[0];
    assert_eq!(request.address, format!("topic://{SIGN}"));
    assert_eq!(request.body(), amqp_sandbox::Body::Text(blob("one")));
    assert_eq!(request.request_id.as_deref(), Some("one"));
    assert_eq!(request.application_properties().len(), 2);
    let mqtt = request.mqtt.as_ref().unwrap();
    assert_eq!((mqtt.id, mqtt.qos, mqtt.dup, mqtt.puback), (Some(7), 1, false, Some(0)));
    assert_eq!(mqtt.user_properties.len(), 3);
    assert_eq!((mqtt.expiry, mqtt.response_topic.as_deref()), (Some(30), Some(REPLY)));
    assert_eq!(mqtt.correlation_data.as_deref(), Some(&b"one"[..]));
    assert_eq!(mqtt.content_type.as_deref(), Some("application/json"));
    assert_eq!(record.deliveries[0].request_id.as_deref(), Some("one"));
    assert_eq!(record.deliveries[0].mqtt, Some((Some(1), false)));
}

#[test]
fn a_connection_is_recorded_with_its_packets() {
    let sandbox = TestSandbox::good();
    let mut client = Mqtt::connected(&sandbox, "me", |connect| {
        connect.keep_alive = 30;
        connect.username = Some("user".into());
        connect.properties.receive_max = Some(5);
        connect.properties.session_expiry_interval = Some(100);
    })
    .0;
    client.send(&Packet::Pingreq);
    assert_eq!(client.read(), Some(Packet::Pingresp));
    client.disconnect();
    client.ends();
    let record = sandbox.wait_for(common::LIMIT, |record| record.is_over()).unwrap();
    let connection = &record.connections[0];
    assert!(connection.opened && connection.close_received && connection.problems.is_empty());
    let mqtt = connection.mqtt.as_ref().unwrap();
    assert_eq!((mqtt.level, mqtt.client_id.as_str(), mqtt.clean_start), (5, "me", true));
    assert_eq!((mqtt.keep_alive, mqtt.session_expiry), (30, Some(100)));
    assert_eq!((mqtt.receive_maximum, mqtt.user_name.as_deref()), (Some(5), Some("user")));
    assert_eq!((mqtt.session_present, mqtt.disconnect), (Some(false), Some(0)));
    use amqp_sandbox::record::End;
    assert_eq!(record.sent(1, End::Client), ["CONNECT", "PINGREQ", "DISCONNECT 0x00"]);
    assert_eq!(record.sent(1, End::Broker), ["CONNACK 0x00", "PINGRESP"]);
}
