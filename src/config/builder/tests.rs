//! Compares settings made in code with the same ones read from a file.

use super::*;

/// Every key but those for MQTT.
fn complete(signer: SignerType) -> SettingsBuilder {
    Settings::builder(signer)
        .messaging_brokers(["amqps://one"])
        .messaging_brokers(["amqps://two:7"])
        .messaging_cert_key("~/client.pem")
        .messaging_key("/client.key")
        .messaging_ca_cert("/ca.pem")
        .messaging_key_passphrase_file("/passphrase")
        .topic_send_to("topic://sign")
        .topic_listen_to("queue://{creator}.{task_id}")
        .environment("prod")
        .service("${me}")
        .timeout(Duration::from_millis(60_900))
        .retries(2)
        .send_retries(3)
        .message_id_key("request_id")
        .task_id_attribute("task")
        .log_level(LevelFilter::Warn)
        .key_aliases([("one", "1")])
        .key_aliases([("two", "2")])
        .connect_timeout(Duration::from_millis(1500))
        .close_timeout(Duration::from_secs(1))
        .idle_timeout(Duration::ZERO)
        .sasl(Sasl::Plain)
        .username("me")
        .password_file("/password")
        .sender_target(SenderTarget::Address)
        .sender_capability(Capability::Topic)
        .receiver_capability(Capability::Queue)
        .open_hostname("vhost")
        .tls_verify(TlsVerify::Ca)
        .tls_alpn(["one"])
        .tls_alpn(["two"])
        .durable(false)
        .foreign_replies(ForeignReplies::Release)
        .max_message_size(1024)
        .deadline(Duration::from_secs(600))
        .verify_keys(["/keys.asc"])
        .verify_keys(["/keys"])
        .verify(Verify::Require)
}

/// The keys for MQTT, and those that are required.
#[cfg(feature = "mqtt")]
fn of_mqtt() -> SettingsBuilder {
    Settings::builder(SignerType::Batch)
        .messaging_brokers(["mqtts://one"])
        .messaging_cert_key("/client.pem")
        .messaging_ca_cert("/ca.pem")
        .topic_send_to("topic://sign")
        .topic_listen_to("{creator}/{task_id}")
        .environment("prod")
        .service("me")
        .timeout(Duration::from_secs(60))
        .retries(2)
        .send_retries(3)
        .message_id_key("request_id")
        .mqtt_version(MqttVersion::V311)
        .mqtt_client_id("signer-{task_id}")
        .mqtt_max_open(20)
}

/// A file with the same values gives the same settings.
#[test]
#[cfg(feature = "mqtt")]
fn every_key_is_read_as_in_a_file() {
    let amqp = complete(SignerType::Batch).chunk_size(50);
    let mqtt = of_mqtt();
    let keys: std::collections::BTreeSet<_> =
        amqp.entries.keys().chain(mqtt.entries.keys()).cloned().collect();
    let known = keys::of(SignerType::Batch).iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(keys, known);
    for (builder, file) in [
        (
            amqp,
            "messaging_brokers: ['amqps://one', 'amqps://two:7'], \
            messaging_cert_key: ~/client.pem, messaging_key: /client.key, messaging_ca_cert: /ca.pem, \
            messaging_key_passphrase_file: /passphrase, topic_send_to: 'topic://sign', \
            topic_listen_to: 'queue://{creator}.{task_id}', environment: prod, service: '${NAME}', \
            timeout: 60, retries: 2, send_retries: 3, message_id_key: request_id, \
            task_id_attribute: task, log_level: WARN, key_aliases: {one: '1', two: '2'}, \
            chunk_size: 50, connect_timeout: 1.5, close_timeout: 1, idle_timeout: 0, sasl: plain, \
            username: me, password_file: /password, sender_target: address, sender_capability: topic, \
            receiver_capability: queue, open_hostname: vhost, tls_verify: ca, tls_alpn: [one, two], \
            durable: false, foreign_replies: release, max_message_size: 1 KiB, deadline: 600, \
            verify_keys: [/keys.asc, /keys], verify: require",
        ),
        (
            mqtt,
            "messaging_brokers: ['mqtts://one'], messaging_cert_key: /client.pem, \
            messaging_ca_cert: /ca.pem, topic_send_to: 'topic://sign', \
            topic_listen_to: '{creator}/{task_id}', environment: prod, service: me, timeout: 60, \
            retries: 2, send_retries: 3, message_id_key: request_id, mqtt_version: 3.1.1, \
            mqtt_client_id: 'signer-{task_id}', mqtt_max_open: 20",
        ),
    ] {
        let env = |name: &str| match name {
            "NAME" => Some("${me}".to_owned()),
            name => std::env::var(name).ok(),
        };
        let text = format!("msg_batch_signer: {{{file}}}");
        let mut expected = Settings::parse(&text, Path::new(""), SignerType::Batch, &env).unwrap();
        expected.sources.section = "settings";
        assert_eq!(format!("{:?}", builder.build().unwrap()), format!("{expected:?}"));
    }
}

#[test]
fn errors_are_named_after_the_method() {
    let single = || complete(SignerType::Single);
    for (builder, expected) in [
        (Settings::builder(SignerType::Single), "settings.messaging_brokers: this key is req"),
        (single().chunk_size(1), "settings.chunk_size: unknown key"),
        (single().timeout(Duration::from_millis(999)), "settings.timeout: expected "),
        (single().retries(0), "settings.retries: expected "),
        (single().task_id_attribute("request_id"), "settings.task_id_attribute: request_id"),
        (
            single().messaging_brokers(["one:1"]),
            "settings.messaging_brokers: item 3: \"one:1\" has no",
        ),
        (single().topic_send_to("{"), "settings.topic_send_to: a \"{\" is not closed"),
        (single().sasl(Sasl::External), "settings.sasl: username is set"),
        (single().deadline(Duration::MAX), "settings.deadline: "),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn values_may_be_written_as_in_a_file() {
    let complete = || complete(SignerType::Single);
    let written = complete()
        .set("timeout", "60")
        .set("retries", "2")
        .set("connect_timeout", "1.5")
        .set("sasl", "PLAIN")
        .set("durable", "no")
        .set("max_message_size", "1 KiB");
    let [typed, written] =
        [complete(), written].map(|builder| format!("{:?}", builder.build().unwrap()));
    assert_eq!(written, typed);
    let brokers = complete().set("messaging_brokers", "amqps://three").build().unwrap();
    assert_eq!(brokers.brokers().last().map(|broker| broker.host.as_str()), Some("three"));
    for (key, value, expected) in [
        ("tiemout", "1", "settings.tiemout: unknown key; did you mean timeout?"),
        ("timeout", "soon", "settings.timeout: expected "),
        ("key_aliases", "a", "settings.key_aliases: expected "),
    ] {
        let error = complete().set(key, value).build().unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
