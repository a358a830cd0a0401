//! Addresses and the values in them: what could mean another address is refused before anything connects.

use amqp_sandbox::pki::{Subject, Validity};

use crate::harness::{Bench, Config, Protocol, refused, run};

over_both!(a_task_id_that_could_mean_another_address_is_refused, so_is_the_name_of_a_certificate,);

const IMAGE: &str = "container-sign --signing-key 55A34A82 --digest sha256:0000000000000000000000000000000000000000000000000000000000000001 --reference r/ns/app:1";
const TASK: &str = "container-sign --signing-key 55A34A82 --task-id 7 \
     --digest sha256:0000000000000000000000000000000000000000000000000000000000000001 --reference r/ns/app:1";
const TEXT: &str = "clear-sign --signing-key 55A34A82";

const CONSUMER: &str = "queue://Consumer.{creator}-{task_id}.VirtualTopic.sandbox.reply";

/// A key, a template, a value, and what is reported.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("topic_listen_to", CONSUMER, "1,queue://Victim,queue://b", "holds ','"),
    ("topic_listen_to", CONSUMER, "1?consumer.exclusive=true", "holds '?'"),
    ("topic_listen_to", CONSUMER, "1%2C2", "holds '%'"),
    ("topic_listen_to", CONSUMER, "topic://x", "holds '://'"),
    ("topic_listen_to", CONSUMER, "1::victim", "holds '::'"),
    ("topic_listen_to", CONSUMER, "1:", "ends with ':'"),
    ("topic_listen_to", CONSUMER, "1.VirtualTopic.victim", "segment VirtualTopic"),
    ("topic_listen_to", "queue://x.{task_id}", "+", "wildcard '+'"),
    ("topic_listen_to", "{task_id}", "address::victim", "holds '::'"),
    ("topic_listen_to", "/queue/{task_id}", "a/b", "holds '/'"),
    ("topic_listen_to", "/queues/{task_id}", "a%2Fb", "holds '%'"),
    ("topic_send_to", "/exchange/{task_id}/sign", "amq.direct/victim", "holds '/'"),
    ("topic_send_to", "{task_id}", "amq.direct/victim", "holds '/'"),
    ("topic_send_to", "topic://VirtualTopic.{task_id}", "a,queue://victim", "holds ','"),
    ("topic_listen_to", "queue://Consumer.me.VirtualTopic.{task_id}", "a.", "ends with '.'"),
];

/// The same over MQTT.
const VALUES_OF_MQTT: &[(&str, &str, &str, &str)] = &[
    ("topic_listen_to", "signed/{task_id}", "a/b", "holds '/', which separates levels of a topic"),
    ("topic_listen_to", "signed/{task_id}", "a+", "holds '+', which is a wildcard in MQTT"),
    ("topic_listen_to", "signed/{task_id}", "+", "holds '+'"),
    ("topic_listen_to", "signed.{task_id}", "a,b", "holds ','"),
    ("topic_listen_to", "signed.{task_id}", "a::b", "holds '::'"),
    ("topic_send_to", "sign/{task_id}", "x/../y", "holds '/'"),
];

fn a_task_id_that_could_mean_another_address_is_refused(protocol: Protocol) {
    let bench = protocol.bench();
    for (key, template, value, says) in protocol.or(VALUES, VALUES_OF_MQTT) {
        let config = bench.config().set(key, &format!("\"{template}\""));
        let ended = run(&bench, &config, IMAGE, &["--task-id", value]);
        refused(&bench, ended, 2, &["--task-id: ", says, &format!("(it goes into {key})")]);
    }
}

#[test]
fn so_are_a_requester_a_repository_and_a_setting() {
    let bench = Bench::new();
    let value = "1,queue://Victim,queue://b";
    let ended = run(&bench, &bench.config(), IMAGE, &["--task-id", "7", "--requester", value]);
    refused(&bench, ended, 2, &["--requester: ", "holds ','"]);

    let config = bench.config().set("topic_listen_to", "\"queue://{repo}\"");
    let words = ["--task-id", "7", "--repo", value, "text"];
    refused(&bench, run(&bench, &config, TEXT, &words), 2, &["--repo: ", "holds ','"]);

    let config =
        bench.config().set("topic_listen_to", "\"queue://{service}\"").set("service", "\"a,b\"");
    let ended = run(&bench, &config, IMAGE, &["--task-id", "7"]);
    refused(&bench, ended, 78, &["topic_listen_to: {service} is the key service: ", "holds ','"]);
}

fn named(bench: &Bench, subject: Subject<'_>) -> Config {
    let identity = bench.sandbox.authority().client(subject, Validity::default()).unwrap();
    let path = bench.file("named.pem", identity.pem().unwrap());
    bench.config().set("messaging_cert_key", &path.display().to_string())
}

fn so_is_the_name_of_a_certificate(protocol: Protocol) {
    let bench = protocol.bench();
    let config = |bench: &Bench, subject: Subject<'_>| match protocol {
        Protocol::Amqp => named(bench, subject),
        Protocol::Mqtt => named(bench, subject).set("topic_listen_to", "\"signed/{creator}\""),
    };
    for (name, says) in [
        protocol.or(("a|b,", "holds ','"), ("a/b", "holds '/', which separates levels of a topic")),
        ("Doe, Jane", "holds ','"),
        ("a?b", "holds '?'"),
        ("a::b", "holds '::'"),
        ("a%20b", "holds '%'"),
        (" a", "begins or ends with a blank"),
    ] {
        let ended =
            run(&bench, &config(&bench, Subject::common_name(name)), IMAGE, &["--task-id", "7"]);
        refused(&bench, ended, 78, &["certificate's name", says, "; --requester is required"]);
    }
    let other = config(&bench, Subject { user_id: Some("a,b"), ..Subject::default() });
    let ended = run(&bench, &other, IMAGE, &["--task-id", "7"]);
    refused(&bench, ended, 78, &["certificate's name", "holds ','"]);
}

#[test]
fn a_task_id_with_a_wildcard_or_a_blank_is_refused() {
    let bench = Bench::new();
    for (task_id, says) in [
        ("", "--task-id"),
        ("7*", "'*'"),
        ("7.>", "'>'"),
        ("#", "'#'"),
        ("7 8", "' '"),
        (" 7", "' '"),
        ("7\t", "\\t"),
        ("7\n8", "\\n"),
        ("7\u{1b}[2J", "\\u{1b}"),
        ("7\u{7f}", "\\u{7f}"),
        ("7\u{a0}8", "\\u{a0}"),
    ] {
        let ended = run(&bench, &bench.config(), IMAGE, &["--task-id", task_id]);
        refused(&bench, ended, 2, &["--task-id", says]);
    }
    // Even if no address contains it: the servers' addresses do.
    let config = bench.config().set("topic_listen_to", "queue://replies");
    refused(&bench, run(&bench, &config, IMAGE, &["--task-id", "7*"]), 2, &["--task-id"]);
}

#[test]
fn a_certificate_s_name_with_a_wildcard_is_refused() {
    let bench = Bench::new();
    for name in ["a*", "a.>", "#", "a\tb", "a\u{1b}b"] {
        let config = named(&bench, Subject::common_name(name));
        refused(
            &bench,
            bench.run(&config, TASK),
            78,
            &["{creator}", "certificate's name", "--requester"],
        );
        // The remedy is another name.
        refused(
            &bench,
            bench.run(&config, &format!("{TASK} --requester b*")),
            2,
            &["--requester", "wildcard"],
        );
    }
    let config = named(&bench, Subject { organisation: Some("O"), ..Subject::default() });
    refused(
        &bench,
        bench.run(&config, TASK),
        78,
        &["named.pem", "neither a common name nor a user id", "--requester"],
    );

    let config = named(&bench, Subject::common_name("a*"));
    bench.run(&config, &format!("{TASK} --requester other")).expect(0);
    bench.run(&named(&bench, Subject::common_name("build host 7")), TASK).expect(0);
    bench
        .run(&named(&bench, Subject { user_id: Some("uid-7"), ..Subject::default() }), TASK)
        .expect(0);
    let record = bench.record();
    let names: Vec<_> =
        record.requests.iter().map(|request| request.json()["requested_by"].clone()).collect();
    assert_eq!(names, ["other", "build host 7", "uid-7"]);
    let source = record.links.iter().filter_map(|link| link.source.as_ref()?.address.as_deref());
    let expected = "queue://Consumer.build host 7-7.VirtualTopic.sandbox.reply";
    assert!(source.into_iter().any(|address| address == expected), "{:?}", record.links);
}

#[test]
fn an_unknown_field_of_an_address_lists_the_known_ones() {
    let bench = Bench::new();
    for key in ["topic_send_to", "topic_listen_to"] {
        let config = bench.config().set(key, "queue://a.{task}");
        refused(
            &bench,
            bench.run(&config, TASK),
            78,
            &[key, "{task} is not a field", "task_id, requester, creator"],
        );
        let config = bench.config().set(key, "queue://{requester}");
        refused(&bench, bench.run(&config, TASK), 78, &[key, "{requester}", "--requester"]);
        let config = bench.config().set(key, "\"queue://{task_id\"");
        refused(&bench, bench.run(&config, TASK), 78, &[key, "not closed"]);
    }
    // repo is a field of clear-sign only, and only if it is given.
    let config = bench.config().set("topic_listen_to", "queue://{repo}");
    refused(&bench, bench.run(&config, TASK), 78, &["{repo} is not a field"]);
    refused(
        &bench,
        bench.run(&config, "clear-sign --signing-key K --task-id 7 x"),
        78,
        &["{repo}", "--repo"],
    );
}

/// Names that people have, in the addresses of a virtual topic.
#[test]
fn names_without_a_meaning_are_accepted() {
    let bench = Bench::new();
    for (task_id, requester) in [
        ("0190a3c2-7f6e-7c1b-9d2e-1b2c3d4e5f60", "user@example.com"),
        ("build_7.1+a", "client.example.com"),
        ("7", "HTTP/host.example.com@EXAMPLE.COM"),
        ("7", "system:serviceaccount:ns:name"),
        ("7", "Jürgen Müller (build)"),
    ] {
        let words = ["--task-id", task_id, "--requester", requester];
        run(&bench, &bench.config(), IMAGE, &words).expect(0);
    }
}

#[test]
fn all_of_it_is_allowed_in_a_template() {
    let bench = Bench::new();
    for address in ["queue://a,queue://b", "queue://a?x=1", "a::b", "/queue/a%2Fb", "queue://a.+"] {
        let config = bench.config().set("topic_listen_to", &format!("\"{address}\""));
        run(&bench, &config.patience(1, 1, 1), IMAGE, &["--task-id", "7"]).expect(75);
        let record = bench.record();
        let sources =
            record.links.iter().filter_map(|link| link.source.as_ref()?.address.as_deref());
        assert!(
            sources.into_iter().any(|source| source == address),
            "{address}: {:?}",
            record.links
        );
    }
}

#[test]
fn a_consumer_s_address_with_another_number_of_segments_is_doubted() {
    let bench = Bench::new();
    let doubt = "ActiveMQ as shipped delivers nothing there";
    for (address, says) in [
        ("queue://Consumer.{creator}.{task_id}.VirtualTopic.sandbox.reply", "has 2 segments"),
        ("queue://Consumer.{creator}..VirtualTopic.sandbox.reply", "has 2 segments"),
        ("queue://Consumer..VirtualTopic.sandbox.reply", "has an empty segment"),
    ] {
        let config = bench.config().set("topic_listen_to", &format!("\"{address}\""));
        let config = config.set("log_level", "warning");
        let ended = run(&bench, &config, IMAGE, &["--task-id", "7"]).expect(0);
        ended.says(doubt);
        ended.says(says);
    }
    let config = bench.config().set("log_level", "warning");
    let words = ["--task-id", "7", "--requester", "client.example.com"];
    run(&bench, &config, IMAGE, &words).expect(0).says(doubt);
    assert_eq!(run(&bench, &config, IMAGE, &["--task-id", "7"]).expect(0).stderr, "");

    let config = config.set("topic_listen_to", "queue://Consumer.me.VirtualTopic.x.");
    let ended = run(&bench, &config, IMAGE, &["--task-id", "7"]);
    ended.expect(78).says("an empty segment would end the address");
}
