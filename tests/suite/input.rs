//! Mistakes that are found before anything is sent: one line with the problem and the remedy.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use crate::harness::{Bench, SEND_TO, images, refused, run};

const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";
const KEY: &str = "container-sign --signing-key 55A34A82 --task-id 7";
const IMAGE: &str = "container-sign --signing-key 55A34A82 --task-id 7 \
     --digest sha256:0000000000000000000000000000000000000000000000000000000000000001 --reference r/ns/app:1";

#[test]
fn counts_that_do_not_match_name_both() {
    let bench = Bench::new();
    for (arguments, says) in [
        (
            format!("{IMAGE} --digest {DIGEST}"),
            &["--digest: 2 given", "1 of --reference", "pair up"][..],
        ),
        (format!("{IMAGE} --reference r/ns/app:2"), &["--digest: 1 given", "2 of --reference"]),
        (
            format!("{IMAGE} --signing-key L --signing-key-name n"),
            &["--signing-key-name: 1 given", "2 of --signing-key"],
        ),
        (
            format!("{IMAGE} --signing-key-name n --signing-key-name m"),
            &["--signing-key-name: 2 given", "1 of"],
        ),
        (format!("{IMAGE} --signer-type batch --signing-key L"), &["--signing-key-name", "2 keys"]),
    ] {
        refused(&bench, bench.run(&bench.config(), &arguments), 2, says);
    }
}

#[test]
fn a_reference_must_name_a_repository() {
    let bench = Bench::new();
    for reference in
        ["app", "app:1", "registry.example.com/", "registry.example.com/:1", "r/@sha256:1"]
    {
        let ended =
            bench.run(&bench.config(), &format!("{KEY} --digest {DIGEST} --reference {reference}"));
        refused(
            &bench,
            ended,
            2,
            &["--reference", &format!("\"{reference}\""), "registry/repository:tag"],
        );
    }
    // The second reference is checked, too.
    let ended = bench.run(&bench.config(), &format!("{IMAGE} --digest {DIGEST} --reference app"));
    refused(&bench, ended, 2, &["number 2 \"app\""]);
}

#[test]
fn a_reference_may_have_a_port_a_tag_and_a_digest() {
    let bench = Bench::new();
    for (reference, repo) in [
        ("registry.example.com:5000/ns/app:1", "ns/app"),
        ("registry.example.com:5000/ns/app", "ns/app"),
        ("r/app@DIGEST", "app"),
        ("r:1/a/b/c:2@DIGEST", "a/b/c"),
    ] {
        let reference = reference.replace("DIGEST", DIGEST);
        let before = bench.record().requests.len();
        bench
            .run(&bench.config(), &format!("{KEY} --digest {DIGEST} --reference {reference}"))
            .expect(0);
        assert_eq!(bench.record().requests[before].json()["repo"], repo, "{reference}");
    }
}

#[test]
fn a_file_s_bytes_are_signed_whatever_they_are() {
    let bench = Bench::new();
    for content in
        ["Grüße €\n".as_bytes(), b"CR LF\r\nlines\r\n", b"\0\xff\xfe binary", b"", b"@not-a-file"]
    {
        let before = bench.record().requests.len();
        let at_file = format!("@{}", bench.file("text", content).display());
        bench
            .run(&bench.config(), &format!("clear-sign --signing-key K --task-id 7 {at_file}"))
            .expect(0);
        let data = bench.record().requests[before].json()["data"].clone();
        assert_eq!(data, openssl::base64::encode_block(content));
    }
}

#[test]
fn an_input_file_that_cannot_be_read_is_named() {
    let bench = Bench::new();
    let folder = bench.sandbox.dir().display().to_string();
    for (command, word) in [
        ("clear-sign", format!("@{folder}/none")),
        ("clear-sign", format!("@{folder}")),
        ("clear-sign", "@".to_owned()),
        ("blob-sign", format!("--blob-file={folder}/none")),
        ("blob-sign", format!("--blob-file={folder}")),
    ] {
        let ended = run(
            &bench,
            &bench.config(),
            &format!("{command} --signing-key K --task-id 7"),
            &[&word],
        );
        let path = word.trim_start_matches("--blob-file=").trim_start_matches('@');
        refused(&bench, ended, 66, &[path, "cannot read the input"]);
    }
    // A name that is not UTF-8.
    let word = OsStr::from_bytes(b"@/\xff/none");
    refused(
        &bench,
        run(&bench, &bench.config(), "clear-sign --signing-key K --task-id 7", &[word]),
        66,
        &["none"],
    );
}

#[test]
fn an_operation_without_items_is_refused() {
    let bench = Bench::new();
    refused(
        &bench,
        bench.run(&bench.config(), "clear-sign --signing-key K --task-id 7"),
        2,
        &["nothing to sign"],
    );
    refused(
        &bench,
        bench.run(&bench.config(), "blob-sign --signing-key K --task-id 7"),
        2,
        &["--blob-file"],
    );
    refused(&bench, bench.run(&bench.config(), KEY), 2, &["--digest, --reference"]);
    refused(
        &bench,
        bench.run(&bench.config(), "container-sign"),
        2,
        &["--signing-key, --task-id, --digest"],
    );
}

#[test]
fn the_named_configuration_counts() {
    let bench = Bench::new();
    let path = bench.sandbox.dir().join("none.yaml").display().to_string();
    let ended = run(&bench, &bench.config(), IMAGE, &["--config-file", &path]);
    refused(&bench, ended, 78, &[&path, "No such file"]);
    let folder = bench.sandbox.dir().display().to_string();
    refused(
        &bench,
        run(&bench, &bench.config(), IMAGE, &["--config-file", &folder]),
        78,
        &[&folder],
    );
    let binary = bench.file("binary", b"\xff\xfe").display().to_string();
    refused(
        &bench,
        run(&bench, &bench.config(), IMAGE, &["--config-file", &binary]),
        78,
        &[&binary, "UTF-8"],
    );
    let empty = bench.file("empty", b"# nothing\n").display().to_string();
    refused(
        &bench,
        run(&bench, &bench.config(), IMAGE, &["--config-file", &empty]),
        78,
        &[&empty, "empty"],
    );
    let broken = bench.file("broken", b"msg_signer: [\n").display().to_string();
    refused(
        &bench,
        run(&bench, &bench.config(), IMAGE, &["--config-file", &broken]),
        78,
        &[&broken, "YAML"],
    );
}

/// Without --config-file the file below the home directory is read; `~` means the same directory.
#[test]
fn the_configuration_is_found_below_the_home_directory() {
    let bench = Bench::new();
    let home = bench.sandbox.dir().join("home");
    let folder = home.join(".config/pubtools-sign");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(bench.sandbox.client_pem(), home.join("client.pem")).unwrap();
    let config = bench
        .config()
        .set("messaging_cert_key", "~/client.pem")
        .set("messaging_ca_cert", "${SUITE_CA}");
    let config = config.set("environment", "\"a-${SUITE_ENV}-b\"");
    std::fs::write(folder.join("conf.yaml"), config.yaml()).unwrap();
    let mut program = crate::harness::Program::new(&crate::harness::under_test());
    program.args(IMAGE.split(' '));
    program
        .command
        .env("HOME", &home)
        .env("SUITE_CA", bench.sandbox.ca_file())
        .env("SUITE_ENV", "é ${HOME}");
    program.run().expect(0);
    let environment = bench.record().requests[0].application_properties()[1].1.clone();
    assert_eq!(format!("{environment:?}"), r#"String("a-é ${HOME}-b")"#);
}

#[test]
fn the_usual_configuration_is_looked_for_in_the_home_folder() {
    let bench = Bench::new();
    let home = bench.sandbox.dir();
    let folder = home.join(".config/pubtools-sign");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("conf.yaml"), "nothing: {}\n").unwrap();
    let mut program = crate::harness::Program::new(&crate::harness::under_test());
    program.args(IMAGE.split(' '));
    program.command.env("HOME", home);
    refused(&bench, program.run(), 78, &[".config/pubtools-sign/conf.yaml", "msg_signer"]);
}

#[test]
fn missing_wrong_and_unknown_keys_of_the_configuration_are_named() {
    let bench = Bench::new();
    let config = || bench.config();
    let password = bench.file("password", "secret\n").display().to_string();
    let empty = bench.file("empty", "\n").display().to_string();
    let plain = format!("[\"{}\"]", bench.sandbox.amqp_url());
    for (config, says) in [
        (
            config().set("timeot", "10"),
            &["config.yaml: msg_signer.timeot", "did you mean timeout?"][..],
        ),
        (
            config().set("messaging_cert", "x"),
            &["config.yaml: msg_signer.messaging_cert", "did you mean messaging_cert_key?"],
        ),
        (
            config().set("bogus", "x"),
            &["config.yaml: msg_signer.bogus", "unknown key", "messaging_brokers"],
        ),
        (config().without("timeout"), &["config.yaml: msg_signer.timeout", "required; add it"]),
        (
            config().without("topic_listen_to"),
            &["config.yaml: msg_signer.topic_listen_to", "required"],
        ),
        (config().set("timeout", "0"), &["config.yaml: msg_signer.timeout", "at least 1"]),
        (config().set("timeout", "soon"), &["config.yaml: msg_signer.timeout", "\"soon\""]),
        (config().set("retries", "-1"), &["config.yaml: msg_signer.retries", "at least 1"]),
        (
            config().set("log_level", "loud"),
            &["config.yaml: msg_signer.log_level", "CRITICAL", "\"loud\""],
        ),
        (
            config().set("messaging_brokers", "[]"),
            &["config.yaml: msg_signer.messaging_brokers", "at least one"],
        ),
        (config().set("messaging_brokers", "amqps://localhost"), &["messaging_brokers", "list"]),
        (
            config().set("messaging_brokers", "[\"localhost:5671\"]"),
            &["messaging_brokers", "write amqps://localhost:5671"],
        ),
        (
            config().set("messaging_brokers", "[\"amqps://me:hush@h\"]"),
            &["messaging_brokers", "password_file"],
        ),
        (
            config().without("messaging_ca_cert"),
            &["config.yaml: msg_signer.messaging_ca_cert", "cannot be verified"],
        ),
        (
            config().without("messaging_cert_key"),
            &["config.yaml: msg_signer.messaging_cert_key", "add it"],
        ),
        (config().set("messaging_ca_cert", "/none/ca.pem"), &["/none/ca.pem"]),
        (config().set("messaging_cert_key", "/none/me.pem"), &["/none/me.pem"]),
        (
            config().set("environment", "${SUITE_UNSET}"),
            &["config.yaml: msg_signer.environment", "SUITE_UNSET is not set"],
        ),
        (
            config().set("task_id_attribute", "request_id"),
            &["config.yaml: msg_signer.task_id_attribute", "another name"],
        ),
        (config().set("username", "me"), &["config.yaml: msg_signer.username", "password_file"]),
        (
            config().set("sasl", "plain"),
            &["config.yaml: msg_signer.sasl", "username and password_file"],
        ),
        (
            config().set("sasl", "gssapi"),
            &["config.yaml: msg_signer.sasl", "auto, none, anonymous, external, plain"],
        ),
        (
            config().set("sender_target", "queue"),
            &["config.yaml: msg_signer.sender_target", "auto, address, anonymous"],
        ),
        (
            config().set("tls_verify", "yes"),
            &["config.yaml: msg_signer.tls_verify", "full, ca, none"],
        ),
        (config().set("service", "12345"), &["config.yaml: msg_signer.service", "quote it"]),
        (
            config().set("username", "me").set("password_file", "/none/pw"),
            &["/none/pw", "password"],
        ),
        (config().set("username", "me").set("password_file", &empty), &["the password is empty"]),
        (
            config()
                .set("messaging_brokers", &plain)
                .set("username", "me")
                .set("password_file", &password),
            &["config.yaml: msg_signer.username", "unencrypted", "amqps://"],
        ),
        (
            config().set("messaging_brokers", &plain).without("messaging_cert_key"),
            &["config.yaml: msg_signer.messaging_cert_key", "--requester"],
        ),
    ] {
        let ended = bench.run(&config, IMAGE);
        assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
        refused(&bench, ended, 78, says);
    }
    // A key that only the batch section has.
    let ended =
        bench.run(&config().set("chunk_size", "0"), &format!("{IMAGE} --signer-type batch"));
    refused(&bench, ended, 78, &["config.yaml: msg_batch_signer.chunk_size", "at least 1"]);
}

#[test]
fn only_the_requested_section_is_checked() {
    let bench = Bench::new();
    let single = bench.config().yaml().split("msg_batch_signer:").next().unwrap().to_owned();
    let path =
        bench.file("single.yaml", single + "cosign_signer: {bogus: 1}\n").display().to_string();
    refused(
        &bench,
        run(&bench, &bench.config(), IMAGE, &["--signer-type", "batch", "--config-file", &path]),
        78,
        &["single.yaml", "msg_batch_signer: this section is missing", "msg_signer, cosign_signer"],
    );
    run(&bench, &bench.config(), IMAGE, &["--config-file", &path]).expect(0);
}

#[test]
fn a_log_level_may_be_critical_and_of_any_case() {
    let bench = Bench::new();
    for level in ["CRITICAL", "critical", "Warning", "DEBUG"] {
        let ended = bench.run(&bench.config().set("log_level", level), IMAGE).expect(0);
        assert_eq!(ended.stderr.is_empty(), level != "DEBUG", "{level}: {}", ended.stderr);
    }
    // The option takes precedence over RUST_LOG, and that over the file.
    let noisy = bench.config().set("log_level", "DEBUG");
    let ended = bench.run(&noisy, &format!("{IMAGE} --log-level critical")).expect(0);
    assert_eq!(ended.stderr, "");
    let mut program = bench.program(&noisy, IMAGE);
    program.command.env("RUST_LOG", "error");
    assert_eq!(program.run().expect(0).stderr, "");
    let mut program = bench.program(&noisy, &format!("{IMAGE} --log-level info"));
    program.command.env("RUST_LOG", "error");
    assert!(program.run().expect(0).stderr.contains(SEND_TO));
}

#[test]
fn an_alias_of_nothing_is_refused() {
    let bench = Bench::new();
    let config = bench.config().set("key_aliases", "{55A34A82: \"\"}");
    refused(&bench, bench.run(&config, IMAGE), 2, &["--signing-key", "\"55A34A82\"", "alias"]);
}

#[test]
fn an_option_s_mistake_names_the_option() {
    let bench = Bench::new();
    for (words, says) in [
        (&["--digset", "x"][..], "did you mean --digest?"),
        (&["--repo", "x"], "--repo is not an option of container-sign, only of clear-sign"),
        (&["--raw=1"], "--raw takes no value"),
        (&["--requester"], "--requester needs a value"),
        (&["--requester", ""], "--requester has an empty value"),
        (&["--log-level", "loud"], "option '--log-level' with value 'loud': expected trace, debug"),
        (&["--signer-type", "both"], "--signer-type"),
        (&["word"], "unexpected argument \"word\""),
    ] {
        let ended = run(&bench, &bench.config(), &images(1), words);
        refused(&bench, ended, 2, &[says, "'amqp-messenger container-sign --help'"]);
    }
}
