//! What the client writes.

use mqtt_proto::{Protocol, QoS, QosPid, v3, v5};

use crate::mqtt::packets::{
    Connect, Request, Version, mark_as_repeated, tests::bench::Random, write_disconnect,
    write_pingreq, write_puback, write_subscribe,
};

/// The packet that these bytes are, and nothing else.
fn decoded(bytes: &[u8]) -> v5::Packet {
    let packet = v5::Packet::decode(bytes).unwrap().expect("a whole packet");
    assert_eq!(packet.encode().unwrap().as_ref().len(), bytes.len());
    packet
}

fn decoded_old(bytes: &[u8]) -> v3::Packet {
    let packet = v3::Packet::decode(bytes).unwrap().expect("a whole packet");
    assert_eq!(packet.encode().unwrap().as_ref(), bytes);
    packet
}

/// A text without NUL, sometimes a long one.
fn text(random: &mut Random) -> String {
    let length = if random.below(20) == 0 { random.below(65_536) } else { random.below(40) };
    let characters = ['a', '/', 'é', '€', '😀', '"', '\n', '\u{1}', '\u{feff}'];
    let mut text = String::new();
    while text.len() + 4 <= length {
        text.push(characters[random.below(characters.len())]);
    }
    text
}

#[test]
fn what_the_client_writes_the_other_codec_reads() {
    let mut random = Random(1);
    for _ in 0..400 {
        let (topic, response_topic, correlation) =
            (text(&mut random), text(&mut random), text(&mut random));
        let properties: Vec<_> =
            (0..random.below(8)).map(|_| (text(&mut random), text(&mut random))).collect();
        let properties: Vec<_> =
            properties.iter().map(|(name, value)| (&**name, value.into())).collect();
        let body = text(&mut random);
        let request = Request {
            version: Version::V5,
            id: 1 + random.below(65_535) as u16,
            topic: &topic,
            expiry: random.next() as u32,
            response_topic: &response_topic,
            correlation: &correlation,
            properties: &properties,
        };
        let write = |request: Request<'_>| {
            let mut out = Vec::new();
            let append = |out: &mut Vec<u8>| {
                out.extend_from_slice(body.as_bytes());
                Ok(())
            };
            request.write(&mut out, append).unwrap();
            out
        };
        let mut bytes = write(request);
        let v5::Packet::Publish(publish) = decoded(&bytes) else { panic!() };
        assert_eq!(publish.qos_pid, QosPid::Level1(request.id.try_into().unwrap()));
        assert_eq!((publish.dup, publish.retain), (false, false));
        assert_eq!(&*publish.topic_name, topic);
        assert_eq!(publish.payload[..], *body.as_bytes());
        let read = publish.properties;
        assert_eq!(read.payload_is_utf8, Some(true));
        assert_eq!(read.message_expiry_interval, Some(request.expiry));
        assert_eq!(read.content_type.as_deref(), Some("application/json"));
        assert_eq!(read.response_topic.as_deref(), Some(&*response_topic));
        assert_eq!(read.correlation_data.as_deref(), Some(correlation.as_bytes()));
        assert_eq!((read.topic_alias, read.subscription_id), (None, None));
        let read = read.user_properties.iter().map(|read| (&*read.name, (&*read.value).into()));
        assert_eq!(Vec::from_iter(read), properties, "in their order");

        mark_as_repeated(&mut bytes);
        assert!(matches!(decoded(&bytes), v5::Packet::Publish(publish) if publish.dup));
        let v3::Packet::Publish(publish) =
            decoded_old(&write(Request { version: Version::V311, ..request }))
        else {
            panic!()
        };
        assert_eq!(publish.qos_pid, QosPid::Level1(request.id.try_into().unwrap()));
        assert_eq!((&*publish.topic_name, &publish.payload[..]), (&*topic, body.as_bytes()));
    }
}

#[test]
fn connect_is_read_with_and_without_a_login() {
    let mut random = Random(2);
    for _ in 0..400 {
        let (client_id, username) = (text(&mut random), text(&mut random));
        let password = {
            let count = random.below(50);
            random.bytes(count)
        };
        let mut connect = Connect {
            version: Version::V5,
            client_id: &client_id,
            clean_start: random.below(2) == 0,
            keep_alive: random.next() as u16,
            session_expiry: random.next() as u32,
            receive_maximum: random.next() as u16,
            username: Some(&*username).filter(|_| random.below(2) == 0),
            password: Some(&*password).filter(|_| random.below(2) == 0),
        };
        let write = |connect: Connect<'_>| {
            let mut out = Vec::new();
            connect.write(&mut out).unwrap();
            out
        };
        let v5::Packet::Connect(read) = decoded(&write(connect)) else { panic!() };
        let expected = v5::ConnectProperties {
            session_expiry_interval: Some(connect.session_expiry),
            receive_max: Some(connect.receive_maximum),
            ..Default::default()
        };
        assert_eq!((read.protocol, read.properties), (Protocol::V500, expected));
        assert_eq!((read.clean_start, read.keep_alive), (connect.clean_start, connect.keep_alive));
        assert_eq!((&*read.client_id, read.last_will), (&*client_id, None));
        assert_eq!(
            (read.username.as_deref(), read.password.as_deref()),
            (connect.username, connect.password)
        );

        // A password needs a user name there.
        connect.version = Version::V311;
        connect.password = connect.password.filter(|_| connect.username.is_some());
        let v3::Packet::Connect(read) = decoded_old(&write(connect)) else { panic!() };
        assert_eq!((read.protocol, read.clean_session), (Protocol::V311, connect.clean_start));
        assert_eq!((&*read.client_id, read.keep_alive), (&*client_id, connect.keep_alive));
        assert_eq!(
            (read.username.as_deref(), read.password.as_deref()),
            (connect.username, connect.password)
        );
    }
}

#[test]
fn the_small_packets_are_read() {
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        out
    };
    let subscribe = |version| written(&|out| write_subscribe(out, version, 7, "a/b").unwrap());
    let v5::Packet::Subscribe(read) = decoded(&subscribe(Version::V5)) else { panic!() };
    assert_eq!((read.pid.value(), read.properties), (7, Default::default()));
    let options = v5::SubscriptionOptions {
        max_qos: QoS::Level1,
        no_local: false,
        retain_as_published: false,
        retain_handling: v5::RetainHandling::DoNotSend,
    };
    assert_eq!(read.topics, [("a/b".try_into().unwrap(), options)]);
    let v3::Packet::Subscribe(read) = decoded_old(&subscribe(Version::V311)) else { panic!() };
    assert_eq!(
        (read.pid.value(), &read.topics[..]),
        (7, &[("a/b".try_into().unwrap(), QoS::Level1)][..])
    );

    let puback = written(&|out| write_puback(out, 7));
    let v5::Packet::Puback(read) = decoded(&puback) else { panic!() };
    assert_eq!((read.pid.value(), read.reason_code), (7, v5::PubackReasonCode::Success));
    assert_eq!(decoded_old(&puback), v3::Packet::Puback(7.try_into().unwrap()));
    let pingreq = written(&write_pingreq);
    assert_eq!(
        (decoded(&pingreq), decoded_old(&pingreq)),
        (v5::Packet::Pingreq, v3::Packet::Pingreq)
    );
    for (stays, expiry) in [(false, Some(0)), (true, None)] {
        let disconnect = written(&|out| write_disconnect(out, Version::V5, stays));
        let v5::Packet::Disconnect(read) = decoded(&disconnect) else { panic!() };
        assert_eq!((read.reason_code as u8, read.properties.session_expiry_interval), (0, expiry));
        let disconnect = written(&|out| write_disconnect(out, Version::V311, stays));
        assert_eq!(decoded_old(&disconnect), v3::Packet::Disconnect);
    }
}
