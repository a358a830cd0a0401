//! Options that set keys of the configuration, in place of the file or beside it.

use std::{fs, os::unix::process::CommandExt};

use amqp_sandbox::{ReplyAct, When, types::primitives::SimpleValue};

use crate::harness::{
    Bench, Config, Ended, LONG, Program, Protocol, images, refused, rule, run, took_between,
    under_test,
};

over_both!(with_every_required_key_set_no_file_is_needed,);

/// Words that set these keys.
fn set(keys: &[(&str, &str)]) -> Vec<String> {
    keys.iter().flat_map(|(key, value)| ["--set".into(), format!("{key}={value}")]).collect()
}

/// Signs an image with more words.
fn sign(bench: &Bench, config: &Config, words: &[String]) -> Ended {
    let mut program = bench.program(config, &images(1));
    program.args(words);
    program.run()
}

/// The keys of a configuration as words, and a program without any file.
fn without_a_file(bench: &Bench, keys: &[(&str, &str)]) -> Program {
    let home = bench.file("home", "").with_file_name("none");
    let mut program = Program::new(&under_test());
    program.args(images(1).split(' ')).args(set(keys));
    program.command.env("HOME", home);
    program
}

/// All required keys for a bench, as `--set` has them.
fn required(bench: &Bench, protocol: Protocol) -> Vec<(String, String)> {
    let sandbox = &bench.sandbox;
    [
        ("messaging_brokers", format!("[{}]", bench.url())),
        ("messaging_cert_key", sandbox.client_pem().display().to_string()),
        ("messaging_ca_cert", sandbox.ca_file().display().to_string()),
        ("topic_send_to", "topic://VirtualTopic.sandbox.sign".into()),
        (
            "topic_listen_to",
            protocol
                .or(
                    "queue://Consumer.{creator}-{task_id}.VirtualTopic.sandbox.reply",
                    "topic://VirtualTopic.sandbox.reply",
                )
                .into(),
        ),
        ("environment", "prod".into()),
        ("service", "suite".into()),
        ("timeout", "10".into()),
        ("retries", "2".into()),
        ("send_retries", "2".into()),
        ("message_id_key", "request_id".into()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn borrowed(keys: &[(String, String)]) -> Vec<(&str, &str)> {
    keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[test]
fn what_an_option_sets_counts_before_the_file() {
    let bench = Bench::new();
    // What is replaced need not be right, nor its variable be set.
    let config = bench.config().set("environment", "\"${UNSET_VARIABLE}\"").set("timeout", "none");
    let words = set(&[
        ("environment", "stage"),
        ("service", "\"${SERVICE}s\""),
        ("key_aliases", "{production: 55A34A82}"),
        ("timeout", "7"),
    ]);
    let mut program = bench.program(&config, &images(1).replace("ABCD1234", "production"));
    program.args(&words).args(["--retries", "3", "--no-resend"]);
    program.command.env("SERVICE", "build");
    let ended = program.run().expect(0);
    let record = bench.record();
    let request = &record.requests[0];
    let properties = request.application_properties();
    for (name, value) in [("environment", "stage"), ("service", "builds")] {
        let (_, found) = properties.iter().find(|(known, _)| known == name).unwrap();
        assert_eq!(*found, SimpleValue::String(value.into()));
    }
    assert_eq!(request.json()["sig_key_id"], "55A34A82");
    ended.logs("timeout 7 s × retries 3 × send_retries 1 = 21 s");
}

/// The key that only this section has, and the form with "=".
#[test]
fn the_section_for_batches_has_its_keys() {
    let bench = Bench::new();
    let arguments = images(3) + " --signer-type batch";
    let mut program = bench.program(&bench.config(), &arguments);
    program.args(["--set=chunk_size=2"]).run().expect(0).logs("from --set: chunk_size\n");
    assert_eq!(bench.record().requests.len(), 2);
    let ended = run(&bench, &bench.config(), &images(3), &["--set=chunk_size=2"]).expect(2);
    ended.says("--set chunk_size: unknown key; only msg_batch_signer has it");
}

/// The log says which keys are from where, and never what they are.
#[test]
fn the_log_says_which_keys_are_from_where() {
    let bench = Bench::new();
    let config = bench.config().set("log_level", "info");
    let words = [
        set(&[("environment", "secret-stage"), ("service", "secret-service")]),
        ["--timeout", "9", "--no-resend"].map(str::to_owned).into(),
    ]
    .concat();
    let ended = sign(&bench, &config, &words).expect(0);
    let path = bench.sandbox.dir().parent().unwrap().join("config.yaml");
    ended.logs(&format!(" INFO  configuration: {}, section msg_signer\n", path.display()));
    ended.logs(
        " INFO  keys from the file: messaging_brokers, messaging_cert_key, messaging_ca_cert, topic_send_to, \
         topic_listen_to, retries, message_id_key, log_level; from --no-resend: send_retries; \
         from --set: environment, service; from --timeout: timeout\n",
    );
    assert!(!ended.stderr.contains("secret-"), "{}", ended.stderr);
    // Of a file alone the keys are not listed.
    let ended = sign(&bench, &config, &[]).expect(0);
    assert!(!ended.stderr.contains(" keys from "), "{}", ended.stderr);
}

fn with_every_required_key_set_no_file_is_needed(protocol: Protocol) {
    let bench = protocol.bench();
    let keys = required(&bench, protocol);
    let ended = without_a_file(&bench, &borrowed(&keys)).run().expect(0);
    ended.logs(" INFO  configuration: no file, section msg_signer\n");
    ended.logs(" INFO  keys from --set: environment, message_id_key, ");
    assert_eq!(bench.record().requests.len(), 1);
    let connections = bench.record().connections.len();
    // Each of them is missed.
    for missing in keys.iter().map(|(key, _)| key) {
        let others: Vec<_> = keys.iter().filter(|(key, _)| key != missing).cloned().collect();
        let ended = without_a_file(&bench, &borrowed(&others)).run().expect(78);
        let expected = match missing.as_str() {
            "messaging_cert_key" | "messaging_ca_cert" => {
                format!("msg_signer.{missing}: an {}s:// broker", protocol.scheme())
            }
            _ => format!(
                "msg_signer.{missing}: this key is required; name a configuration file with --config-file, or write --set {missing}=VALUE\n"
            ),
        };
        ended.says(&expected);
    }
    let ended = without_a_file(&bench, &[]).run().expect(78);
    ended.says("there is no configuration file; name one with --config-file");
    assert_eq!(bench.record().connections.len(), connections);
}

/// A file that exists is not left out because it is not needed.
#[test]
fn a_file_that_exists_must_be_right_even_if_every_key_is_set() {
    let bench = Bench::new();
    let keys = required(&bench, Protocol::Amqp);
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/pubtools-sign");
    fs::create_dir_all(&folder).unwrap();
    for (text, expected) in [
        ("msg_signer: [", "conf.yaml: not a YAML file of sections: "),
        ("msg_batch_signer: {}", "conf.yaml: msg_signer: this section is missing"),
        ("msg_signer: {timeot: 1}", "conf.yaml: msg_signer.timeot: unknown key"),
        ("msg_signer: {durable: 7}", "conf.yaml: msg_signer.durable: expected true or false"),
    ] {
        fs::write(folder.join("conf.yaml"), text).unwrap();
        let mut program = without_a_file(&bench, &borrowed(&keys));
        program.command.env("HOME", home.path());
        program.run().expect(78).says(expected);
    }
    let mut program = without_a_file(&bench, &borrowed(&keys));
    program.args(["--config-file", "/nonexistent/conf.yaml"]);
    program.run().expect(78).says("/nonexistent/conf.yaml: cannot read the configuration");
    assert!(bench.record().connections.is_empty());
}

/// Each is one line that names the option, and the key.
#[test]
fn a_wrong_value_is_a_usage_error() {
    let bench = Bench::new();
    // A wrong command line counts before a wrong file.
    let config = bench.config().set("bogus", "1");
    for (words, expected) in [
        (&["--set", "timeout"][..], "--set timeout: no value; write --set KEY=VALUE; try"),
        (&["--set", "=5"], "--set: no key before \"=\"; write"),
        (&["--set", ""], "--set has an empty value; give one"),
        (&["--set", "tiemout=5"], "--set tiemout: unknown key; did you mean timeout?"),
        (
            &["--set", "timeout=soon"],
            "--set timeout: expected a whole number of at least 1, found \"soon\"",
        ),
        (&["--set", "timeout="], "--set timeout: no value; expected a whole number"),
        (
            &["--set", "deadline=-1"],
            "--set deadline: expected a number of seconds above 0, found -1",
        ),
        (
            &["--set", "password=hunter2"],
            "--set password: unknown key; did you mean password_file?",
        ),
        (
            &["--timeout", "soon"],
            "--timeout: expected a whole number of at least 1, found \"soon\"",
        ),
        (&["--timeout="], "--timeout has an empty value; give one"),
        (&["--retries=0"], "--retries: expected a whole number of at least 1, found 0"),
        (
            &["--send-retries", "[1]"],
            "--send-retries: expected a whole number of at least 1, found a list",
        ),
        (&["--deadline", "1h"], "--deadline: expected a number of seconds above 0, found \"1h\""),
        (&["--no-resend=1"], "--no-resend takes no value"),
        (
            &["--no-resend", "--send-retries", "1"],
            "--send-retries and --no-resend both set send_retries; remove one",
        ),
        (
            &["--deadline", "5", "--set", "deadline=5"],
            "--set deadline and --deadline both set deadline; remove one",
        ),
    ] {
        let ended = run(&bench, &config, &images(1), words);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        refused(&bench, ended, 2, &[expected, "'amqp-messenger container-sign --help'"]);
    }
}

/// What is wrong only together, or only once it is used, is an error of the configuration that names the option.
#[test]
fn what_does_not_go_together_names_the_option() {
    let bench = Bench::new();
    for (keys, expected) in [
        (&[("sasl", "plain")][..], "--set sasl: plain needs username and password_file; add them"),
        (&[("username", "me")], "--set username: password_file is missing"),
        (&[("timeout", "4000000"), ("retries", "2000")], "--set timeout: timeout × retries is "),
        (
            &[("messaging_cert_key", "hunter2")],
            "--set messaging_cert_key: the file does not exist; expected the path",
        ),
        (&[("topic_send_to", "topic://{bogus}.x")], "--set topic_send_to: {bogus} is not a field"),
        (&[("key_aliases", "{ABCD1234: \"null\"}")], "--set key_aliases.ABCD1234: "),
        (
            &[("messaging_ca_cert", "/nonexistent/ca.pem")],
            "/nonexistent/ca.pem: cannot read the CA certificates",
        ),
    ] {
        let ended = sign(&bench, &bench.config(), &set(keys));
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        refused(&bench, ended, 78, &[expected]);
    }
}

/// Nothing of a value that may be a secret is repeated, whatever the key.
#[test]
fn a_secret_in_a_value_is_not_repeated() {
    let bench = Bench::new();
    let pem = fs::read_to_string(bench.sandbox.client_pem()).unwrap();
    let line = pem.lines().nth(1).unwrap().to_owned();
    let quoted = format!("{:?}", pem);
    for (key, value, secret) in [
        ("messaging_cert_key", quoted.as_str(), line.as_str()),
        ("messaging_key", &quoted, &line),
        ("service", &quoted, &line),
        ("messaging_brokers", "[\"amqps://me:hunter2@h\"]", "hunter2"),
        ("messaging_brokers", "amqps://me:hunter2@h", "hunter2"),
        ("password_file", "hunter2", "hunter2"),
        ("timeout", "amqps://me:hunter2@h", "hunter2"),
        ("amqps://me:hunter2@h", "5", "hunter2"),
    ] {
        let ended = sign(&bench, &bench.config().set("username", "me"), &set(&[(key, value)]));
        assert!([2, 78].contains(&ended.status), "{key}: {}", ended.stderr);
        assert!(!ended.stderr.contains(secret), "{key}: {}", ended.stderr);
    }
    let ended = run(&bench, &bench.config(), &images(1), &["--set", "amqps://me:hunter2@h"]);
    assert!(!ended.expect(2).stderr.contains("hunter2"));
    assert!(bench.record().connections.is_empty());
}

/// Each overrides the file.
#[test]
fn patience_is_set_by_options() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    let config = bench.config().patience(60, 5, 5);
    let words = ["--timeout", "1", "--retries", "2", "--send-retries", "2"].map(str::to_owned);
    let ended = sign(&bench, &config, &words).expect(75);
    ended.logs("timeout 1 s × retries 2 × send_retries 2 = 4 s\n");
    took_between(&ended, 4.0, LONG.as_secs_f64());
    assert_eq!(bench.record().requests.len(), 2, "once a cycle");
    let words = ["--timeout", "1", "--retries", "1", "--no-resend"].map(str::to_owned);
    let ended = sign(&bench, &config, &words).expect(75);
    took_between(&ended, 1.0, LONG.as_secs_f64());
    assert_eq!(bench.record().requests.len(), 3, "once");
}

/// The deadline of the command line counts, and the start says if it ends the run before its cycles do.
#[test]
fn a_deadline_shorter_than_the_cycles_is_said_at_the_start() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    let config = bench.config().patience(60, 2, 3).set("deadline", "500");
    let ended = sign(&bench, &config, &["--deadline".into(), "1.5".into()]).expect(124);
    took_between(&ended, 1.5, LONG.as_secs_f64());
    let arithmetic = "timeout 60 s × retries 2 × send_retries 3 = 360 s";
    ended.logs(&format!("{arithmetic}; the deadline of 1.5 s ends the run before\n"));
    let bench = Bench::new();
    let ended =
        sign(&bench, &bench.config().patience(60, 2, 3).set("deadline", "360"), &[]).expect(0);
    ended.logs(&format!("{arithmetic}\n"));
}

/// For pubtools-sign these are no options.
#[test]
fn under_the_names_of_pubtools_sign_nothing_is_set() {
    let bench = Bench::new();
    let path = bench.file("c.yaml", bench.config().yaml());
    for option in [
        "--set=timeout=5",
        "--timeout=5",
        "--retries=5",
        "--send-retries=5",
        "--deadline=5",
        "--no-resend",
    ] {
        let words = images(1).replace("container-sign ", "");
        let mut program = Program::new(&under_test());
        program.command.arg0("pubtools-sign-msg-container-sign");
        program.args(words.split(' ')).args(["--config-file"]).args([&path]).args([option]);
        let name = option.split('=').next().unwrap();
        program.run().expect(2).says(&format!("no such option: {name}"));
    }
    assert!(bench.record().connections.is_empty());
}
