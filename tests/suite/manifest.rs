//! Lists of images: `container-sign --from`.

use std::{fmt::Write, fs, path::Path};

use serde_json::{Value, json};

use crate::harness::{Bench, Ended, Program, refused};

const COMMAND: &str = "container-sign --signing-key 55A34A82 --task-id 7";

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

fn reference(number: usize) -> String {
    format!("registry.example.com/ns/app{}:{number}", number % 10)
}

/// Many images, one object a line.
fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |mut list, number| {
        let image = json!({"reference": reference(number), "digest": digest(number)});
        let _ = writeln!(list, "{image}");
        list
    })
}

/// Runs the program with a list that it reads from standard input.
fn piped(mut program: Program, list: &Path) -> Ended {
    program.args(["--from", "-"]);
    program.command.stdin(fs::File::open(list).unwrap());
    program.run()
}

/// What each request asked for, in order: reference, digest and key.
fn asked(bench: &Bench) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let request = |request: &amqp_sandbox::record::RequestRecord| {
        let json = request.json();
        let claim = openssl::base64::decode_block(json["claim_file"].as_str().unwrap()).unwrap();
        let claim: Value = serde_json::from_slice(&claim).unwrap();
        let reference = text(&claim["critical"]["identity"]["docker-reference"]);
        (reference, text(&json["manifest_digest"]), text(&json["sig_key_id"]))
    };
    bench.record().requests.iter().map(request).collect()
}

#[test]
fn every_form_is_signed_in_its_order_from_a_file_or_a_pipe() {
    let object =
        |n| format!("{{\"reference\": \"{}\", \"digest\": \"{}\"}}", reference(n), digest(n));
    let tsv = |n| format!("{}\t{}", reference(n), digest(n));
    for (name, list) in [
        ("list.ndjson", format!("{}\n{}\n", object(1), object(2))),
        ("list.json", format!("[\n  {},\n  {}\n]\n", object(1), object(2))),
        ("list.tsv", format!("\u{feff}# two images\r\n{}\r\n\r\n{}", tsv(1), tsv(2))),
    ] {
        let bench = Bench::new();
        let path = bench.file(name, list);
        let mut program = bench.program(&bench.config(), COMMAND);
        program.args(["--from".as_ref(), path.as_os_str()]);
        let from_file = program.run().expect(0).document();
        let from_pipe = piped(bench.program(&bench.config(), COMMAND), &path).expect(0).document();
        for document in [from_file, from_pipe] {
            assert_eq!(document["operation_results"].as_array().unwrap().len(), 2, "{name}");
            assert_eq!(document["operation"]["references"], json!([reference(1), reference(2)]));
            assert_eq!(document["operation"]["digests"], json!([digest(1), digest(2)]));
        }
        let both = [1, 2].map(|n| (reference(n), digest(n), "55A34A82".to_owned()));
        assert_eq!(asked(&bench), [&both[..], &both].concat(), "{name}");
    }
}

#[test]
fn an_image_may_have_keys_of_its_own() {
    let bench = Bench::new();
    let image = |n: usize, keys: Value| {
        let mut image = json!({"reference": reference(n), "digest": digest(n), "x": {"y": 1}});
        image.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        image
    };
    let list = json!([
        image(1, json!({})),
        image(
            2,
            json!({"signing_keys": ["AAAAAAAA", "BBBBBBBB"], "signing_key_names": ["a", "b"]})
        ),
        image(3, json!({"signing_key": "CCCCCCCC"})),
    ]);
    let path = bench.file("list.json", list.to_string());
    piped(bench.program(&bench.config(), COMMAND), &path).expect(0);
    let keys: Vec<_> =
        asked(&bench).into_iter().map(|(reference, _, key)| (reference, key)).collect();
    let expected = [(1, "55A34A82"), (2, "AAAAAAAA"), (2, "BBBBBBBB"), (3, "CCCCCCCC")]
        .map(|(n, key)| (reference(n), key.to_owned()));
    assert_eq!(keys, expected);
}

#[test]
fn an_image_that_is_listed_twice_is_asked_for_once_and_printed_for_each() {
    let bench = Bench::new();
    let list = bench.file("list.ndjson", lines(2).repeat(2));
    let program = bench.program(&bench.config(), &format!("{COMMAND} --raw"));
    let ended = piped(program, &list).expect(0);
    assert_eq!(asked(&bench).len(), 2);
    // The document has a result for each, too.
    let program = bench.program(&bench.config(), COMMAND);
    let document: Value = serde_json::from_str(&piped(program, &list).expect(0).stdout).unwrap();
    let results = document["operation_results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    assert_eq!((&results[0], &results[1]), (&results[2], &results[3]));
    assert_ne!(results[0], results[1]);
    let values: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(values.len(), 4);
    assert_eq!((values[0], values[1]), (values[2], values[3]));
    assert!(values[0] != values[1] && !values[0].is_empty());
}

/// The unit tests of `src/list` have all kinds of mistakes.
#[test]
fn a_mistake_is_named_with_file_line_and_attribute_and_nothing_is_sent() {
    let good = lines(2);
    for (list, says) in [
        (
            format!("{good}{{\"reference\": \"r/a\"}}\n"),
            "list: line 3: no digest: expected an object like",
        ),
        (
            format!("{good}{{\"reference\": \"r/a\", \"digest\": null}}\n"),
            "list: line 3: digest is null: expected a string",
        ),
        (good.replace("0001", "1"), "list: line 2: digest is \"sha256:"),
        (
            format!("[{},]", good.lines().next().unwrap()),
            "list: line 1: a comma before \"]\"; remove it",
        ),
        (
            "- reference: r/a\n".into(),
            "list: line 1: expected a reference, a tab and a digest, found what seems to be YAML",
        ),
        ("\n".into(), "list: is empty: expected at least one image; did what writes it fail?"),
        ("\u{1f}\u{8b}".into(), "list: line 1"),
    ] {
        let bench = Bench::new();
        let path = bench.file("list", list);
        let mut program = bench.program(&bench.config(), COMMAND);
        program.args(["--from".as_ref(), path.as_os_str()]);
        refused(&bench, program.run(), 2, &[says]);
        let ended = piped(bench.program(&bench.config(), COMMAND), &path);
        let says = says.strip_prefix("list: ").unwrap();
        refused(&bench, ended, 2, &[&format!("amqp-messenger: standard input: {says}")]);
    }
}

#[test]
fn a_list_that_cannot_be_read_is_named() {
    let bench = Bench::new();
    let folder = bench.sandbox.dir().display().to_string();
    for path in [&folder, &format!("{folder}/none")] {
        let ended = bench.run(&bench.config(), &format!("{COMMAND} --from {path}"));
        refused(&bench, ended, 66, &[path, "cannot read the input"]);
    }
}

#[test]
fn a_list_stands_in_place_of_options() {
    let bench = Bench::new();
    let list = bench.file("list", lines(1)).display().to_string();
    for (arguments, says) in [
        (format!("--from {list} --digest {}", digest(1)), "--from and --digest exclude each other"),
        (format!("--from {list} --reference r/a"), "--from and --reference exclude each other"),
        (String::new(), "missing --digest, --reference"),
        (
            "--from0 list".into(),
            "--from0 is not an option of container-sign, only of clear-sign, blob-sign or verify",
        ),
        ("--from=".into(), "--from has an empty value"),
    ] {
        let ended = bench.run(&bench.config(), &format!("{COMMAND} {arguments}"));
        refused(&bench, ended, 2, &[says]);
    }
}

/// More images than a command line can hold, in batches.
#[test]
fn a_list_may_be_longer_than_a_command_line() {
    let bench = Bench::new();
    let list = bench.file("list", lines(10_000));
    let program = bench.program(&bench.config(), &format!("{COMMAND} --signer-type batch --raw"));
    let ended = piped(program, &list).expect(0);
    assert_eq!(ended.stdout.lines().filter(|line| !line.is_empty()).count(), 10_000);
}
