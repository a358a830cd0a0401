//! A marked secret in place of every value that the program reads, and nothing of it in what it prints.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Bench, Config, Ended, Program, Protocol, under_test};

over_both!(in_every_key,);

const MARK: &str = "MaRk";

const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMIIMaRk\n-----END PRIVATE KEY-----\n";
const CONNECTION_STRING: &str =
    "Endpoint=sb://ns.example.net/;SharedAccessKeyName=Root;SharedAccessKey=MaRk";
const URL: &str = "amqps://user:p@ss/MaRk@host";

const IMAGE: &str = "container-sign --signing-key ABCD1234 --task-id 7 --reference registry.example.com/ns/app:1 \
    --digest sha256:0000000000000000000000000000000000000000000000000000000000000001";

/// What a run prints besides the document's `operation`, which repeats arguments as pubtools-sign does.
#[track_caller]
fn shows_nothing(ended: &Ended, what: &str) {
    assert!(!ended.stderr.contains(MARK), "{what}:\n{}", ended.stderr);
    let printed = match serde_json::from_str::<Value>(&ended.stdout) {
        Ok(document) => document["signer_result"].to_string(),
        Err(_) => ended.stdout.clone(),
    };
    assert!(!printed.contains(MARK), "{what}:\n{printed}");
}

/// The keys of the example, which is made from the table of keys.
fn keys() -> BTreeSet<String> {
    let lines = include_str!("../../config.example.yaml").lines();
    let keys = lines.filter_map(|line| {
        let (key, _) = line.trim_start_matches([' ', '#']).split_once(": ")?;
        key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then(|| key.to_owned())
    });
    let keys: BTreeSet<_> = keys.collect();
    assert!(keys.len() > 25 && keys.contains("password_file"), "{keys:?}");
    keys
}

/// The options of a command's help, which is made from the table of options.
fn options(command: &str) -> Vec<String> {
    let help = Program::new(&under_test()).args([command, "--help"]).run().expect(0).stdout;
    let lines = help.lines().filter_map(|line| line.strip_prefix("  --"));
    lines.map(|line| format!("--{}", line.split(' ').next().unwrap())).collect()
}

fn patient(bench: &Bench) -> Config {
    bench.config().patience(1, 1, 1).set("deadline", "0.2")
}

/// Not the bench's own program: a run may get replies to the one before, which had no time left for them.
fn program(arguments: &str, config: &str, secret: &str) -> Program {
    let mut program = Program::new(&under_test());
    program.args(arguments.split(' ').filter(|word| !word.is_empty()));
    program.args(["--config-file", config, "--log-level", "trace"]);
    program.command.env("SECRET", secret);
    program
}

fn with(bench: &Bench, config: &Config, value: &str) -> Ended {
    let path = bench.file("f.yaml", config.yaml()).display().to_string();
    program(IMAGE, &path, value).run()
}

fn in_every_key(protocol: Protocol) {
    let bench = protocol.bench();
    for (index, key) in keys().iter().enumerate() {
        let all = [PEM, CONNECTION_STRING, URL];
        // The unit tests have every form in every key.
        for value in [all[index % 3], all[(index + 1) % 3]] {
            let list = if key == "messaging_brokers" { "[\"${SECRET}\"]" } else { "\"${SECRET}\"" };
            let config = patient(&bench).set(key, list);
            shows_nothing(&with(&bench, &config, value), key);
        }
    }
}

#[test]
fn in_a_key_for_a_file_even_a_short_one() {
    let bench = Bench::new();
    let config = bench.config().set("username", "me");
    for (key, value) in [
        ("messaging_cert_key", PEM),
        ("messaging_cert_key", "hunterMaRk"),
        ("messaging_ca_cert", PEM),
        ("messaging_ca_cert", "hunterMaRk"),
        ("messaging_key_passphrase_file", "hunterMaRk"),
        ("messaging_key_passphrase_file", "hun/terMaRk"),
        ("password_file", "hunterMaRk"),
        ("password_file", "/hunterMaRk"),
        ("password_file", CONNECTION_STRING),
    ] {
        let config = config.clone().set("password_file", "/dev/null").set(key, "\"${SECRET}\"");
        let ended = with(&bench, &config, value).expect(78);
        shows_nothing(&ended, key);
        ended.says(&format!("msg_signer.{key}: "));
    }
    let ended =
        with(&bench, &bench.config().set("messaging_cert_key", "\"${SECRET}\""), PEM).expect(78);
    ended.says("msg_signer.messaging_cert_key: holds PEM text; expected a path");
    let brokers = bench.config().set("messaging_brokers", "[\"${SECRET}\"]");
    let ended = with(&bench, &brokers, CONNECTION_STRING).expect(78);
    ended
        .says("msg_signer.messaging_brokers: item 1: holds a connection string; expected amqps://");
    assert!(bench.record().connections.is_empty());
}

#[test]
fn a_file_s_mistyped_name_is_shown() {
    let bench = Bench::new();
    let config = bench.config().set("username", "me").set("password_file", "/dev/null");
    for key in ["messaging_cert_key", "messaging_ca_cert", "password_file"] {
        for name in ["clint.pem", "certs/clint.crt", "/etc/none/clint", "./clint"] {
            let ended = with(&bench, &config.clone().set(key, name), "").expect(78);
            ended.says(&format!("{name}: cannot read"));
        }
    }
}

#[test]
fn in_every_option_and_input() {
    let bench = Bench::new();
    let blob = bench.file("blob", "b");
    let config = bench.file("f.yaml", patient(&bench).yaml()).display().to_string();
    let commands = [
        ("container-sign", IMAGE.to_owned()),
        ("clear-sign", "clear-sign --signing-key ABCD1234 --task-id 7 text".to_owned()),
        (
            "blob-sign",
            format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", blob.display()),
        ),
    ];
    for (command, arguments) in commands {
        let run = |words: &[&str]| {
            let mut program = program(&arguments, &config, "");
            // Some options name files that are made.
            program.command.current_dir(blob.parent().unwrap());
            shows_nothing(&program.args(words).run(), &words.join(" "));
        };
        for (index, option) in options(command).iter().enumerate() {
            let value = [PEM, CONNECTION_STRING, URL][index % 3];
            run(&[&format!("{option}={value}")]);
        }
        run(&[PEM]);
        run(&[&format!("@{PEM}")]);
        run(&[&format!("--no-such-option={PEM}")]);
    }
    for words in [[PEM, "x"], ["--password=MaRk", "clear-sign"]] {
        shows_nothing(&Program::new(&under_test()).args(words).run().expect(2), words[0]);
    }
}

/// A check prints what was found, and nothing of this.
#[test]
fn in_a_check() {
    let bench = Bench::with(|options| {
        options.sasl.required = true;
        options.sasl.user = Some(("meMaRk".into(), "hunter2MaRk".into()));
    });
    let run = |config: &Config, words: &[&str], what: &str| {
        let path = bench.file("f.yaml", config.yaml()).display().to_string();
        let runs = ["check", "check --json", "check --task-id 7 --json"].map(|arguments| {
            let ended = program(arguments, &path, URL).args(words).run();
            let printed = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!printed.contains(MARK), "{what}:\n{printed}");
            ended
        });
        runs.into_iter().next().unwrap()
    };
    for key in keys() {
        let list = if key == "messaging_brokers" { "[\"${SECRET}\"]" } else { "\"${SECRET}\"" };
        run(&patient(&bench).set(&key, list), &[], &key);
    }
    for (index, option) in options("check").iter().enumerate() {
        let value = [PEM, CONNECTION_STRING, URL][index % 3];
        run(&patient(&bench), &[&format!("{option}={value}")], option);
    }
    // Neither a password that is used nor a key that is read.
    let password = bench.file("password", "hunter2MaRk").display().to_string();
    let config = bench.config().set("username", "meMaRk").set("password_file", &password);
    let ended = run(&config, &[], "a login");
    assert!(ended.expect(0).stdout.contains("PLAIN; offered: "));
}

#[test]
fn a_file_s_name_is_printed_on_one_line_and_without_effects() {
    let bench = Bench::new();
    let name = "no\nsuch\u{1b}[31m\u{202e}file";
    let config = bench.file("f.yaml", bench.config().yaml()).display().to_string();
    let sign = "blob-sign --signing-key ABCD1234 --task-id 7";
    for (arguments, status) in [
        (vec!["--config-file", &config, "--blob-file", name], 66),
        (vec!["--blob-file", "/dev/null", "--config-file", name], 78),
    ] {
        let mut program = Program::new(&under_test());
        let ended = program.args(sign.split(' ')).args(arguments).run().expect(status);
        ended.says("no\\nsuch\\u{1b}[31m\\u{202e}file: cannot read the ");
        assert_eq!(ended.reported().lines().count(), 1, "{}", ended.stderr);
    }
    for key in ["messaging_cert_key", "messaging_ca_cert", "password_file"] {
        let config = bench.config().set("username", "me").set("password_file", "/dev/null");
        let value = Value::from(format!("./{name}")).to_string();
        let ended = with(&bench, &config.set(key, &value), "").expect(78);
        ended.says("./no\\nsuch\\u{1b}[31m\\u{202e}file");
        assert_eq!(ended.reported().lines().count(), 1, "{}", ended.stderr);
    }
}
