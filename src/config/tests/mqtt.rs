//! What settings mean over MQTT, and what is refused there.

use super::*;

/// Keys that make the base a configuration for MQTT.
const MQTT: [(&str, &str); 2] =
    [("messaging_brokers", "[\"mqtts://broker\"]"), ("topic_listen_to", "\"signed/{task_id}\"")];

/// The base for MQTT, with some keys replaced or added.
fn over_mqtt(changes: &[(&str, &str)]) -> Result<Settings, String> {
    let kept = MQTT.iter().filter(|(key, _)| !changes.iter().any(|(changed, _)| changed == key));
    with(&kept.chain(changes).copied().collect::<Vec<_>>())
}

#[test]
#[cfg(feature = "mqtt")]
fn only_the_brokers_and_topics_change() {
    let settings = over_mqtt(&[]).unwrap();
    assert_eq!(settings.protocol(), Protocol::Mqtt);
    assert_eq!(settings.brokers[0].to_string(), "mqtts://broker:8883");
    assert_eq!((settings.mqtt_version, settings.mqtt_max_open), (MqttVersion::V5, 500));
    assert_eq!((settings.mqtt_client_id, settings.tls_alpn.len()), (None, 0));
    for (written, expected) in [
        ("5", MqttVersion::V5),
        ("5.0", MqttVersion::V5),
        ("\"5\"", MqttVersion::V5),
        ("3.1.1", MqttVersion::V311),
        ("\"3.1.1\"", MqttVersion::V311),
    ] {
        let settings = over_mqtt(&[("mqtt_version", written)]).unwrap();
        assert_eq!(settings.mqtt_version, expected, "{written}");
    }
    let settings = over_mqtt(&[
        ("mqtt_client_id", "\"signer-{task_id}\""),
        ("mqtt_max_open", "1"),
        ("tls_alpn", "x-amzn-mqtt-ca"),
        ("idle_timeout", "65535"),
    ]);
    let settings = settings.unwrap();
    assert_eq!(settings.mqtt_client_id, Some(Template::parse("signer-{task_id}").unwrap()));
    assert_eq!((settings.mqtt_max_open, &*settings.tls_alpn), (1, &["x-amzn-mqtt-ca".into()][..]));
}

/// A key at its default says nothing, with either protocol.
#[test]
#[cfg(feature = "mqtt")]
fn keys_of_the_other_protocol_may_have_their_defaults() {
    for (key, value) in [
        ("sasl", "auto"),
        ("sender_target", "auto"),
        ("sender_capability", "none"),
        ("receiver_capability", "none"),
        ("durable", "true"),
        ("foreign_replies", "accept"),
        ("idle_timeout", "0"),
    ] {
        over_mqtt(&[(key, value)]).unwrap();
    }
    for (key, value) in [("mqtt_version", "5"), ("mqtt_max_open", "500")] {
        with(&[(key, value)]).unwrap();
    }
}

#[test]
#[cfg(feature = "mqtt")]
fn what_has_no_meaning_is_refused_with_the_reason() {
    for (key, value, expected) in [
        ("sasl", "external", "MQTT has no SASL: the client shows its certificate by TLS, and"),
        ("sasl", "none", "MQTT has no SASL"),
        ("sender_target", "address", "over MQTT each message names its topic; remove it"),
        ("sender_capability", "topic", "over MQTT all addresses are topics; remove it"),
        ("receiver_capability", "queue", "over MQTT all addresses are topics; remove it"),
        ("open_hostname", "vhost", "MQTT has no virtual hosts: the broker knows only the URL's"),
        ("durable", "false", "over MQTT every request is sent with QoS 1, without which the"),
        ("foreign_replies", "release", "over MQTT each client has its own copy of a reply, and"),
        ("idle_timeout", "65536", "over MQTT it is the keep alive, at most 65535 s; lower it, or"),
        ("password_file", "/pw", "username is missing; add it"),
        ("topic_send_to", "queue://sign", "\"queue://sign\" is no topic, and MQTT has nothing"),
        ("topic_send_to", "\"a/+/{service}\"", "holds the wildcard '+'; name one topic"),
        ("topic_listen_to", "\"a/#\"", "holds the wildcard '#'; name one topic"),
        ("topic_listen_to", "\"$share/g/{task_id}\"", "shares its messages with other clients"),
        ("topic_listen_to", "$SYS/broker", "begins with '$', as only topics of the broker itself"),
        ("topic_listen_to", "sign", "it is the topic of topic_send_to, so that the client would"),
        ("topic_listen_to", "topic://sign", "it is the topic of topic_send_to"),
        (
            "messaging_brokers",
            "[mqtts://a, mqtt://b, amqps://c]",
            "mqtts://a:8883 is for MQTT, and amqps://c:5671 for AMQP; list only brokers of one protocol",
        ),
        ("messaging_ca_cert", "-", "an mqtts:// broker cannot be verified without it; add it"),
        ("messaging_cert_key", "-", "an mqtts:// broker needs it; add it, or username"),
    ] {
        let problem = over_mqtt(&[(key, value)]).expect_err(key);
        let expected = format!("f.yaml: msg_signer.{key}: {expected}");
        let (before, after) = expected.split_once(": ").unwrap();
        assert!(problem.starts_with(before), "{problem}");
        let (key, text) = after.split_once(": ").unwrap();
        assert!(problem.contains(key) && problem.contains(text), "{problem}");
    }
    for key in ["topic_send_to", "topic_listen_to", "mqtt_client_id"] {
        let problem = over_mqtt(&[(key, &"a".repeat(65_536))]).unwrap_err();
        let expected = "of 65536 bytes is too long; at most 65535 are possible";
        assert!(problem.contains(key) && problem.ends_with(expected), "{problem}");
    }
    let problem = over_mqtt(&[("username", &"a".repeat(65_536))]).unwrap_err();
    assert!(problem.ends_with("username: MQTT has room for 65535 bytes; shorten it"), "{problem}");
}

#[test]
fn keys_for_mqtt_mean_nothing_over_amqp() {
    for (key, value) in
        [("mqtt_version", "3.1.1"), ("mqtt_client_id", "a"), ("mqtt_max_open", "499")]
    {
        let expected = "amqps://broker:5671 is for AMQP, where it means nothing; remove it, or";
        refused(&[(key, value)], &[&format!("msg_signer.{key}: {expected}")]);
    }
    refused(
        &[("messaging_brokers", "[amqps://a, mqtts://b]")],
        &["amqps://a:5671 is for AMQP, and mqtts://b:8883 for MQTT; list only"],
    );
}

/// A proxy before a broker may tell protocols apart by ALPN, whatever they are.
#[test]
fn alpn_belongs_to_tls() {
    let settings = with(&[("tls_alpn", "[a, b]")]).unwrap();
    assert_eq!(settings.tls_alpn, ["a", "b"]);
    with(&[("tls_alpn", &"a".repeat(255))]).unwrap();
    let mixed = ("messaging_brokers", "[amqps://a, amqp://b]");
    with(&[mixed, ("tls_alpn", "a")]).unwrap();
    let plain = ("messaging_brokers", "[amqp://b]");
    let expected = "tls_alpn: it belongs to TLS, which no broker is reached by; use amqps://, or";
    refused(&[plain, ("tls_alpn", "a")], &[expected]);
    let long = "a".repeat(256);
    refused(&[("tls_alpn", &long)], &["expected a name of at most 255 bytes, found one of 256"]);
    let many = format!("[{}]", vec!["a".repeat(255); 256].join(", "));
    refused(&[("tls_alpn", &many)], &["the names are too long for TLS: expected at most 65535"]);
    let most = format!("[{}]", vec!["a".repeat(255); 255].join(", "));
    with(&[("tls_alpn", &most)]).unwrap();
}

#[test]
#[cfg(feature = "mqtt")]
fn a_user_name_needs_no_password_and_a_password_needs_tls() {
    let plain = ("messaging_brokers", "[mqtt://broker]");
    let mixed = ("messaging_brokers", "[mqtts://a, mqtt://b]");
    let (no_cert, no_ca) = (("messaging_cert_key", "-"), ("messaging_ca_cert", "-"));
    let (user, password) = (("username", "me"), ("password_file", "/pw"));
    for good in [
        &[user][..],
        &[user, password],
        &[no_cert, user],
        &[no_cert, user, password],
        &[plain, no_cert, no_ca],
        &[plain, no_cert, no_ca, user],
        &[mixed, user],
    ] {
        over_mqtt(good).unwrap();
    }
    for (bad, broker) in [(plain, "mqtt://broker:1883"), (mixed, "mqtt://b:1883")] {
        let problem = over_mqtt(&[bad, user, password]).unwrap_err();
        let expected =
            format!("username: {broker} would carry the password unencrypted; use mqtts://");
        assert!(problem.ends_with(&expected), "{problem}");
    }
    let doubts = over_mqtt(&[plain, user]).unwrap().doubts();
    assert_eq!(
        doubts,
        [
            "msg_signer.username goes to mqtt://broker:1883 unencrypted; if it is a token, which replaces a password, use mqtts://"
        ]
    );
    assert!(over_mqtt(&[user]).unwrap().doubts().is_empty());
}

#[test]
#[cfg(feature = "mqtt")]
fn a_request_may_live_as_long_as_a_packet_can_say() {
    let longest = |timeout| over_mqtt(&[("timeout", timeout), ("retries", "1")]);
    assert_eq!(longest("4294967295").unwrap().time_to_live().as_secs(), u64::from(u32::MAX));
    let problem = over_mqtt(&[("timeout", "2147483648"), ("retries", "2")]).unwrap_err();
    let expected = "at most 4294967295 s in MQTT; lower one of them";
    assert!(problem.contains("msg_signer.timeout") && problem.ends_with(expected), "{problem}");
}

#[test]
#[cfg(not(feature = "mqtt"))]
fn a_build_without_mqtt_says_so() {
    let problem = over_mqtt(&[]).unwrap_err();
    let expected = "msg_signer.messaging_brokers: mqtts://broker:8883 is for MQTT, which this program is built without; build it with the feature mqtt";
    assert!(problem.ends_with(expected), "{problem}");
}
