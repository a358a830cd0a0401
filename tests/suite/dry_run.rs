//! `--dry-run`: what would be sent, without a connection.

use std::{fmt::Write, fs};

use serde_json::Value;

use crate::harness::{Bench, Ended, images, refused};

fn lines(ended: &Ended) -> Vec<Value> {
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A body without what differs from run to run.
fn timeless(mut body: Value) -> Value {
    for name in ["request_id", "created"] {
        let value = body.as_object_mut().unwrap().insert(name.into(), Value::Null).unwrap();
        assert!(value.as_str().is_some_and(|value| value.len() > 20), "{name}: {value}");
    }
    body
}

#[test]
fn it_prints_what_a_run_sends_and_connects_to_nothing() {
    let bench = Bench::new();
    let file = bench.file("file", b"\0\xff").display().to_string();
    for arguments in [
        images(3),
        format!("{} --signer-type batch", images(3)),
        "clear-sign --signing-key K --signing-key L --task-id 7 text".into(),
        format!("clear-sign --signing-key K --task-id 7 --repo ns/app @{file}"),
        format!("blob-sign --signing-key K --task-id 7 --blob-file {file}"),
    ] {
        let (requests, connections) =
            (bench.record().requests.len(), bench.record().connections.len());
        let printed =
            lines(&bench.run(&bench.config(), &format!("{arguments} --dry-run")).expect(0));
        assert_eq!(bench.record().connections.len(), connections, "{arguments}");
        bench.run(&bench.config(), &arguments).expect(0);
        let record = bench.record();
        let sent = &record.requests[requests..];
        assert_eq!(printed.len(), sent.len(), "{arguments}");
        for (printed, sent) in printed.iter().zip(sent) {
            assert_eq!(printed["address"], "topic://VirtualTopic.sandbox.sign");
            assert_eq!(timeless(printed["body"].clone()), timeless(sent.json()));
            let shown: Vec<_> = printed["properties"].as_object().unwrap().iter().collect();
            let properties = sent.application_properties();
            assert_eq!(shown.len(), properties.len(), "{arguments}");
            for ((name, value), (sent, as_sent)) in shown.into_iter().zip(properties) {
                assert_eq!(*name, sent);
                let text = format!("String({value})");
                assert_eq!(text, format!("{as_sent:?}"));
            }
        }
    }
}

/// The same over MQTT, to the topic.
#[test]
fn over_mqtt_it_prints_the_topic() {
    let bench = Bench::new();
    let config = bench
        .config()
        .set("messaging_brokers", "[\"mqtts://localhost\"]")
        .set("topic_send_to", "\"topic://sign/{environment}\"")
        .set("topic_listen_to", "\"signed/{task_id}\"");
    let arguments = format!("{} --dry-run", images(1));
    let printed = lines(&bench.run(&config, &arguments).expect(0));
    let environment = printed[0]["properties"]["environment"].as_str().unwrap();
    assert_eq!(printed[0]["address"], format!("sign/{environment}"));
    let over_amqp = lines(&bench.run(&bench.config(), &arguments).expect(0));
    assert_eq!(printed[0]["properties"], over_amqp[0]["properties"]);
    let old = bench.run(&config.set("mqtt_version", "3.1.1"), &arguments).expect(0);
    assert_eq!(lines(&old)[0]["properties"], serde_json::json!({}));
    let [mqtt, amqp] = [printed, over_amqp].map(|lines| timeless(lines[0]["body"].clone()));
    assert_eq!(mqtt, amqp);
}

#[test]
fn it_finds_the_mistakes_of_a_run() {
    let bench = Bench::new();
    let images = images(1);
    for (arguments, config, status, says) in [
        (
            format!("{images} --dry-run --raw"),
            bench.config(),
            2,
            "--dry-run and --raw exclude each other",
        ),
        (
            format!("{images} --dry-run --format summary"),
            bench.config(),
            2,
            "--dry-run and --format exclude each other",
        ),
        (
            format!("{images} --dry-run --state s"),
            bench.config(),
            2,
            "--dry-run and --state exclude each other",
        ),
        (format!("{images} --digest x --dry-run"), bench.config(), 2, "--digest: 2 given"),
        (
            format!("{images} --dry-run"),
            bench.config().set("messaging_cert_key", "/nowhere.pem"),
            78,
            "/nowhere.pem",
        ),
        (
            "blob-sign --signing-key K --task-id 7 --dry-run --blob-file /nowhere".into(),
            bench.config(),
            66,
            "/nowhere: cannot read the input",
        ),
    ] {
        refused(&bench, bench.run(&config, &arguments), status, &[says]);
    }
}

#[test]
fn many_images_of_a_list_are_printed_in_its_order() {
    let bench = Bench::new();
    let list = (0..10_000).fold(String::new(), |mut list, n| {
        let _ = writeln!(list, "r.example.com/ns/app:{n}\tsha256:{n:064x}");
        list
    });
    let list = bench.file("list", list);
    let mut program = bench
        .program(&bench.config(), "container-sign --signing-key K --task-id 7 --dry-run --from -");
    program.command.stdin(fs::File::open(list).unwrap());
    let printed = lines(&program.run().expect(0));
    assert_eq!(printed.len(), 10_000);
    for (n, line) in printed.iter().enumerate() {
        assert_eq!(line["body"]["manifest_digest"], format!("sha256:{n:064x}"));
    }
}
