//! Replies that are verified: only a good signature, by the key that was asked for, of exactly what was asked for is believed.

use amqp_sandbox::{Act, ReplyAct, Rule, When, record::DeliveryOutcome};
use serde_json::{Value, json};

use crate::harness::{Bench, Config, LONG, Protocol, images, rule};

over_both!(
    a_lie_is_no_answer_and_the_others_are_signed,
    an_injected_reply_does_not_end_the_wait_for_the_right_one,
    recorded_replies_are_verified_again,
    the_good_values_of_a_batch_are_kept,
    a_later_reply_completes_a_batch,
    a_key_without_a_certificate_that_is_required_ends_the_run_before_anything_is_sent,
);

/// The sandbox's keys, to verify by.
fn verifying(bench: &Bench) -> Config {
    let keys = bench.sandbox.public_key_file();
    bench.config().set("verify_keys", &keys.display().to_string())
}

/// The same, in a run that does not wait for anything better for long.
fn brief(bench: &Bench) -> Config {
    verifying(bench).patience(1, 1, 1)
}

/// Arguments for images by the sandbox's key.
fn by_its_key(bench: &Bench, arguments: &str) -> String {
    arguments.replace("ABCD1234", bench.sandbox.fingerprint("sandbox"))
}

fn lie(twist: &str) -> ReplyAct {
    ReplyAct::Values(twist.parse().unwrap())
}

/// The reasons for which replies were rejected.
fn rejected(bench: &Bench) -> Vec<String> {
    let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
    let reason = |outcome| match outcome {
        Some(DeliveryOutcome::Rejected { description, .. }) => description,
        _ => None,
    };
    record.deliveries.into_iter().filter_map(|delivery| reason(delivery.outcome)).collect()
}

/// The lies, and what the program says of each.
const LIES: [(&str, &str); 8] = [
    ("wrong-key", "another key: "),
    ("other-key", "another key: "),
    ("crossed", "another image: "),
    ("changed", "bad signature: "),
    ("sha1", "weak algorithm: SHA-1"),
    ("future", "wrong time: the signature is from the future"),
    ("truncated", "unknown format: "),
    ("garbage", "unknown format: "),
];

fn a_lie_is_no_answer_and_the_others_are_signed(protocol: Protocol) {
    let bench = protocol.bench();
    for (twist, expected) in LIES {
        let second = bench.record().requests.len() as u64 + 2;
        bench.sandbox.set_behaviours(vec![rule(When::Request(second), lie(twist))]);
        let arguments =
            by_its_key(&bench, &images(3)).replace("--task-id 7", &format!("--task-id {twist}"));
        let ended = bench.run(&brief(&bench), &arguments).expect(65);
        let document = ended.document();
        assert_eq!(document["signer_result"]["status"], "error", "{twist}");
        let message = document["signer_result"]["error_message"].as_str().unwrap();
        assert!(
            message.starts_with("UnverifiedReply : registry.example.com/ns/app:1 "),
            "{message}"
        );
        assert!(message.contains(expected), "{twist}: {message}");
        let results = document["operation_results"].as_array().unwrap();
        assert_eq!(results[1], json!(""), "{twist}");
        for index in [0, 2] {
            assert!(results[index][0]["msg"]["signed_claim"].is_string(), "{twist}");
        }
        ended.says(&format!("the signature is not verified: {expected}"));
        if protocol == Protocol::Amqp {
            let reasons = rejected(&bench);
            assert!(reasons.last().unwrap().contains(expected), "{twist}: {reasons:?}");
        }
        bench.sandbox.set_behaviours(Vec::new());
    }
    // Over MQTT all are acknowledged: there is no other way to be rid of them.
    let count = protocol.or(LIES.len(), 0);
    assert_eq!(rejected(&bench).len(), count, "each once, and nothing else");
}

#[test]
fn nothing_is_written_of_a_lie_in_any_form() {
    let bench = Bench::misbehaving(vec![rule(When::Request(1), lie("crossed"))]);
    let arguments = |task: &str| by_its_key(&bench, &images(2)).replace("--task-id 7", task);
    let run = |task: &str, more: &str| {
        bench.sandbox.set_behaviours(vec![rule(When::Any, lie("crossed"))]);
        bench.run(&brief(&bench), &format!("{} {more}", arguments(task))).expect(65)
    };
    assert_eq!(run("--task-id a", "--raw").stdout, "\n\n");
    let lines: Vec<Value> = run("--task-id b", "--format ndjson")
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        assert_eq!((&line["status"], &line["signature"]), (&json!("unverified"), &Value::Null));
        let error = line["errors"][0].as_str().unwrap();
        assert!(error.starts_with("the signature is not verified: another image: "), "{error}");
    }
    assert_eq!(lines.len(), 2);
    let table = run("--task-id c", "--format summary").stdout;
    assert_eq!(table.matches("unverified").count(), 2, "{table}");
    let folder = bench.folder().join("out");
    run("--task-id d", &format!("--output-dir {}", folder.display()));
    let names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["signatures.json"]);
}

/// Anyone who can write to the reply address can answer first.
fn an_injected_reply_does_not_end_the_wait_for_the_right_one(protocol: Protocol) {
    let bench = protocol.bench();
    let text = bench.file("text", "- a text\nof lines  \n").display().to_string();
    for (command, lies) in [
        (images(2), &["wrong-key", "crossed", "changed", "garbage", "nothing"][..]),
        (images(2) + " --signer-type batch", &["wrong-key", "crossed", "garbage", "nothing"]),
        (
            format!("clear-sign --signing-key ABCD1234 --task-id 7 @{text}"),
            &["wrong-key", "changed"],
        ),
        (
            format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {text}"),
            &["wrong-key", "changed"],
        ),
    ] {
        for twist in lies {
            let first = ReplyAct::ForgedFirst(twist.parse().unwrap());
            bench.sandbox.set_behaviours(vec![rule(When::Any, first)]);
            let ended = bench.run(&verifying(&bench), &by_its_key(&bench, &command)).expect(0);
            assert!(
                ended.stderr.contains("a reply was rejected: "),
                "{command}: {twist}: {}",
                ended.stderr
            );
        }
    }
}

/// Each claim of a batch with each key by itself: what is good is kept, and the rest is waited for like the rest of an
/// answer in parts.
fn the_good_values_of_a_batch_are_kept(protocol: Protocol) {
    let bench = protocol.bench();
    let arguments = by_its_key(&bench, &images(3)) + " --signer-type batch --raw";
    for (only, twist) in [(1, "crossed"), (2, "wrong-key"), (3, "garbage")] {
        let acts = [lie(twist), ReplyAct::OnlyValue(only)].map(Act::from);
        bench.sandbox.set_behaviours(acts.map(|act| Rule::new(When::Any, act)).to_vec());
        let ended = bench.run(&brief(&bench), &arguments).expect(65);
        let filled: Vec<_> =
            ended.stdout.split_terminator('\n').map(|line| !line.is_empty()).collect();
        let expected: Vec<_> = (1..=3).map(|number| number != only).collect();
        assert_eq!(filled, expected, "{twist}");
        let image = format!("registry.example.com/ns/app:{}", only - 1);
        ended.says("signatures in a reply do not count: ");
        ended.says(&format!("the signature is not verified: {image} sha256:"));
    }
    assert_eq!(rejected(&bench), Vec::<String>::new(), "they have good values, too");
}

/// The other reply of a batch brings what the first had wrong.
fn a_later_reply_completes_a_batch(protocol: Protocol) {
    let bench = protocol.bench();
    let acts = [ReplyAct::ForgedFirst("crossed".parse().unwrap()), ReplyAct::OnlyValue(2)];
    bench.sandbox.set_behaviours(acts.map(|act| rule(When::Any, act)).to_vec());
    let arguments = by_its_key(&bench, &images(3)) + " --signer-type batch";
    let ended = bench.run(&verifying(&bench), &arguments).expect(0);
    let claims = ended.messages()[0]["claims"].as_array().unwrap().clone();
    assert_eq!(claims.len(), 3);
    ended.says_once("signatures in a reply do not count: ");
}

#[test]
fn what_is_verified_and_by_what_is_said_once() {
    let bench = Bench::new();
    let key = bench.sandbox.fingerprint("sandbox");
    let verified = format!("signatures by the key \"{key}\" are verified by {key} (");
    let ended = bench.run(&verifying(&bench), &by_its_key(&bench, &images(2))).expect(0);
    ended.logs(&verified);
    bench
        .run(&bench.config(), &images(1))
        .expect(0)
        .logs("are not verified: verify_keys is not set");
    let off = verifying(&bench).set("verify", "off");
    bench.run(&off, &images(1)).expect(0).logs("are not verified: verify is off");
    // The key has no certificate.
    let ended = bench.run(&verifying(&bench), &images(2)).expect(0);
    ended.says_once("signatures by the key \"ABCD1234\" are not verified: no certificate of it");
    let dry = bench.run(&verifying(&bench), &(by_its_key(&bench, &images(1)) + " --dry-run"));
    dry.expect(0).logs(&verified);
}

fn a_key_without_a_certificate_that_is_required_ends_the_run_before_anything_is_sent(
    protocol: Protocol,
) {
    let bench = protocol.bench();
    let config = verifying(&bench).set("verify", "require");
    for (arguments, expected) in [
        (images(1), "msg_signer.verify_keys: no certificate of the key \"ABCD1234\""),
        (
            images(1) + " --dry-run",
            "msg_signer.verify_keys: no certificate of the key \"ABCD1234\"",
        ),
        (
            images(1) + " --verify-keys /none/keys.asc",
            "/none/keys.asc: cannot read the OpenPGP certificates",
        ),
    ] {
        bench.run(&config, &arguments).expect(78).says(expected);
    }
    bench
        .run(&bench.config().set("verify", "require"), &images(1))
        .expect(78)
        .says("verify_keys is missing");
    bench
        .run(&bench.config(), &(images(1) + " --verify require"))
        .expect(78)
        .says("--verify: verify_keys is missing");
    assert!(bench.record().connections.is_empty());
    bench.run(&config, &by_its_key(&bench, &images(1))).expect(0);
}

/// Options take precedence, aliases are resolved, and a name of no hexadecimal digits means any certificate.
#[test]
fn a_key_s_certificate_is_found_by_what_it_is_called() {
    let bench = Bench::new();
    let (sandbox, release) =
        (bench.sandbox.fingerprint("sandbox"), bench.sandbox.fingerprint("release"));
    let keys = bench.sandbox.public_key_file().display().to_string();
    let config = bench
        .config()
        .set("verify_keys", "/none/keys.asc")
        .set("key_aliases", &format!("{{production: \"{}\"}}", &release[24..]));
    for (key, more, found) in [
        ("production", "--signing-key-name release", release),
        (&sandbox[32..], "", sandbox),
        (&*sandbox.to_lowercase(), "", sandbox),
        ("containerisvsign", "", sandbox),
    ] {
        let arguments = images(1).replace("ABCD1234", key);
        let arguments = format!("{arguments} {more} --verify-keys {keys} --verify require");
        bench.run(&config, &arguments).expect(0).logs(&format!("are verified by {found}"));
    }
    // A folder, in which other files are ignored.
    let folder = bench.folder().join("keys");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(&keys, folder.join("RPM-GPG-KEY")).unwrap();
    std::fs::write(folder.join("README"), "keys").unwrap();
    let config = bench.config().set("verify_keys", &folder.display().to_string());
    bench.run(&config, &by_its_key(&bench, &images(1))).expect(0).logs("are verified by ");
}

/// A state file has no reply that was not believed, and what another run recorded is verified again.
fn recorded_replies_are_verified_again(protocol: Protocol) {
    let bench = protocol.bench();
    let state = bench.folder().join("run.state").display().to_string();
    let arguments = by_its_key(&bench, &images(2)) + &format!(" --state {state}");
    // What the broker accepted a moment ago is waited for in the first cycle.
    let verifying = verifying(&bench).patience(1, 1, 2);
    let asked = || bench.record().requests.len();
    let run = |config: &Config, lies: bool| {
        // Of the first run the second request, of later ones all.
        let from = asked().max(1) as u64 + 1;
        let rules = lies.then(|| rule(When::FromRequest(from), lie("changed")));
        bench.sandbox.set_behaviours(rules.into_iter().collect());
        let ended = bench.run(config, &arguments);
        let digests: Vec<_> =
            bench.record().requests.iter().map(|it| it.json()["manifest_digest"].clone()).collect();
        let first =
            digests.iter().filter(|digest| digest.as_str().unwrap().ends_with("00")).count();
        assert_eq!(first, 1, "the image that is signed is asked for once");
        ended
    };
    run(&verifying, true).expect(65);
    let recorded = std::fs::read_to_string(&state).unwrap();
    assert_eq!(recorded.matches("\"event\":\"reply\"").count(), 1, "{recorded}");
    run(&verifying, true).expect(65);
    // A run that believes everything records it.
    run(&bench.config().patience(1, 1, 2), true).expect(0);
    run(&verifying, true).expect(65).says("a reply in the state file does not count: ");
    assert_eq!(run(&verifying, false).expect(0).messages().len(), 2);
    let before = asked();
    run(&verifying, true).expect(0);
    assert_eq!(asked(), before, "all is signed and verified");
}

#[test]
fn check_says_which_certificates_there_are() {
    let bench = Bench::new();
    let (sandbox, release) =
        (bench.sandbox.fingerprint("sandbox"), bench.sandbox.fingerprint("release"));
    let check = |config: &Config, more: &str| bench.run(config, &format!("check {more}"));
    let all = check(&verifying(&bench), "").expect(0).stdout;
    assert!(
        all.contains("verification") && all.contains(sandbox) && all.contains(release),
        "{all}"
    );
    let one = check(&verifying(&bench), &format!("--signing-key {release}")).expect(0).stdout;
    assert!(
        one.contains(&format!("signatures by the key \"{release}\" are verified by {release}")),
        "{one}"
    );
    assert!(!one.contains(sandbox), "{one}");
    let none = check(&verifying(&bench), "--signing-key ABCD1234").expect(0).stdout;
    assert!(
        none.contains("warning  verification")
            && none.contains("no certificate of it is in verify_keys"),
        "{none}"
    );
    let document =
        check(&verifying(&bench), "--signing-key ABCD1234 --verify require --json").expect(78);
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    let step = document["local"].as_array().unwrap().last().unwrap();
    assert_eq!((&step["step"], &step["state"]), (&json!("verification"), &json!("failed")));
    assert_eq!(document["brokers"], json!([]), "nothing is connected");
    let json = check(&verifying(&bench), &format!("--signing-key {sandbox} --json")).expect(0);
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    let step = document["local"].as_array().unwrap().last().unwrap();
    assert_eq!(step["found"]["key"], json!(sandbox));
    let wrong = bench.file("wrong", "no key").display().to_string();
    let ended = check(&bench.config(), &format!("--verify-keys {wrong}")).expect(78).stdout;
    assert!(
        ended.contains("failed   verification") && ended.contains("has no OpenPGP certificate"),
        "{ended}"
    );
}

/// Two keys whose fingerprints end with the same 8 digits, which differ only in when they were made; and these digits.
fn colliding() -> (Vec<u8>, [String; 2], String) {
    let key = include_bytes!("../../src/verify/fixtures/ed.gpg");
    // A packet of 51 bytes: its version, the time, and the rest.
    let mut body = key[2..53].to_vec();
    let mut seen = std::collections::HashMap::new();
    for time in 0_u32.. {
        body[1..5].copy_from_slice(&time.to_be_bytes());
        let digest = openssl::sha::sha1(&[&[0x99, 0, 51], &body[..]].concat());
        let print: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let packet = [&[0x98, 51], &body[..]].concat();
        if let Some((other, before)) =
            seen.insert(print[32..].to_owned(), (print.clone(), packet.clone()))
        {
            return ([before, packet].concat(), [other, print.clone()], print[32..].to_owned());
        }
    }
    unreachable!("there are no more ends than times");
}

#[test]
fn a_short_id_of_several_certificates_is_an_error_that_names_them() {
    let bench = Bench::new();
    let (keys, prints, end) = colliding();
    let keys = bench.file("keys.gpg", keys).display().to_string();
    let arguments = images(1).replace("ABCD1234", &end) + &format!(" --verify-keys {keys}");
    let ended = bench.run(&bench.config(), &arguments).expect(78);
    let [one, two] = &prints;
    ended.says(&format!(
        "--verify-keys: the key \"{end}\" is the end of several ids: {one}, {two}; give a whole"
    ));
    let whole = arguments.replace(&format!("--signing-key {end}"), &format!("--signing-key {one}"));
    bench
        .run(&bench.config(), &(whole + " --dry-run"))
        .expect(0)
        .logs(&format!("are verified by {one}"));
}
