//! The program under the names of pubtools-sign: its options, its statuses, its view of texts.

use std::{
    ffi::{OsStr, OsString},
    os::unix::{ffi::OsStrExt, fs::symlink},
};

use amqp_sandbox::{Act, Content, ReplyAct, RequestAct, Rule, When};
use serde_json::json;

use crate::{
    harness::{Bench, Config, Ended, Program, under_test},
    peer,
};

const CONTAINER: &str = "pubtools-sign-msg-container-sign";
const CLEAR: &str = "pubtools-sign-msg-clear-sign";
const BLOB: &str = "pubtools-sign-msg-blob-sign";
const BUNDLE: &str = "pubtools-sign";

const IMAGE: &[&str] = &["--task-id", "7", "--digest", "sha256:1", "--reference", "r/ns/app:1"];

/// The program by another name.
fn called(bench: &Bench, name: &str) -> Program {
    let link = bench.sandbox.dir().join(name);
    if !link.exists() {
        symlink(under_test(), &link).unwrap();
    }
    Program::new(&link)
}

fn run<S: AsRef<OsStr>>(bench: &Bench, config: &Config, name: &str, words: &[S]) -> Ended {
    let path = bench.file("config.yaml", config.yaml());
    let mut program = called(bench, name);
    // The bundle's first word is the command.
    let (first, rest) = if name == BUNDLE { words.split_at(1) } else { words.split_at(0) };
    program.args(first).args([OsStr::new("--config-file"), path.as_os_str()]).args(rest);
    program.run()
}

fn container(bench: &Bench, config: &Config, more: &[&str]) -> Ended {
    run(bench, config, CONTAINER, &[&["--signing-key", "K"], IMAGE, more].concat())
}

fn misbehaving(act: impl Into<Act>) -> Bench {
    Bench::misbehaving(vec![Rule::new(When::Any, act)])
}

fn server_error() -> ReplyAct {
    ReplyAct::ServerError {
        errors: vec!["no such key".into(), "try another".into()],
        signing_status: "failure".into(),
    }
}

#[test]
fn every_name_signs() {
    let bench = Bench::new();
    let blob = bench.file("blob", "blob").display().to_string();
    let clear = ["--signing-key", "K", "--task-id", "7", "text"];
    let blob = ["--signing-key", "K", "--task-id", "7", "--blob-file", &blob];
    let image = [&["--signing-key", "K"], IMAGE].concat();
    let bundled = |command, words: &[&'static str]| [&[command], words].concat();
    for (name, words, value) in [
        (CONTAINER, image.clone(), "signed_claim"),
        (CLEAR, clear.to_vec(), "signed_data"),
        (BLOB, blob.to_vec(), "signed_payload"),
        (
            BUNDLE,
            bundled(
                "msg-container-sign",
                &["--signing-key", "K", "--task-id", "7", "--digest", "d", "--reference", "r/n"],
            ),
            "signed_claim",
        ),
        (BUNDLE, bundled("msg-clear-sign", &clear), "signed_data"),
        (BUNDLE, [&["msg-blob-sign"][..], &blob].concat(), "signed_payload"),
    ] {
        let ended = run(&bench, &bench.config(), name, &words).expect(0);
        assert_eq!(ended.messages()[0]["signing_status"], "success", "{name}");
        assert!(ended.messages()[0][value].is_string(), "{name}");
    }
}

/// pubtools-sign signs whatever it is given; only what can be no digest and no reference at all is refused.
#[test]
fn digests_and_references_are_those_of_pubtools_sign() {
    let bench = Bench::new();
    let image = |digest, reference| {
        let words =
            ["--signing-key", "K", "--task-id", "7", "--digest", digest, "--reference", reference];
        run(&bench, &bench.config(), CONTAINER, &words)
    };
    for (digest, reference) in [
        ("sha256:abc", "docker://quay.example/ns/app:1"),
        ("None", "r/app:"),
        ("sha256:ABC", "r/app@sha256:abd"),
    ] {
        image(digest, reference).expect(0);
    }
    for (digest, reference, says) in [
        ("null", "r/app:1", "--digest: number 1 is \"null\": expected sha256: and 64 hex digits"),
        ("sha256:1\r", "r/app:1", "--digest: number 1 is \"sha256:1\\r\": expected"),
        ("sha256:1 sha256:2", "r/app:1", "--digest: number 1"),
        ("sha256:1", "r/app:1\r", "--reference: number 1 \"r/app:1\\r\" holds '\\r'"),
        ("sha256:1", "r/app:1 r/app:2", "--reference: number 1 \"r/app:1 r/app:2\" holds ' '"),
        ("sha256:1", "null", "--reference: number 1 \"null\" names no repository"),
    ] {
        image(digest, reference).expect(2).says(says);
    }
    assert_eq!(bench.record().requests.len(), 3);
}

/// A refusal is a reply; it does not make up for another request without a reply.
#[test]
fn a_refusal_does_not_hide_a_missing_reply() {
    for other in [
        Act::from(ReplyAct::NoReply),
        ReplyAct::WithoutResult.into(),
        RequestAct::Reject(amqp_sandbox::Refusal {
            condition: "amqp:internal-error".into(),
            description: None,
        })
        .into(),
    ] {
        let refused = Rule::new(When::Request(1), server_error());
        let bench =
            Bench::misbehaving(vec![refused, Rule::new(When::FromRequest(2), other.clone())]);
        let config = bench.config().patience(1, 1, 1);
        let ended =
            container(&bench, &config, &["--digest", "sha256:2", "--reference", "r/ns/app:2"]);
        assert_eq!(ended.status, 1, "{other:?}\n{}", ended.stderr);
        assert_eq!(ended.document()["signer_result"]["status"], "error", "{other:?}");
    }
}

#[test]
fn a_refusal_is_a_success_in_json_and_a_failure_in_raw() {
    let bench = misbehaving(server_error());
    let ended = container(&bench, &bench.config(), &[]).expect(0);
    let document = ended.document();
    assert_eq!(document["signer_result"], json!({"status": "ok", "error_message": ""}));
    assert_eq!(ended.messages()[0]["errors"], json!(["no such key", "try another"]));

    let ended = container(&bench, &bench.config(), &["--raw"]).expect(1);
    assert_eq!(ended.stdout, "\n");
    let lines = |text| ended.stderr.lines().filter(|line| line.contains(text)).count();
    assert_eq!(
        (lines("no such key"), lines("try another")),
        (1, 1),
        "one a line: {}",
        ended.stderr
    );
}

#[test]
fn a_missing_or_useless_reply_is_1() {
    for act in [ReplyAct::NoReply, ReplyAct::Content(Content::NotJson)] {
        for raw in [&[][..], &["--raw"]] {
            let bench = misbehaving(act.clone());
            let ended = container(&bench, &bench.config().patience(1, 1, 1), raw).expect(1);
            if raw.is_empty() {
                assert_eq!(ended.document()["signer_result"]["status"], "error");
                assert_eq!(ended.document()["operation_results"], json!([""]));
            } else {
                assert_eq!(ended.stdout, "\n");
            }
        }
    }
    let bench = misbehaving(ReplyAct::WithoutResult);
    container(&bench, &bench.config(), &["--raw"]).expect(1);
}

#[test]
fn mistakes_found_before_the_run_are_1_and_usage_is_2() {
    let bench = Bench::new();
    let config = bench.config();
    let no_file = bench.sandbox.dir().join("none").display().to_string();
    let at_no_file = format!("@{no_file}");
    let clear = ["--signing-key", "K", "--task-id", "7"];
    for (status, ended) in [
        (
            1,
            called(&bench, CONTAINER)
                .args(["--config-file", &no_file, "--signing-key", "K"])
                .args(IMAGE)
                .run(),
        ),
        (
            1,
            run(
                &bench,
                &config.clone().without("timeout"),
                CONTAINER,
                &[&["--signing-key", "K"], IMAGE].concat(),
            ),
        ),
        (
            1,
            run(
                &bench,
                &config.clone().set("messaging_ca_cert", &no_file),
                CLEAR,
                &[&clear[..], &["x"]].concat(),
            ),
        ),
        (1, run(&bench, &config, CLEAR, &[&clear[..], &[&at_no_file]].concat())),
        (1, run(&bench, &config, BLOB, &[&clear[..], &["--blob-file", &no_file]].concat())),
        (2, run(&bench, &config, CONTAINER, IMAGE)),
        (2, container(&bench, &config, &["--bogus"])),
        (2, container(&bench, &config, &["word"])),
        (2, container(&bench, &config, &["--signing-key"])),
        (2, container(&bench, &config, &["--raw=yes"])),
        (2, container(&bench, &config, &["--log-level", "debug"])),
        (2, container(&bench, &config, &["--signer-type", "both"])),
        (2, container(&bench, &config, &["--digest", "sha256:2"])),
        (
            2,
            run(
                &bench,
                &config,
                BLOB,
                &[&clear[..], &["--signer-type", "batch", "--blob-file", "/dev/null"]].concat(),
            ),
        ),
        (2, called(&bench, BUNDLE).run()),
        (2, called(&bench, BUNDLE).args(["container-sign"]).run()),
        (2, called(&bench, BUNDLE).args(["cosign-container-sign"]).run()),
        (2, called(&bench, "pubtools-sign-cosign-container-sign").args(["--help"]).run()),
    ] {
        let ended = ended.expect(status);
        assert_eq!(ended.stdout, "");
        assert_eq!(ended.reported().lines().count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.contains("pubtools-sign"), "{}", ended.stderr);
    }
    assert!(bench.record().connections.is_empty());
}

#[test]
fn an_unreachable_broker_is_1_with_a_document() {
    let bench = Bench::new();
    let port = peer::closed_port();
    let config = bench
        .config()
        .set("messaging_brokers", &format!("[\"amqps://localhost:{port}\"]"))
        .patience(1, 1, 1);
    let ended = container(&bench, &config, &[]).expect(1);
    assert_eq!(ended.document()["signer_result"]["status"], "error");
}

/// The bytes that were signed for texts given as arguments.
fn signed_bytes(bench: &Bench, name: &str, words: &[OsString]) -> Vec<Vec<u8>> {
    let from = bench.record().requests.len();
    run(bench, &bench.config(), name, words).expect(0);
    bench.record().requests[from..]
        .iter()
        .map(|request| {
            openssl::base64::decode_block(request.json()["data"].as_str().unwrap()).unwrap()
        })
        .collect()
}

fn words(words: &[&str]) -> Vec<OsString> {
    ["--signing-key", "K", "--task-id", "7"].iter().chain(words).map(OsString::from).collect()
}

#[test]
fn texts_are_latin_1_and_files_their_bytes() {
    let bench = Bench::new();
    let file = format!("@{}", bench.file("text", "é€\r\n").display());
    assert_eq!(
        signed_bytes(&bench, CLEAR, &words(&["é", "ascii", &file])),
        [&b"\xe9"[..], b"ascii", "é€\r\n".as_bytes()]
    );
    let ended = run(&bench, &bench.config(), CLEAR, &words(&["ok", "€"])).expect(2);
    ended.says("€").says("@FILE");
    assert_eq!(bench.record().requests.len(), 3, "nothing was sent");
}

#[test]
fn words_that_look_like_something_else_are_texts() {
    let bench = Bench::new();
    assert_eq!(
        signed_bytes(&bench, CLEAR, &words(&["-", "help", "", "--", "--raw", "-h", "--", ""])),
        [&b"-"[..], b"help", b"", b"--raw", b"-h", b"--", b""]
    );
}

#[test]
fn options_get_their_values_as_with_click() {
    let bench = Bench::new();
    let arguments = [
        "--signing-key=A=B",
        "--signing-key",
        "-x",
        "--task-id=1",
        "--task-id=2",
        "--digest=d",
        "--reference=r/n:1",
        "--requester",
        "first",
        "--requester=last",
    ];
    let ended = run(&bench, &bench.config(), CONTAINER, &arguments).expect(0);
    assert_eq!(
        ended.document()["operation"],
        json!({
            "digests": ["d"], "references": ["r/n:1"], "signing_key_names": [], "signing_keys": ["A=B", "-x"],
            "task_id": "2", "requester": "last",
        })
    );
}

/// A script passes an unset variable that way; the document repeats it, the certificate's name is used.
#[test]
fn an_empty_requester_is_repeated_and_means_none() {
    let bench = Bench::new();
    let ended = container(&bench, &bench.config(), &["--requester="]).expect(0);
    assert_eq!(ended.document()["operation"]["requester"], "");
    assert_eq!(ended.messages()[0]["requested_by"], "sandbox-client");
}

#[test]
fn help_and_version_are_printed_whatever_else_is_missing() {
    let bench = Bench::new();
    for name in [CONTAINER, CLEAR, BLOB, BUNDLE] {
        for option in ["--help", "-h"] {
            let ended = called(&bench, name).args([option]).run().expect(0);
            assert!(ended.stdout.contains(&format!("Usage: {name} ")), "{}", ended.stdout);
            assert!(!ended.stdout.contains("amqp-messenger"), "{}", ended.stdout);
            assert_eq!(ended.stderr, "");
        }
        let ended = called(&bench, name).args(["--version"]).run().expect(0);
        assert!(
            ended.stdout.contains(concat!("amqp-messenger ", env!("CARGO_PKG_VERSION"))),
            "{}",
            ended.stdout
        );
    }
    let ended = called(&bench, BUNDLE).args(["msg-clear-sign", "--help"]).run().expect(0);
    assert!(ended.stdout.contains("Usage: pubtools-sign msg-clear-sign "), "{}", ended.stdout);
}

#[test]
fn natively_help_is_a_word_too() {
    let program = &under_test();
    let run = |words: &[&str]| Program::new(program).args(words).run();
    let help = run(&["help", "clear-sign"]).expect(0).stdout;
    assert_eq!(help, run(&["clear-sign", "--help"]).expect(0).stdout);
    assert_eq!(help, run(&["clear-sign", "--bogus", "-h"]).expect(0).stdout);
    assert_eq!(run(&["--help"]).expect(0).stdout, run(&["help"]).expect(0).stdout);
    run(&[]).expect(2).says("container-sign, clear-sign, blob-sign");
    run(&["claer-sign"]).expect(2).says("did you mean clear-sign?");
}

/// A text that is not UTF-8 is signed as it is, under the native name.
#[test]
fn natively_a_text_is_its_own_bytes() {
    let bench = Bench::new();
    let mut program = bench.program(&bench.config(), "clear-sign --signing-key K --task-id 7 é");
    program.command.arg(OsStr::from_bytes(b"\xff"));
    let ended = program.run().expect(0);
    let signed: Vec<_> =
        bench.record().requests.iter().map(|request| request.json()["data"].clone()).collect();
    assert_eq!(signed, ["w6k=", "/w=="]);
    assert_eq!(ended.document()["operation"]["inputs"], json!(["é", "\u{fffd}"]));
}

/// Lists and standard input are this program's own.
#[test]
fn a_hyphen_is_a_word_and_there_are_no_lists() {
    let bench = Bench::new();
    let words = ["--signing-key", "K", "--task-id", "7"];
    let ended = run(&bench, &bench.config(), CLEAR, &[&words[..], &["-"]].concat());
    assert_eq!(ended.expect(0).document()["operation"]["inputs"], json!(["-"]));
    let ended = run(&bench, &bench.config(), BLOB, &[&words[..], &["--blob-file", "-"]].concat());
    ended.expect(1).says("-: cannot read the input");
    for name in [CONTAINER, CLEAR, BLOB] {
        for option in ["--from", "--from0"] {
            let ended = run(&bench, &bench.config(), name, &[option, "-"]);
            ended.expect(2).says(&format!("no such option: {option}"));
        }
    }
}

/// The keys of the configuration mean the same.
#[test]
fn replies_are_verified_if_the_configuration_says_so() {
    let bench = misbehaving(ReplyAct::Values("wrong-key".parse().unwrap()));
    let config = bench.config().patience(1, 1, 1);
    container(&bench, &config, &[]).expect(0);
    let keys = bench.sandbox.public_key_file().display().to_string();
    let ended = container(&bench, &config.set("verify_keys", &keys), &["--raw"]).expect(1);
    ended.says("the signature is not verified: another key: ");
    assert_eq!(ended.stdout, "\n");
}
