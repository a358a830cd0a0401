//! `--format ndjson`: a line of JSON for each item and key.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader},
    path::Path,
};

use amqp_sandbox::{LinkAct, Refusal, ReplyAct, RequestAct, Rule, Verifier, When};
use serde_json::{Value, json};

use crate::harness::{Bench, Ended, LONG, Protocol, images, rule, signal};

over_both!(
    a_reply_is_accepted_only_after_its_line_is_written,
    a_reader_that_has_enough_ends_the_run_quietly,
);

/// The lines, in the order in which they came.
fn lines(stdout: &str) -> Vec<Value> {
    assert!(stdout.is_empty() || stdout.ends_with('\n'), "{stdout}");
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines by item and key.
fn sorted(ended: &Ended) -> Vec<Value> {
    let mut lines = lines(&ended.stdout);
    lines.sort_by_key(|line| (line["index"].as_u64(), line["signing_key"].to_string()));
    lines
}

/// Whether a value is the signature that was asked for; `None` if it is none.
type IsRight<'a> = dyn Fn(&str) -> Option<bool> + 'a;

/// Arguments, the attributes of the item, the name of the key, and what the signature must be.
type Case<'a> = (String, &'a [(&'a str, &'a str)], Value, &'a IsRight<'a>);

fn names(line: &Value) -> Vec<&str> {
    line.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn each_item_has_a_line_with_the_same_attributes_in_the_same_order() {
    let bench = Bench::new();
    let key = std::fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
    let verifier = Verifier::from_armoured(&key).unwrap();
    let file = bench.file("notes.txt", "notes").display().to_string();
    let digest = format!("sha256:{:064x}", 0);
    let reference = "registry.example.com/ns/app:0";
    let keys = "--signing-key ABCD1234 --task-id 7 --format ndjson";
    let image = format!("container-sign --digest {digest} --reference {reference} {keys}");
    let claim = |value: &str| {
        let claim: Value = serde_json::from_slice(&verifier.content(value)?).unwrap();
        Some(claim["critical"]["image"]["docker-manifest-digest"] == *digest)
    };
    let is_of = |content: &'static [u8]| {
        let verifier = &verifier;
        move |value: &str| Some(verifier.content(value)? == content)
    };
    let is_blob = |value: &str| Some(verifier.is_detached_signature(value, b"notes"));
    let images = [("reference", reference), ("digest", &digest)];
    let cases: [Case; 6] = [
        (image.clone(), &images, Value::Null, &claim),
        (format!("{image} --signing-key-name release"), &images, "release".into(), &claim),
        (format!("{image} --signer-type batch"), &images, Value::Null, &claim),
        (format!("clear-sign {keys} text"), &[("text", "text")], Value::Null, &is_of(b"text")),
        (format!("clear-sign {keys} @{file}"), &[("file", &file)], Value::Null, &is_of(b"notes")),
        (format!("blob-sign {keys} --blob-file {file}"), &[("file", &file)], Value::Null, &is_blob),
    ];
    for (arguments, item, name, is_right) in cases {
        let ended = bench.run(&bench.config(), &arguments).expect(0);
        let lines = lines(&ended.stdout);
        let [line] = &lines[..] else { panic!("{}", ended.stdout) };
        let item_names: Vec<_> = item.iter().map(|(name, _)| *name).collect();
        let rest = [
            "signing_key",
            "signing_key_name",
            "request_id",
            "status",
            "errors",
            "signature",
            "properties",
            "input",
        ];
        assert_eq!(names(line), [&["index"], &item_names[..], &rest].concat(), "{arguments}");
        assert!(item.iter().all(|(name, value)| line[*name] == *value), "{line}");
        let request = &bench.record().requests.last().unwrap().request_id.clone().unwrap();
        for (name, expected) in [
            ("index", json!(0)),
            ("signing_key", json!("ABCD1234")),
            ("signing_key_name", name),
            ("request_id", json!(request)),
            ("status", json!("signed")),
            ("errors", json!([])),
            ("input", Value::Null),
        ] {
            assert_eq!(line[name], expected, "{name} of {arguments}");
        }
        assert_eq!(line["properties"]["content-type"], "text/plain");
        assert_eq!(is_right(line["signature"].as_str().unwrap()), Some(true), "{arguments}");
        // As Python prints it.
        assert!(ended.stdout.starts_with("{\"index\": 0, \""), "{}", ended.stdout);
    }
}

#[test]
fn each_key_and_each_repetition_has_its_own_line() {
    let keys = "--signing-key A --signing-key-name one --signing-key B --signing-key-name two";
    let image = |digit: usize| {
        format!(" --digest sha256:{digit:064x} --reference r.example.com/ns/{digit}")
    };
    for (kind, requests) in [("single", 4), ("batch", 2)] {
        let bench = Bench::new();
        let arguments = format!(
            "container-sign --task-id 7 --format ndjson --signer-type {kind} {keys}{}{}{}",
            image(1),
            image(2),
            image(1)
        );
        let ended = bench.run(&bench.config(), &arguments).expect(0);
        let found: Vec<_> = sorted(&ended)
            .iter()
            .map(|line| {
                assert!(line["signature"].is_string(), "{line}");
                (
                    line["index"].as_u64().unwrap(),
                    line["reference"].as_str().unwrap().to_owned(),
                    line["signing_key_name"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        let expected: Vec<_> = [(0, 1), (1, 2), (2, 1)]
            .into_iter()
            .flat_map(|(index, digit)| {
                ["one", "two"]
                    .map(|name| (index, format!("r.example.com/ns/{digit}"), name.to_owned()))
            })
            .collect();
        assert_eq!(found, expected, "{kind}");
        assert_eq!(bench.record().requests.len(), requests, "{kind}");
    }
}

#[test]
fn the_status_of_each_says_how_far_it_got_and_the_errors_why() {
    let refusal = ReplyAct::ServerError {
        errors: vec!["no such key".into()],
        signing_status: "failure".into(),
    };
    let cases = [
        (rule(When::Request(2), refusal), 1, "refused", "no such key", true),
        (
            rule(When::Request(2), ReplyAct::WithoutResult),
            65,
            "unusable",
            "neither \"signed_claim\" nor errors",
            true,
        ),
        (
            rule(When::Request(2), ReplyAct::NoReply),
            75,
            "unanswered",
            "no reply, though the broker accepted",
            false,
        ),
        (
            rule(
                When::Request(2),
                RequestAct::Reject(Refusal {
                    condition: "amqp:decode-error".into(),
                    description: Some("full".into()),
                }),
            ),
            75,
            "undelivered",
            "not accepted by the broker: amqp:decode-error: full",
            false,
        ),
    ];
    for (rule, status, word, error, has_reply) in cases {
        let bench = Bench::misbehaving(vec![rule]);
        let config = bench.config().patience(1, 1, 1);
        let ended = bench.run(&config, &format!("{} --format ndjson", images(3))).expect(status);
        let lines = lines(&ended.stdout);
        let found: Vec<_> =
            lines.iter().map(|line| (line["index"].as_u64().unwrap(), &line["status"])).collect();
        // What is not signed comes last.
        assert_eq!(found, [(0, &json!("signed")), (2, &json!("signed")), (1, &json!(word))]);
        assert_eq!(lines[2]["signature"], Value::Null);
        assert!(lines[2]["errors"][0].as_str().unwrap().contains(error), "{}", lines[2]);
        assert_eq!(lines[2]["properties"].is_object(), has_reply, "{}", lines[2]);
    }
    let bench = Bench::misbehaving(vec![Rule::new(When::SenderLink, LinkAct::NoCredit)]);
    let config = bench.config().set("deadline", "1");
    let ended = bench.run(&config, &format!("{} --format ndjson", images(2))).expect(124);
    for line in lines(&ended.stdout) {
        let errors =
            json!(["the request was not sent", "the deadline of 1 s for the whole run has passed"]);
        assert_eq!((&line["status"], &line["errors"]), (&json!("not_sent"), &errors));
    }
}

/// An error of a batch is about one of its images.
#[test]
fn what_a_batch_lacks_is_said_only_of_that() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::PartialBatch(2))]);
    let config = bench.config().patience(1, 1, 1);
    let arguments = format!("{} --signer-type batch --format ndjson", images(3));
    let ended = bench.run(&config, &arguments).expect(75);
    let found = sorted(&ended);
    let words: Vec<_> = found.iter().map(|line| line["status"].as_str().unwrap()).collect();
    let missing = found.iter().filter(|line| line["signature"].is_null()).count();
    assert_eq!(words.iter().filter(|word| **word == "signed").count(), 2);
    assert_eq!(missing, 1);
    let line = found.iter().find(|line| line["status"] == "unanswered").unwrap();
    assert_eq!(line["errors"], json!(["the reply has no signature for it"]));
    // A batch that is complete in the end has its lines once.
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::InParts)]);
    let ended = bench.run(&bench.config(), &arguments).expect(0);
    assert_eq!(sorted(&ended).len(), 3);
}

#[test]
fn a_line_comes_while_others_are_waited_for_and_a_signal_brings_the_rest() {
    let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let arguments = format!("{} --format ndjson", images(2));
    let config = bench.config().set("log_level", "error").patience(60, 1, 1);
    let mut child = bench.program(&config, &arguments).command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut read = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let line = read();
    assert_eq!((&line["index"], &line["status"]), (&json!(0), &json!("signed")));
    signal("TERM", child.id());
    let line = read();
    assert_eq!((&line["index"], &line["status"]), (&json!(1), &json!("unanswered")));
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

/// The broker keeps what could not be written.
fn a_reply_is_accepted_only_after_its_line_is_written(protocol: Protocol) {
    let bench = protocol.bench();
    let mut program = bench.program(&bench.config(), &format!("{} --format ndjson", images(200)));
    program.command.stdout(OpenOptions::new().write(true).open(Path::new("/dev/full")).unwrap());
    program.run().expect(74).says_once("standard output: cannot read or write");
    assert_eq!(bench.record().accepted().count(), 0);
}

fn a_reader_that_has_enough_ends_the_run_quietly(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(300), ReplyAct::NoReply)]);
    let config = bench.config().set("log_level", "error").patience(60, 1, 1);
    let arguments = format!("{} --format ndjson", images(300));
    let mut child = bench.program(&config, &arguments).command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    // The others wait to be written, more than a pipe holds.
    bench.sandbox.wait_for(LONG, |record| record.requests.len() >= 50).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Also one that takes several lines.
#[test]
fn the_object_of_a_list_comes_back_in_its_line() {
    let bench = Bench::new();
    let digest = format!("sha256:{:064x}", 1);
    let list = format!(
        "[{{\"reference\": \"r.example.com/ns/a:1\", \"digest\": \"{digest}\",\n \"build\": 1.50}},\r\n \
          {{\"reference\": \"r.example.com/ns/b:1\", \"digest\": \"{digest}\", \"signing_key\": \"OTHER\"}}]"
    );
    let list = bench.file("images.json", list).display().to_string();
    let arguments =
        format!("container-sign --signing-key ABCD1234 --task-id 7 --format ndjson --from {list}");
    let ended = bench.run(&bench.config(), &arguments).expect(0);
    let found = sorted(&ended);
    assert_eq!((&found[0]["index"], &found[0]["signing_key"]), (&json!(0), &json!("ABCD1234")));
    assert_eq!(found[0]["input"].to_string().matches("build").count(), 1, "{}", found[0]);
    assert_eq!((&found[1]["index"], &found[1]["signing_key"]), (&json!(1), &json!("OTHER")));
    assert!(ended.stdout.contains("\"build\": 1.50}"), "as it was written: {}", ended.stdout);
}
