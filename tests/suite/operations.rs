//! The three operations, from arguments to standard output, byte for byte.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use amqp_sandbox::{ReplyAct, Rule, When};
use openssl::base64;
use serde_json::Value;

use crate::harness::{Bench, Config, Ended, images};

/// A container request of [`images`] for two images with a name for the key.
const TWO_IMAGES: &str = r#""operation": {"digests": ["sha256:0000000000000000000000000000000000000000000000000000000000000000", "sha256:0000000000000000000000000000000000000000000000000000000000000001"], "references": ["registry.example.com/ns/app:0", "registry.example.com/ns/app:1"]"#;

/// The line that is printed if everything is signed.
fn document(results: &[String], rest: &str) -> String {
    format!(
        "{{\"signer_result\": {{\"status\": \"ok\", \"error_message\": \"\"}}, \"operation_results\": [{}], {rest}}}\n",
        results.join(", ")
    )
}

/// The text that is printed for one reply.
///
/// Only values that differ between runs are taken from the document itself.
fn result(printed: &Value, before_id: &str, after_id: &str, kind: &str, value: &str) -> String {
    let (reply, msg) = (&printed[0], &printed[0]["msg"]);
    let (number, timestamp) = (&reply["i"], &reply["timestamp"]);
    let text = |field: &str| msg[field].as_str().unwrap();
    let (id, received) = (text("request_id"), text("request_received_time"));
    let responded = text("signing_server_responded");
    [
        format!(r#"[{{"i": {number}, "msg": {{"errors": [], {before_id}"request_id": "{id}", {after_id}"#),
        format!(r#""request_received_time": "{received}", "signature_type": "{kind}", "#),
        format!(r#""signing_server_requested": "{received}", "signing_server_responded": "{responded}", "#),
        format!(r#""signing_status": "success", {value}}}, "msg_id": "sandbox-{number}", "timestamp": {timestamp}, "#),
        r#""topic": "/topic/VirtualTopic.sandbox.reply", "username": "sandbox"}, "#.into(),
        r#"{"amq6100_originalDestination": "topic://VirtualTopic.sandbox.reply", "#.into(),
        r#""amq6100_destination": "topic://VirtualTopic.sandbox.reply", "content-type": "text/plain"}]"#.into(),
    ]
    .concat()
}

fn results(ended: &Ended) -> Vec<Value> {
    ended.document()["operation_results"].as_array().unwrap().clone()
}

/// The ids in the document, which must be those of the requests in the order in which they were sent.
#[track_caller]
fn in_input_order(bench: &Bench, ended: &Ended) {
    let sent: Vec<_> =
        bench.record().requests.into_iter().map(|request| request.request_id.unwrap()).collect();
    let printed: Vec<_> = ended
        .messages()
        .iter()
        .map(|message| message["request_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(printed, sent);
}

/// Both transports: a configuration and further arguments, under the same name.
fn transports(bench: &Bench) -> [(Config, &'static str, &'static str); 2] {
    let plain =
        bench.config().set("messaging_brokers", &format!("[\"{}\"]", bench.sandbox.amqp_url()));
    let plain = plain.without("messaging_cert_key").without("messaging_ca_cert");
    [(bench.config(), "", "null"), (plain, " --requester sandbox-client", "\"sandbox-client\"")]
}

#[test]
fn container_sign_prints_the_same_as_pubtools_sign() {
    for index in 0..2 {
        let bench = Bench::new();
        let (config, requester, echoed) = &transports(&bench)[index];
        let ended =
            bench.run(config, &(images(2) + " --signing-key-name release2" + requester)).expect(0);
        let results: Vec<_> = results(&ended)
            .iter()
            .enumerate()
            .map(|(index, printed)| {
                let signed = printed[0]["msg"]["signed_claim"].as_str().unwrap();
                result(
                    printed,
                    &format!(r#""manifest_digest": "sha256:{index:064x}", "pub_task_id": "7", "repo": "ns/app", "#),
                    r#""requested_by": "sandbox-client", "sig_key_id": "ABCD1234", "sig_keyname": "release2", "#,
                    "container_signature",
                    &format!(r#""signed_claim": "{signed}""#),
                )
            })
            .collect();
        let rest = format!(
            r#"{TWO_IMAGES}, "signing_key_names": ["release2"], "signing_keys": ["ABCD1234"], "task_id": "7", "requester": {echoed}}}, "signing_keys": ["ABCD1234"]"#
        );
        assert_eq!(ended.stdout, document(&results, &rest));
        in_input_order(&bench, &ended);
        assert!(ended.took.as_secs() < 5);
    }
}

#[test]
fn clear_sign_prints_the_same_as_pubtools_sign() {
    for index in 0..2 {
        let bench = Bench::new();
        let (config, requester, echoed) = &transports(&bench)[index];
        let file = bench.file("text", "Grüße, \"Welt\"\r\n");
        let arguments = format!(
            "clear-sign --signing-key first --signing-key SECOND123 --task-id 7 hello @{}{requester}",
            file.display()
        );
        let config = config.clone().set("key_aliases", "{first: 0123456789AB}");
        let ended = bench.run(&config, &arguments).expect(0);
        let keys = ["456789AB", "ECOND123"];
        let results: Vec<_> = results(&ended)
            .iter()
            .enumerate()
            .map(|(index, printed)| {
                let signed = printed[0]["msg"]["signed_data"].as_str().unwrap();
                result(
                    printed,
                    r#""pub_task_id": "7", "repo": null, "#,
                    &format!(
                        r#""requested_by": "sandbox-client", "sig_key_id": "{}", "#,
                        keys[index % 2]
                    ),
                    "clearsign_signature",
                    &format!(r#""signed_data": "{signed}""#),
                )
            })
            .collect();
        assert_eq!(results.len(), 4);
        let rest = format!(
            r#""operation": {{"inputs": ["hello", "Gr\u00fc\u00dfe, \"Welt\"\r\n"], "signing_keys": ["first", "SECOND123"], "task_id": "7", "repo": null, "requester": {echoed}}}, "signing_keys": ["first", "SECOND123"]"#
        );
        assert_eq!(ended.stdout, document(&results, &rest));
        in_input_order(&bench, &ended);
    }
}

#[test]
fn blob_sign_prints_the_same_as_pubtools_sign() {
    for index in 0..2 {
        let bench = Bench::new();
        let (config, requester, echoed) = &transports(&bench)[index];
        let (one, two) = (bench.file("one", b"\0\xff\r\n"), bench.file("two", ""));
        let arguments = format!(
            "blob-sign --signing-key K --task-id 7 --blob-file {} --blob-file {}{requester}",
            one.display(),
            two.display()
        );
        let ended = bench.run(config, &arguments).expect(0);
        let results: Vec<_> = results(&ended)
            .iter()
            .map(|printed| {
                let signed = printed[0]["msg"]["signed_payload"].as_str().unwrap();
                result(
                    printed,
                    r#""pub_task_id": "7", "repo": "", "#,
                    r#""requested_by": "sandbox-client", "sig_key_id": "K", "#,
                    "gpg_signature",
                    &format!(r#""signed_payload": "{signed}""#),
                )
            })
            .collect();
        let rest = format!(
            r#""operation": {{"blobs": ["AP8NCg==", ""], "signing_key_names": [], "signing_keys": ["K"], "task_id": "7", "requester": {echoed}}}, "signing_keys": ["K"]"#
        );
        assert_eq!(ended.stdout, document(&results, &rest));
        in_input_order(&bench, &ended);
    }
}

/// Three images of two repositories, in turns.
const MIXED: &str = "container-sign --signing-key K --task-id 7 --signer-type batch \
     --digest sha256:000000000000000000000000000000000000000000000000000000000000000a --reference r/one:1 \
     --digest sha256:000000000000000000000000000000000000000000000000000000000000000b --reference r/two:1 \
     --digest sha256:000000000000000000000000000000000000000000000000000000000000000c --reference r/one:2";

/// The last digits of the claims' digests.
fn digests_of(message: &Value) -> Vec<&str> {
    message["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| &claim["manifest_digest"].as_str().unwrap()[70..])
        .collect()
}

#[test]
fn a_batch_is_cut_by_repository_and_size() {
    for (size, expected) in [
        ("1", &[&["a"][..], &["c"], &["b"]][..]),
        ("2", &[&["a", "c"], &["b"]]),
        ("200", &[&["a", "c"], &["b"]]),
    ] {
        let bench = Bench::new();
        for (config, requester, _) in transports(&bench) {
            let ended = bench
                .run(&config.set("chunk_size", size), &format!("{MIXED}{requester}"))
                .expect(0);
            let messages = ended.messages();
            let digests: Vec<_> = messages.iter().map(digests_of).collect();
            assert_eq!(digests, expected, "{size}");
        }
    }
    // 200 by default: 201 claims of one repository make two requests.
    let bench = Bench::new();
    let ended = bench.run(&bench.config(), &(images(201) + " --signer-type batch")).expect(0);
    assert_eq!(
        ended.messages().iter().map(|message| digests_of(message).len()).collect::<Vec<_>>(),
        [200, 1]
    );
    in_input_order(&bench, &ended);
}

#[test]
fn a_batch_prints_the_same_as_pubtools_sign() {
    let bench = Bench::new();
    let arguments = images(2)
        + " --signer-type batch --signing-key-name a --signing-key KEY2 --signing-key-name b";
    let ended = bench.run(&bench.config(), &arguments).expect(0);
    let printed = &results(&ended)[0];
    let claims = printed[0]["msg"]["claims"].as_array().unwrap();
    let claims: Vec<_> = claims
        .iter()
        .enumerate()
        .map(|(index, claim)| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            format!(
                r#"{{"claim_file": "{}", "manifest_digest": "sha256:{index:064x}", "repo": "ns/app", "signed_claims": {{"a": "{}", "b": "{}"}}}}"#,
                text(&claim["claim_file"]),
                text(&claim["signed_claims"]["a"]),
                text(&claim["signed_claims"]["b"]),
            )
        })
        .collect();
    let value =
        format!(r#""signing_server_average_time_secs": 0, "claims": [{}]"#, claims.join(", "));
    let expected = result(
        printed,
        r#""pipeline_run_id": "7", "#,
        r#""requested_by": "sandbox-client", "#,
        "batch",
        &value,
    );
    let rest = format!(
        r#"{TWO_IMAGES}, "signing_key_names": ["a", "b"], "signing_keys": ["ABCD1234", "KEY2"], "task_id": "7", "requester": null}}, "signing_keys": ["ABCD1234", "KEY2"]"#
    );
    assert_eq!(ended.stdout, document(&[expected], &rest));
}

/// Replies arrive in reverse order; the output is in the order of the arguments.
#[test]
fn results_are_in_input_order_whatever_order_replies_come_in() {
    let late = |number: u64, tenths: u64| {
        Rule::new(
            When::Request(number),
            ReplyAct::Delay(std::time::Duration::from_millis(tenths * 100)),
        )
    };
    let bench = Bench::misbehaving(vec![late(1, 20), late(2, 10)]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    in_input_order(&bench, &ended);
    let numbers: Vec<_> =
        results(&ended).iter().map(|result| result[0]["msg"]["manifest_digest"].clone()).collect();
    assert_eq!(numbers, [0, 1, 2].map(|index| format!("sha256:{index:064x}")));
    let order: Vec<_> = bench
        .record()
        .deliveries
        .into_iter()
        .map(|delivery| delivery.request_id.unwrap())
        .collect();
    let ids: Vec<_> =
        ended.messages().iter().map(|message| message["request_id"].clone()).collect();
    assert_eq!(order, [2, 1, 0].map(|index: usize| ids[index].clone()), "or this shows nothing");

    let bench = Bench::misbehaving(vec![late(1, 20), late(2, 10)]);
    let ended = bench.run(&bench.config(), &(images(3) + " --raw")).expect(0);
    let gpg = Gpg::new(&bench);
    for (index, line) in ended.stdout.lines().enumerate() {
        let claim =
            String::from_utf8(gpg.run(&["--decrypt"], &base64::decode_block(line).unwrap()))
                .unwrap();
        assert!(claim.contains(&format!("ns/app:{index}\"")), "{index}: {claim}");
    }
}

/// GnuPG, which has only the sandbox's key.
struct Gpg(PathBuf);

impl Gpg {
    fn new(bench: &Bench) -> Self {
        let home = bench.sandbox.dir().join("gnupg");
        fs::create_dir(&home).unwrap();
        let gpg = Self(home);
        gpg.run(&["--import", bench.sandbox.public_key_file().to_str().unwrap()], b"");
        gpg
    }

    /// Runs gpg, which must succeed; a missing gpg is a failure.
    #[track_caller]
    fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut gpg = Command::new("gpg")
            .args([
                "--batch",
                "--no-permission-warning",
                "--no-autostart",
                "--trust-model",
                "always",
                "--homedir",
            ])
            .arg(&self.0)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg can be run");
        gpg.stdin.take().unwrap().write_all(input).unwrap();
        let output = gpg.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "gpg {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }
}

fn lines(ended: &Ended) -> Vec<Vec<u8>> {
    ended.stdout.lines().map(|line| base64::decode_block(line).unwrap()).collect()
}

#[test]
fn a_signed_claim_is_what_was_asked_for() {
    let bench = Bench::new();
    let gpg = Gpg::new(&bench);
    let ended = bench.run(&bench.config(), &(images(1) + " --signing-key OTHER --raw")).expect(0);
    let signed = lines(&ended);
    assert_eq!(signed.len(), 2, "one for each key");
    for signed in signed {
        let claim: Value = serde_json::from_slice(&gpg.run(&["--decrypt"], &signed)).unwrap();
        assert_eq!(
            claim["critical"]["identity"]["docker-reference"],
            "registry.example.com/ns/app:0"
        );
        assert_eq!(
            claim["critical"]["image"]["docker-manifest-digest"],
            format!("sha256:{:064x}", 0)
        );
    }
}

#[test]
fn a_clear_signed_text_is_the_file_s_bytes() {
    let bench = Bench::new();
    let gpg = Gpg::new(&bench);
    let text = "Grüße €\nsecond line\n";
    let file = bench.file("text", text);
    let arguments = format!("clear-sign --signing-key K --task-id 7 --raw @{}", file.display());
    let ended = bench.run(&bench.config(), &arguments).expect(0);
    let document = &lines(&ended)[0];
    // The line break before the signature is part of the signature (RFC 9580 part 7.1); gpg prints it with the text.
    assert_eq!(String::from_utf8(gpg.run(&["--decrypt"], document)).unwrap(), format!("{text}\n"));
}

#[test]
fn a_blob_s_signature_is_of_the_blob() {
    let bench = Bench::new();
    let gpg = Gpg::new(&bench);
    let blob: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let file = bench.file("blob", &blob);
    let arguments =
        format!("blob-sign --signing-key K --task-id 7 --raw --blob-file {}", file.display());
    let ended = bench.run(&bench.config(), &arguments).expect(0);
    let signature = bench.file("blob.asc", &lines(&ended)[0]);
    gpg.run(&["--verify", signature.to_str().unwrap(), file.to_str().unwrap()], b"");
}
