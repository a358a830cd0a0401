//! A state file is for one operation; what does not decide its requests may change.

use std::fs;

use super::{run, state};
use crate::harness::{Bench, images, refused};

const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000001";

#[test]
fn another_operation_is_refused_with_what_differs() {
    let first = Bench::new();
    let path = state(&first);
    run(&first, &first.config(), &images(2), &path).expect(0);
    let content = fs::read(&path).unwrap();

    let bench = Bench::new();
    let path = bench.file("state.jsonl", &content);
    let base = images(2);
    let config = bench.config();
    let key = |key: &str, value: &str| config.clone().set(key, value);
    for (config, arguments, says) in [
        (
            config.clone(),
            base.replace("--task-id 7", "--task-id 8"),
            "task_id is \"7\" there and \"8\" now, topic_listen_to is \"queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply\" there and \"queue://Consumer.sandbox-client-8.",
        ),
        (config.clone(), images(3), "count is 2 there and 3 now;"),
        (
            config.clone(),
            base.replace("ABCD1234", "ABCD1235"),
            "keys is [\"ABCD1234\"] there and [\"ABCD1235\"] now;",
        ),
        (
            config.clone(),
            base.clone() + " --signing-key-name k",
            "keys is [\"ABCD1234\"] there and [\"ABCD1234 (k)\"] now;",
        ),
        (
            config.clone(),
            base.replace(DIGEST, &DIGEST.replace('1', "2")),
            "items are not those of the file;",
        ),
        (config.clone(), base.replace("app:1", "app:9"), "items are not those of the file;"),
        (
            config.clone(),
            base.clone() + " --requester me",
            "creator is \"sandbox-client\" there and \"me\" now, topic_listen_to is",
        ),
        (
            config.clone(),
            base.clone() + " --signer-type batch",
            "chunk_size is none there and 200 now;",
        ),
        (
            config.clone(),
            "clear-sign --signing-key ABCD1234 --task-id 7 one two".into(),
            "kind is \"images\" there and \"texts\" now;",
        ),
        (
            key("topic_send_to", "queue://requests"),
            base.clone(),
            "topic_send_to is \"topic://VirtualTopic.sandbox.sign\" there and \"queue://requests\" now;",
        ),
        (
            key("environment", "stage"),
            base.clone(),
            "environment is \"prod\" there and \"stage\" now;",
        ),
        (key("service", "other"), base.clone(), "service is \"suite\" there and \"other\" now;"),
        (
            key("message_id_key", "id"),
            base.clone(),
            "message_id_key is \"request_id\" there and \"id\" now;",
        ),
        (
            key("task_id_attribute", "task"),
            base.clone(),
            "task_id_attribute is \"pub_task_id\" there and \"task\" now;",
        ),
        (
            key("key_aliases", "{ABCD1234: 55A34A82}"),
            base.clone(),
            "keys is [\"ABCD1234\"] there and [\"55A34A82\"] now;",
        ),
    ] {
        let ended = run(&bench, &config, &arguments, &path);
        let start = "state.jsonl: line 1 is that of another operation: ";
        refused(&bench, ended, 78, &[&format!("{start}{says}"), "; use a state file for each"]);
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    // Times, brokers and what is printed may change.
    let config = config.patience(5, 3, 1).set("durable", "false").set("log_level", "info");
    let raw = run(&bench, &config, &(base + " --raw"), &path).expect(0);
    assert_eq!(raw.stdout.lines().count(), 2);
    assert!(bench.record().connections.is_empty());
}

/// The bytes of files count, not their names.
#[test]
fn another_content_is_another_operation() {
    let bench = Bench::new();
    let path = state(&bench);
    let blob = bench.file("blob", "one");
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", blob.display());
    run(&bench, &bench.config(), &arguments, &path).expect(0);
    bench.file("blob", "two");
    run(&bench, &bench.config(), &arguments, &path)
        .expect(78)
        .says("line 1 is that of another operation: items are not those of the file;");
    bench.file("blob", "one");
    run(&bench, &bench.config(), &arguments, &path).expect(0);
    assert_eq!(bench.record().requests.len(), 1);
}
