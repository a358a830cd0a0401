//! The lines of jq by which release pipelines read the default document.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use amqp_sandbox::{ReplyAct, Verifier, When};
use serde_json::{Value, json};

use crate::harness::{Bench, Ended, images, rule};

const STATUS: &str = ".signer_result.status";
const ERRORS: &str = "[.operation_results[]?[0]?.msg?.errors? // [] | select(length>0)]";
const PAIRS: &str = r"[.operation_results, .operation.references] | transpose | .[] | {
    reference: .[1],
    manifest_digest: .[0][0].msg.manifest_digest,
    repository: .[0][0].msg.repo,
    signature_data: .[0][0].msg.signed_claim,
    sig_key_id: .[0][0].msg.sig_key_id
}";
const BATCHES: &str = r#"[.operation_results | .[] | .[0].msg.claims | .[] | (.signed_claims | to_entries | .[]) as $x | {
    reference: (.claim_file | @base64d | fromjson | .critical.identity."docker-reference"),
    manifest_digest: .manifest_digest,
    repository: .repo,
    signature_data: $x.value,
    sig_key: $x.key
}] | .[]"#;
const PAYLOAD: &str = ".operation_results[][0].msg.signed_payload";

/// What jq prints, one value a line.
fn jq(ended: &Ended, options: &str, line: &str) -> Vec<String> {
    let mut jq = Command::new("jq");
    jq.args([options, line]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut jq = jq.spawn().expect("jq can be run: .ci/install-deps test");
    jq.stdin.take().unwrap().write_all(ended.stdout.as_bytes()).unwrap();
    let output = jq.wait_with_output().unwrap();
    assert!(output.status.success(), "{line}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn values(ended: &Ended, line: &str) -> Vec<Value> {
    jq(ended, "-c", line).iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn verifier(bench: &Bench) -> Verifier {
    let keys = std::fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
    Verifier::from_armoured(&keys).unwrap()
}

/// The claim in a signature, which must be good.
#[track_caller]
fn claim(bench: &Bench, signature: &Value) -> Value {
    let content = verifier(bench).content(signature.as_str().unwrap()).expect("a good signature");
    serde_json::from_slice(&content).unwrap()
}

#[track_caller]
fn is_of_image(bench: &Bench, row: &Value, index: usize) {
    let (reference, digest) =
        (format!("registry.example.com/ns/app:{index}"), format!("sha256:{index:064x}"));
    assert_eq!(row["reference"], json!(reference));
    assert_eq!(row["manifest_digest"], json!(digest));
    assert_eq!(row["repository"], "ns/app");
    let critical = &claim(bench, &row["signature_data"])["critical"];
    assert_eq!(critical["identity"]["docker-reference"], json!(reference));
    assert_eq!(critical["image"]["docker-manifest-digest"], json!(digest));
}

#[test]
fn references_and_signatures_pair_up_by_transpose() {
    let bench = Bench::new();
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    assert_eq!(jq(&ended, "-c", STATUS), [r#""ok""#]);
    assert_eq!(jq(&ended, "-c", ERRORS), ["[]"]);
    let rows = values(&ended, PAIRS);
    assert_eq!(rows.len(), 3);
    for (index, row) in rows.iter().enumerate() {
        is_of_image(&bench, row, index);
        assert_eq!(row["sig_key_id"], "ABCD1234");
    }
}

#[test]
fn batches_are_read_claim_by_claim_and_key_by_key() {
    let bench = Bench::new();
    let arguments = images(3)
        + " --signing-key-name sandbox --signing-key 55A34A82 --signing-key-name release --signer-type batch";
    let ended = bench.run(&bench.config().set("chunk_size", "2"), &arguments).expect(0);
    let rows = values(&ended, BATCHES);
    assert_eq!(rows.len(), 6);
    for (place, row) in rows.iter().enumerate() {
        is_of_image(&bench, row, place / 2);
        assert_eq!(row["sig_key"], ["sandbox", "release"][place % 2]);
    }
}

#[test]
fn payloads_of_files_are_read_in_their_order() {
    let bench = Bench::new();
    let files = ["one", "two"].map(|name| bench.file(name, name));
    let words = files.iter().map(|file| format!(" --blob-file {}", file.display()));
    let arguments = "blob-sign --signing-key ABCD1234 --task-id 7".to_owned();
    let ended = bench.run(&bench.config(), &(arguments + &words.collect::<String>())).expect(0);
    let payloads = jq(&ended, "-cMr", PAYLOAD);
    assert_eq!(payloads.len(), 2);
    for (payload, content) in payloads.iter().zip(["one", "two"]) {
        assert!(verifier(&bench).is_detached_signature(payload, content.as_bytes()), "{content}");
    }
}

#[test]
fn refusals_are_found_and_a_run_without_a_broker_says_why() {
    let refused = ReplyAct::ServerError {
        errors: vec!["no such key".to_owned()],
        signing_status: "failure".to_owned(),
    };
    let bench = Bench::misbehaving(vec![rule(When::Request(2), refused)]);
    let ended = bench.run(&bench.config(), &images(2)).expect(1);
    assert_eq!(jq(&ended, "-c", ERRORS), [r#"[["no such key"]]"#]);

    let down = format!("[\"amqps://localhost:{}\"]", crate::peer::closed_port());
    let config = bench.config().set("messaging_brokers", &down).patience(1, 1, 1);
    let ended = bench.run(&config, &images(1)).expect(69);
    assert_eq!(jq(&ended, "-r", STATUS), ["error"]);
    assert!(jq(&ended, "-r", ".signer_result.error_message")[0].contains("no connection"));
    assert_eq!(jq(&ended, "-c", ERRORS), ["[]"]);
}
