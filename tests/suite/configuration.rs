//! What people have in configuration files.

use std::{fs, os::unix::fs::symlink, path::Path};

use crate::harness::{Bench, Program, Protocol, images, under_test};

over_both!(a_host_may_be_spelt_in_every_legal_way,);

#[test]
fn a_broker_as_other_clients_write_it_is_refused_with_what_to_write() {
    let bench = Bench::new();
    for (brokers, expected) in [
        (
            "[\"amqp+ssl://b-1.mq.example.com:5671\"]",
            "item 1: \"amqp+ssl://b-1.mq.example.com:5671\" has the scheme of another client; write amqps://b-1.mq.example.com:5671\n",
        ),
        (
            "[\"failover:(amqp+ssl://a:5671,amqp+ssl://b:5671)?randomize=false\"]",
            "holds 2 brokers; list them as 2 items: [\"amqps://a:5671\", \"amqps://b:5671\"]\n",
        ),
        (
            "\n    - |\n      amqps://a:5671\n      amqps://b:5671\n",
            "list them as 2 items: [\"amqps://a:5671\", \"amqps://b:5671\"]\n",
        ),
        (
            "[\"stomp+ssl://h:61612\"]",
            "is for STOMP, not for AMQP 1.0 or MQTT, which have other ports; write amqps://h:5671\n",
        ),
        ("amqps://h", "found a string; write [\"amqps://h:5671\"]\n"),
        (
            "[\"ssl://h:8883\"]",
            "item 1: \"ssl://h:8883\" has the scheme of another client; write mqtts://h:8883\n",
        ),
        (
            "[\"wss://h:443/mqtt\"]",
            "is for WebSockets, not for AMQP 1.0 or MQTT, which have other ports; write amqps://h:5671, or mqtts://h:8883 for MQTT\n",
        ),
    ] {
        let config = bench.config().set("messaging_brokers", brokers);
        let ended = bench.run(&config, &images(1)).expect(78);
        ended.says(expected);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

/// One line each, which names the file or the option, and the key; nothing connects.
#[test]
fn what_mqtt_cannot_do_is_refused_before_anything_connects() {
    let bench = Bench::new();
    let mqtt = || {
        bench
            .config()
            .set("messaging_brokers", "[\"mqtts://localhost:1\"]")
            .set("topic_listen_to", "\"signed/{task_id}\"")
    };
    let file = "config.yaml: msg_signer";
    for (config, arguments, says) in [
        (mqtt().set("durable", "false"), "", format!("{file}.durable: over MQTT every request")),
        (mqtt().set("mqtt_version", "3.1"), "", format!("{file}.mqtt_version: expected one of 5,")),
        (mqtt(), " --set durable=false", "--set durable: over MQTT every request".into()),
        (
            mqtt(),
            " --set topic_send_to=queue://a",
            "--set topic_send_to: \"queue://a\" is no".into(),
        ),
        // As it is written, with its fields.
        (
            mqtt().set("topic_listen_to", "\"queue://Consumer.{creator}-{task_id}.x\""),
            "",
            format!("{file}.topic_listen_to: \"queue://Consumer.{{creator}}-{{task_id}}.x\" is no"),
        ),
        (
            mqtt().set("topic_send_to", "\"signed/{task_id}\""),
            "",
            format!("{file}.topic_listen_to: it is the topic of topic_send_to"),
        ),
        (
            mqtt().set("topic_send_to", "\"signed/7\""),
            "",
            format!("{file}.topic_listen_to: \"signed/7\": it is the topic of topic_send_to"),
        ),
        (bench.config(), " --set mqtt_client_id=me", "--set mqtt_client_id: amqps://".into()),
        (bench.config(), " --set mqtt_version=4", "--set mqtt_version: expected one of".into()),
    ] {
        let status = if arguments.contains("mqtt_version") { 2 } else { 78 };
        let ended = bench.run(&config, &(images(1) + arguments)).expect(status);
        ended.says(&says);
    }
    assert!(bench.record().connections.is_empty());
}

#[test]
fn blanks_and_line_breaks_around_a_broker_are_ignored() {
    let bench = Bench::new();
    let url = bench.sandbox.amqps_url();
    for brokers in [format!("[\" {url} \"]"), format!("\n    - |\n      {url}\n")] {
        let config = bench.config().set("messaging_brokers", &brokers);
        bench.run(&config, &images(1)).expect(0);
    }
}

fn a_host_may_be_spelt_in_every_legal_way(protocol: Protocol) {
    let bench = protocol.bench();
    let url = bench.url();
    for host in ["LocalHost", "localhost.", "l%6Fcalhost", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let url = url.replace("localhost", host);
        let config = bench.config().set("messaging_brokers", &format!("[\"{url}\"]"));
        // The sandbox's certificate is for its name.
        let verify = if host.contains("127") { "ca" } else { "full" };
        bench.run(&config.set("tls_verify", verify), &images(1)).expect(0);
    }
}

/// Of several mistakes the gravest is reported: 2, then 66, then 78.
#[test]
fn a_wrong_command_line_counts_before_a_wrong_file_and_that_before_a_wrong_configuration() {
    let bench = Bench::new();
    let good = bench.config();
    let no_certificate = good.clone().set("messaging_cert_key", "/nonexistent/client.pem");
    let in_address = no_certificate.clone().set("topic_send_to", "\"topic://{repo}.sign\"");
    let to_nothing = no_certificate.clone().set("key_aliases", "{staging: \"\"}");
    let image = images(1).replace("container-sign --signing-key ABCD1234 ", "");
    let unreadable = good.clone().set("bogus", "1");
    let sign = |command: &str, rest: &str| format!("{command} --signing-key ABCD1234 {rest}");
    let missing_blob = sign("blob-sign", "--task-id 7 --blob-file /nonexistent/blob");
    for (config, arguments, status, says) in [
        (
            &unreadable,
            sign("blob-sign", "--task-id * --blob-file /nonexistent/blob"),
            2,
            "--task-id: holds '*'",
        ),
        (
            &unreadable,
            sign("clear-sign", "--task-id * @/nonexistent/text"),
            2,
            "--task-id: holds '*'",
        ),
        (
            &unreadable,
            sign(
                "container-sign",
                "--task-id 7 --digest sha256:0000000000000000000000000000000000000000000000000000000000000001 --reference app",
            ),
            2,
            "--reference: ",
        ),
        (
            &no_certificate,
            sign(
                "container-sign",
                "--task-id 7 --digest sha256:0000000000000000000000000000000000000000000000000000000000000001 --reference app",
            ),
            2,
            "--reference: ",
        ),
        (&in_address, sign("clear-sign", "--task-id 7 --repo * text"), 2, "--repo: "),
        (
            &unreadable,
            sign("blob-sign", "--task-id 7 --signer-type batch --blob-file /nonexistent/blob"),
            2,
            "--signer-type",
        ),
        (
            &no_certificate,
            sign("container-sign", &format!("{image} --signing-key 12345678 --signer-type batch")),
            2,
            "--signing-key-name",
        ),
        (
            &to_nothing,
            sign("container-sign", &format!("{image} --signing-key staging")),
            2,
            "alias of nothing",
        ),
        (&unreadable, missing_blob.clone(), 66, "/nonexistent/blob"),
        (&no_certificate, missing_blob.clone(), 66, "/nonexistent/blob"),
        (&good, missing_blob, 66, "/nonexistent/blob"),
        (&unreadable, images(1), 78, "msg_signer.bogus"),
        (&no_certificate, images(1), 78, "/nonexistent/client.pem"),
    ] {
        bench.run(config, &arguments).expect(status).says(says);
    }
    assert!(bench.record().connections.is_empty());
}

#[test]
fn the_file_in_use_is_named_once() {
    let bench = Bench::new();
    let ended = bench.run(&bench.config(), &images(1)).expect(0);
    let path = bench.sandbox.dir().parent().unwrap().join("config.yaml");
    let line = format!(" INFO  configuration: {}, section msg_signer\n", path.display());
    assert_eq!(ended.stderr.matches(&line).count(), 1, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("configuration: ").count(), 1, "{}", ended.stderr);
}

#[test]
fn a_usual_file_that_cannot_be_read_is_not_replaced_by_the_next() {
    for make in [
        |path: &Path| symlink("nowhere", path).unwrap(),
        |path: &Path| symlink("conf.yaml", path).unwrap(),
        |path: &Path| fs::create_dir(path).unwrap(),
    ] {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/pubtools-sign");
        fs::create_dir_all(&folder).unwrap();
        make(&folder.join("conf.yaml"));
        let mut program = Program::new(&under_test());
        program.command.env("HOME", home.path());
        let ended = program.args(images(1).split(' ')).run().expect(78);
        ended.says(&format!("{}/conf.yaml: cannot read the configuration: ", folder.display()));
    }
}

#[test]
fn a_service_or_environment_that_comes_out_empty_is_warned_of() {
    let bench = Bench::new();
    let config = bench.config().set("service", "\"${NOTHING}\"").set("environment", "\"\"");
    let mut program = bench.program(&config, &images(1));
    program.command.env("NOTHING", "");
    let ended = program.run().expect(0);
    ended.says_once("msg_signer.service is empty").says_once("msg_signer.environment is empty");
}

#[test]
fn an_alias_of_an_alias_is_said_to_be_one() {
    let bench = Bench::new();
    let aliases = "{production: release, release: \"55A34A82\", own: own}";
    let config = bench.config().set("key_aliases", aliases);
    for (key, sent, said) in [
        (
            "production",
            "release",
            "is an alias of \"release\", which is an alias itself and is not looked up; \"release\" is sent",
        ),
        ("own", "own", "is an alias of \"own\", which is an alias itself"),
        ("release", "55A34A82", ""),
    ] {
        let ended = bench.run(&config, &images(1).replace("ABCD1234", key)).expect(0);
        ended.says(said);
        assert_eq!(ended.reported().is_empty(), said.is_empty(), "{}", ended.stderr);
        assert_eq!(bench.record().requests.last().unwrap().json()["sig_key_id"], sent);
    }
}
