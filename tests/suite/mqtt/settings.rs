//! What of the configuration reaches an MQTT broker.

use amqp_sandbox::record::ConnectRecord;

use super::{bench, bench_with};
use crate::harness::{Bench, images};

/// The CONNECT of the last connection.
fn connect(bench: &Bench) -> ConnectRecord {
    bench.record().connections.last().unwrap().mqtt.clone().unwrap()
}

/// Signs one image, with keys changed, and returns the CONNECT.
#[track_caller]
fn signed_with(bench: &Bench, keys: &[(&str, &str)]) -> ConnectRecord {
    let config = keys.iter().fold(bench.config(), |config, (key, value)| config.set(key, value));
    bench.run(&config, &images(1)).expect(0);
    connect(bench)
}

#[test]
fn without_more_the_client_names_itself_at_random_and_shows_only_its_certificate() {
    let bench = bench("");
    let (one, two) = (signed_with(&bench, &[]), signed_with(&bench, &[]));
    for connect in [&one, &two] {
        let id = &connect.client_id;
        assert!(id.len() == 20 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        assert_eq!((connect.level, connect.clean_start, connect.keep_alive), (5, true, 30));
        assert_eq!((&connect.user_name, &connect.password), (&None, &None));
        // timeout × retries × send_retries
        assert_eq!(connect.session_expiry, Some(40));
        assert_eq!((connect.topic_alias_maximum.unwrap_or(0), connect.will), (0, false));
        assert_eq!(connect.maximum_packet_size, None);
        assert!(connect.user_properties.is_empty());
    }
    assert_ne!(one.client_id, two.client_id);
    assert!(bench.record().connections[0].certificate_subject.is_some());
}

#[test]
fn each_key_reaches_the_connect() {
    let bench = bench("");
    let password = bench.file("password", "s3cret\n").display().to_string();
    let name = signed_with(&bench, &[("username", "me")]);
    assert_eq!((name.user_name.as_deref(), name.password), (Some("me"), None));
    let both = signed_with(&bench, &[("username", "me"), ("password_file", &password)]);
    assert_eq!(
        (both.user_name.as_deref(), both.password.as_deref()),
        (Some("me"), Some(&b"s3cret"[..]))
    );
    let id = signed_with(&bench, &[("mqtt_client_id", "\"{creator}.{task_id}\"")]);
    assert_eq!(id.client_id, "sandbox-client.7");
    let old = signed_with(&bench, &[("mqtt_version", "3.1.1")]);
    assert_eq!((old.level, old.session_expiry), (4, None));
    for (seconds, keep_alive) in [("0", 0), ("2", 2), ("2.5", 3), ("65535", 65_535)] {
        let connect = signed_with(&bench, &[("idle_timeout", seconds)]);
        assert_eq!(connect.keep_alive, keep_alive, "{seconds}");
    }
    assert_eq!(signed_with(&bench, &[("deadline", "17")]).session_expiry, Some(17));
}

/// The broker names the client as it likes: that is the name under which it keeps the session.
#[test]
fn a_client_id_that_the_broker_assigns_is_used_for_the_next_connection() {
    let assigning =
        |rules| bench_with(rules, |options| options.mqtt_broker.assigns_client_ids = true);
    for asked in [None, Some("mine")] {
        let bench = assigning("cut@request=2");
        let config = asked.map_or(bench.config(), |id| bench.config().set("mqtt_client_id", id));
        bench.run(&config, &images(3)).expect(0);
        let connections = bench.record().connections;
        let [first, second] = &connections[..] else { panic!("{connections:?}") };
        let [first, second] = [first, second].map(|it| it.mqtt.as_ref().unwrap());
        assert!(!first.client_id.starts_with("auto-"), "{first:?}");
        assert!(second.client_id.starts_with("auto-") && !second.clean_start, "{second:?}");
        assert_eq!((first.session_present, second.session_present), (Some(false), Some(true)));
    }
    let bench = assigning("");
    let ended = bench.run(&bench.config(), "check --json").expect(0);
    let steps = ended.document()["brokers"][0]["steps"].clone();
    assert!(steps[3]["found"]["client_id"].as_str().unwrap().starts_with("auto-"), "{steps:#}");
}

/// The broker's word on user names, over TLS and not.
#[test]
fn a_broker_may_ask_for_a_user_name_alone() {
    let bench = bench_with("", |options| {
        options.mqtt = true;
        options.mqtt_broker.user = Some(("me".into(), None));
    });
    let config = bench.config();
    bench.run(&config.clone().set("username", "me"), &images(1)).expect(0);
    let ended = bench.run(&config.clone().set("username", "you"), &images(1)).expect(77);
    ended.says("connection refused: ").says("check ");
    let plain = format!("[\"{}\"]", bench.sandbox.mqtt_url());
    let config = config.set("messaging_brokers", &plain).set("username", "me");
    let ended = bench.run(&config, &(images(1) + " --requester r")).expect(0);
    ended.logs("username goes to mqtt://localhost").logs("unencrypted; if it is a token");
    assert!(!ended.stderr.contains("password_file"));
}

/// As they are written, except for `topic://`.
#[test]
fn topics_are_passed_on_as_they_are() {
    let bench = bench_with("", |options| {
        options.signing = vec![("topic://a/b.c d".into(), "topic://x//7é".into())];
    });
    let config = bench
        .config()
        .set("topic_send_to", "\"topic://a/b.c d\"")
        .set("topic_listen_to", "\"x//{task_id}é\"");
    bench.run(&config, &images(1)).expect(0);
    let publish = bench.record().requests[0].mqtt.clone().unwrap();
    assert_eq!(publish.topic, "a/b.c d");
    assert_eq!(publish.response_topic.as_deref(), Some("x//7é"));
}
