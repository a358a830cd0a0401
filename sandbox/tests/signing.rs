//! Real signatures, verified by GnuPG.

mod common;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use amqp_sandbox::Sandbox;
use common::{Client, LIMIT, TestSandbox, receive_text, request};
use openssl::base64::{decode_block, encode_block};
use serde_json::{Value, json};

const CLAIM: &[u8] = br#"{"critical": {"type": "atomic container signature"}}"#;

/// GnuPG, which has only the sandbox's key.
struct Gpg {
    home: PathBuf,
}

impl Gpg {
    fn new(sandbox: &Sandbox) -> Self {
        let home = sandbox.dir().join("gnupg");
        fs::create_dir(&home).unwrap();
        let gpg = Self { home };
        let key = sandbox.public_key_file();
        gpg.run(&["--import", key.to_str().unwrap()], b"");
        gpg
    }

    /// Runs gpg, which must succeed; a missing gpg is a failure.
    fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.try_run(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gpg {arguments:?}: {said}");
        output.stdout
    }

    fn try_run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut gpg = Command::new("gpg")
            .arg("--homedir")
            .arg(&self.home)
            .args(["--batch", "--no-permission-warning", "--no-autostart"])
            .args(["--trust-model", "always", "--status-fd", "2"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg can be run");
        gpg.stdin.take().unwrap().write_all(input).unwrap();
        gpg.wait_with_output().unwrap()
    }
}

/// Sends a request and returns the `msg` of the reply.
async fn ask(sandbox: &Sandbox, mtype: &str, body: Value) -> Value {
    let mut client = Client::connect(sandbox).await;
    let mut replies = client.receiver("queue://replies").await;
    let mut sender = client.sender("queue://requests").await;
    let outcome = sender.send(request(mtype, &body)).await.unwrap();
    assert!(outcome.is_accepted());
    let reply: Value = serde_json::from_str(&receive_text(&mut replies).await).unwrap();
    reply["msg"].clone()
}

fn decoded(value: &Value) -> Vec<u8> {
    decode_block(value.as_str().expect("a string")).unwrap()
}

#[tokio::test]
async fn a_claim_comes_back_as_signed_message() {
    let sandbox = TestSandbox::good();
    let body = json!({
        "claim_file": encode_block(CLAIM),
        "request_id": "r-1",
        "repo": "ns/name",
        "sig_key_id": "55A34A82",
        "pub_task_id": "7",
        "manifest_digest": "sha256:0",
        "requested_by": "me",
    });
    let msg = ask(&sandbox, "container_signature", body.clone()).await;
    for field in body.as_object().unwrap().keys() {
        if field != "claim_file" {
            assert_eq!(msg[field], body[field], "{field}");
        }
    }
    assert_eq!(msg["errors"], json!([]));
    assert_eq!(msg["signing_status"], "success");
    assert_eq!(msg["signature_type"], "container_signature");
    let signed = decoded(&msg["signed_claim"]);
    assert_eq!(Gpg::new(&sandbox).run(&["--decrypt"], &signed), CLAIM);
}

#[tokio::test]
async fn cleartext_keeps_dashes_blanks_and_bytes_that_are_no_text() {
    let sandbox = TestSandbox::good();
    let gpg = Gpg::new(&sandbox);
    let texts: [&[u8]; 5] = [
        b"one line",
        b"trailing blanks \t\n- dash\n-----BEGIN\n\nFrom me\n",
        b"CR LF\r\nlines\r\n",
        b"\xff\xfe not UTF-8\n",
        b"",
    ];
    for text in texts {
        let body = json!({"data": encode_block(text), "request_id": "r"});
        let msg = ask(&sandbox, "clearsign_signature", body).await;
        let document = decoded(&msg["signed_data"]);
        assert!(document.starts_with(b"-----BEGIN PGP SIGNED MESSAGE-----\n"));
        gpg.run(&["--verify"], &document);
    }
}

#[tokio::test]
async fn an_artifact_gets_a_detached_signature() {
    let sandbox = TestSandbox::good();
    let artifact = b"\0any\r\nbytes\n";
    let body = json!({"artifact": encode_block(artifact), "request_id": "r", "repo": ""});
    let msg = ask(&sandbox, "gpg_signature", body).await;
    let signature = sandbox.dir().join("artifact.asc");
    fs::write(&signature, decoded(&msg["signed_payload"])).unwrap();
    let gpg = Gpg::new(&sandbox);
    let verify = |signature: &Path| ["--verify".to_owned(), signature.display().to_string()];
    let [verify, file] = verify(&signature);
    gpg.run(&[&verify, &file, "-"], artifact);
    let other = gpg.try_run(&[&verify, &file, "-"], b"other bytes");
    assert!(!other.status.success());
}

#[tokio::test]
async fn a_batch_is_signed_claim_by_claim_and_name_by_name() {
    let sandbox = TestSandbox::good();
    let claim = |digest: &str, names: Value| {
        json!({
            "claim_file": encode_block(digest.as_bytes()),
            "sig_keynames": names,
            "sig_key_ids": ["k"],
            "manifest_digest": digest,
            "repo": "r",
        })
    };
    let claims = [claim("sha256:1", json!(["a", "b"])), claim("sha256:2", json!([""]))];
    let body = json!({"claims": claims, "request_id": "r", "pipeline_run_id": "9"});
    let msg = ask(&sandbox, "batch", body).await;
    assert_eq!(msg["pipeline_run_id"], "9");
    let gpg = Gpg::new(&sandbox);
    let wanted = [("sha256:1", &["a", "b"][..]), ("sha256:2", &[""][..])];
    for (claim, (digest, names)) in msg["claims"].as_array().unwrap().iter().zip(wanted) {
        assert_eq!(claim["manifest_digest"], digest);
        let signed = claim["signed_claims"].as_object().unwrap();
        assert_eq!(signed.keys().collect::<Vec<_>>(), names);
        for message in signed.values() {
            let content = gpg.run(&["--decrypt"], &decoded(message));
            assert_eq!(content, digest.as_bytes());
        }
    }
}

/// What the values of a batch of three claims are of, where the rules say something of them.
#[tokio::test]
async fn values_are_as_the_rules_say_alone_and_in_batches() {
    let claims = |number: usize| {
        json!({
            "claim_file": encode_block(format!("claim {number}").as_bytes()),
            "sig_keynames": ["sandbox"],
            "sig_key_ids": ["k"],
        })
    };
    let body = json!({"claims": [claims(1), claims(2), claims(3)], "request_id": "r"});
    for (rules, expected) in [
        (&["value=crossed"][..], ["claim 2", "claim 3", "claim 1"]),
        (&["value=crossed", "only-value=2"], ["claim 1", "claim 3", "claim 3"]),
        (
            &["value=crossed", "only-value=3", "value=optional", "only-value=1"],
            ["claim 1", "claim 2", "claim 1"],
        ),
        (&["value=plain"], ["claim 1", "claim 2", "claim 3"]),
    ] {
        let sandbox = TestSandbox::with_rules(rules);
        let msg = ask(&sandbox, "batch", body.clone()).await;
        let gpg = Gpg::new(&sandbox);
        let content =
            |claim: &Value| gpg.run(&["--decrypt"], &decoded(&claim["signed_claims"]["sandbox"]));
        let contents: Vec<_> = msg["claims"].as_array().unwrap().iter().map(content).collect();
        assert_eq!(contents, expected.map(|text| text.as_bytes().to_vec()), "{rules:?}");
    }

    // A single one is crossed with that of the request before.
    let sandbox = TestSandbox::with_rules(&["value=crossed@request=2"]);
    let gpg = Gpg::new(&sandbox);
    for (text, expected) in [("one", "one"), ("two", "one"), ("three", "three")] {
        let body = json!({"claim_file": encode_block(text.as_bytes()), "request_id": text});
        let msg = ask(&sandbox, "container_signature", body).await;
        assert_eq!(gpg.run(&["--decrypt"], &decoded(&msg["signed_claim"])), expected.as_bytes());
    }
}

#[tokio::test]
async fn a_forgery_comes_before_the_right_reply() {
    let sandbox = TestSandbox::with_rules(&["forged-first=wrong-key"]);
    let mut client = Client::connect(&sandbox).await;
    let mut replies = client.receiver("queue://replies").await;
    let mut sender = client.sender("queue://requests").await;
    let body = json!({"claim_file": encode_block(CLAIM), "request_id": "r"});
    sender.send(request("container_signature", &body)).await.unwrap();
    let gpg = Gpg::new(&sandbox);
    for good in [false, true] {
        let reply: Value = serde_json::from_str(&receive_text(&mut replies).await).unwrap();
        let output = gpg.try_run(&["--decrypt"], &decoded(&reply["msg"]["signed_claim"]));
        assert_eq!((output.status.success(), &output.stdout[..]), (good, CLAIM));
    }
}

#[tokio::test]
async fn what_cannot_be_signed_is_refused_in_words() {
    let sandbox = TestSandbox::good();
    let body = json!({"claim_file": "no base64!", "request_id": "r"});
    let msg = ask(&sandbox, "container_signature", body).await;
    assert_eq!(msg["errors"], json!(["claim_file is not base64"]));
    assert_eq!(msg["signing_status"], "failure");
    assert_eq!(msg["signed_claim"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_are_answered_in_order() {
    const COUNT: usize = 10_000;
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut replies = client.receiver("queue://replies").await;
    let mut sender = client.sender("queue://requests").await;
    let sending = tokio::spawn(async move {
        let mut outcomes = Vec::with_capacity(COUNT);
        for number in 0..COUNT {
            let body = json!({
                "claim_file": encode_block(CLAIM),
                "request_id": number.to_string(),
            });
            let message = request("container_signature", &body);
            outcomes.push(sender.send_batchable(message).await.unwrap());
        }
        for outcome in outcomes {
            assert!(outcome.await.unwrap().is_accepted());
        }
    });
    for number in 0..COUNT {
        let reply: Value = serde_json::from_str(&receive_text(&mut replies).await).unwrap();
        assert_eq!(reply["msg"]["request_id"], number.to_string());
    }
    sending.await.unwrap();
    sandbox.wait_for(LIMIT, |record| record.accepted().count() == COUNT).unwrap();
}
