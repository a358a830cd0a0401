//! `--skip-existing`: what a folder holds is not asked for again.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use amqp_sandbox::{ReplyAct, When};
use serde_json::Value;

use crate::harness::{Bench, Ended, Protocol, rule};

over_both!(a_run_goes_on_with_its_state_file_when_some_signatures_exist_by_then,);

/// Arguments for images by their numbers.
fn images(numbers: &[usize]) -> String {
    let image = |number: &usize| {
        format!(" --digest sha256:{number:064x} --reference registry.example.com/ns/app:{number}")
    };
    numbers.iter().map(image).collect()
}

fn key(bench: &Bench, name: &str) -> String {
    format!(" --signing-key {} --signing-key-name {name}", bench.sandbox.fingerprint(name))
}

/// A folder of signatures that several runs use.
struct Folder<'a> {
    bench: &'a Bench,
    path: PathBuf,
}

impl<'a> Folder<'a> {
    fn new(bench: &'a Bench) -> Self {
        Self { bench, path: bench.folder().join("signatures") }
    }

    /// Runs the program, and returns how many requests it sent, too.
    fn run(&self, arguments: &str) -> (Ended, usize) {
        let before = self.bench.record().requests.len();
        let arguments =
            format!("{arguments} --task-id 7 --output-dir {} --skip-existing", self.path.display());
        let ended = self.bench.run(&self.bench.config(), &arguments).expect(0);
        (ended, self.bench.record().requests.len() - before)
    }

    /// How many requests a run sends.
    fn requests(&self, arguments: &str) -> usize {
        self.run(arguments).1
    }

    /// All files but the list, with their content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn add(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    add(&path, files);
                } else if !path.ends_with("signatures.json") {
                    files.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        add(&self.path, &mut files);
        files
    }

    /// What the list says of each signature.
    fn list(&self) -> Vec<(String, bool)> {
        let text = fs::read_to_string(self.path.join("signatures.json")).unwrap();
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        let listed = |each: &Value| {
            let file = each["signature_file"].as_str();
            let is_there = file.is_some_and(|file| self.path.join(file).is_file());
            (each["status"].as_str().unwrap().to_owned(), is_there)
        };
        list.iter().map(listed).collect()
    }
}

/// What is said of each item by each key, in the order of the input.
fn statuses(ended: &Ended) -> Vec<String> {
    let mut lines: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let name = |line: &Value| line["signing_key_name"].as_str().map(ToOwned::to_owned);
    lines.sort_by_key(|line| (line["index"].as_u64(), name(line)));
    for line in &lines {
        let exists = line["status"] == "exists";
        assert_eq!(line["request_id"].is_null(), exists, "{line}");
        assert_eq!(line["signature"].is_null(), exists, "{line}");
        assert_eq!(line["errors"], Value::Array(vec![]), "{line}");
    }
    lines.iter().map(|line| line["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn images_are_skipped_item_by_item_and_key_by_key() {
    for kind in ["single", "batch"] {
        let bench = Bench::new();
        let folder = Folder::new(&bench);
        let [sandbox, release] = ["sandbox", "release"].map(|name| key(&bench, name));
        let sign = |keys: &str, numbers: &[usize], format: &str| {
            let arguments = format!("container-sign --signer-type {kind}{keys}{}", images(numbers));
            folder.run(&format!("{arguments} --format {format}"))
        };
        sign(&sandbox, &[1, 3], "ndjson");
        let before = folder.files();
        assert_eq!(before.len(), 2);

        let both = release + &sandbox;
        let (ended, requests) = sign(&both, &[1, 2, 3], "ndjson");
        let expected = ["signed", "exists", "signed", "signed", "signed", "exists"];
        assert_eq!(statuses(&ended), expected);
        // Images with other keys are in other batches.
        assert_eq!(requests, if kind == "batch" { 2 } else { 4 });
        let after = folder.files();
        assert!(before.iter().all(|(file, content)| after.get(file) == Some(content)));
        assert_eq!(after.len(), 6, "{kind}: {:?}", after.keys());
        // The list has the order of the command line.
        let expected = ["signed", "exists", "signed", "signed", "signed", "exists"];
        assert_eq!(folder.list(), expected.map(|status| (status.to_owned(), true)));

        let connections = bench.record().connections.len();
        let (ended, _) = sign(&both, &[1, 2, 3], "ndjson");
        assert_eq!(statuses(&ended), ["exists"; 6]);
        assert_eq!(folder.list(), vec![("exists".to_owned(), true); 6]);
        let (ended, _) = sign(&both, &[1, 2, 3], "summary");
        assert_eq!(ended.stdout.matches(" exists\n").count(), 6, "{}", ended.stdout);
        let document = sign(&both, &[1, 2, 3], "json").0.document();
        assert_eq!(document["signer_result"]["status"], "ok");
        for list in [&document["operation_results"], &document["operation"]["digests"]] {
            assert_eq!(list.as_array().unwrap().len(), 0, "{document}");
        }
        assert_eq!(sign(&both, &[1, 2, 3], "raw").0.stdout, "");
        assert_eq!(bench.record().connections.len(), connections);
        assert_eq!(folder.files(), after);

        // The document has what is asked for.
        let document = sign(&both, &[1, 4], "json").0.document();
        let operation = &document["operation"];
        assert_eq!(operation["references"], serde_json::json!(["registry.example.com/ns/app:4"]));
        let results = if kind == "batch" { 1 } else { 2 };
        assert_eq!(document["operation_results"].as_array().unwrap().len(), results);
    }
}

#[test]
fn only_a_signature_by_that_key_of_that_image_exists() {
    let bench = Bench::new();
    let folder = Folder::new(&bench);
    let digest = format!("sha256:{:064x}", 1);
    let sign = |key: &str, tag: &str| {
        let image = format!("--digest {digest} --reference registry.example.com/ns/app:{tag}");
        folder.requests(&format!("container-sign --signing-key {key} {image}"))
    };
    let fingerprint = bench.sandbox.fingerprint("sandbox");
    let end = &fingerprint[fingerprint.len() - 8..];
    assert_eq!(sign(fingerprint, "1"), 1);
    for same in [fingerprint, end, &end.to_lowercase(), &format!("0x{end}")] {
        assert_eq!(sign(same, "1"), 0, "{same}");
    }
    // Another reference of the same image, and another key.
    assert_eq!(sign(end, "2"), 1);
    assert_eq!(sign(end, "2"), 0);
    assert_eq!(sign(bench.sandbox.fingerprint("release"), "1"), 1);
    // What is no signature, and one for another image, are ignored.
    let files = Vec::from_iter(folder.files().into_keys());
    fs::write(&files[0], b"nothing").unwrap();
    assert_eq!(sign(end, "2"), 0);
    assert_eq!([sign(end, "1"), sign(end, "1")], [1, 0]);
    let other = format!("container-sign --signing-key {end}{}", images(&[2]));
    folder.requests(&other);
    let there = files[0].parent().unwrap().with_file_name(format!("app@sha256={:064x}", 2));
    fs::copy(&files[1], there.join("signature-1")).unwrap();
    assert_eq!(folder.requests(&other), 1);
    // A key that is not the one of the signature that comes.
    assert_eq!([sign("ABCD1234", "1"), sign("ABCD1234", "1")], [1, 1]);
}

#[test]
fn a_blob_exists_unless_it_is_newer_or_its_signature_is_none() {
    let bench = Bench::new();
    let folder = Folder::new(&bench);
    let [one, two] = ["one.tar", "two.tar"].map(|name| bench.file(name, name));
    let sign = |keys: &str| {
        let files = format!("--blob-file {} --blob-file {}", one.display(), two.display());
        folder.requests(&format!("blob-sign {files}{keys}"))
    };
    let [sandbox, release] = ["sandbox", "release"].map(|name| key(&bench, name));
    assert_eq!([sign(&sandbox), sign(&sandbox)], [2, 0]);
    let signature = folder.path.join("one.tar.asc");
    let later = SystemTime::now() + Duration::from_secs(10);
    File::options().write(true).open(&one).unwrap().set_modified(later).unwrap();
    assert_eq!(sign(&sandbox), 1);
    File::options().write(true).open(&signature).unwrap().set_modified(later).unwrap();
    assert_eq!(sign(&sandbox), 0);
    // A file of the same name whose time says nothing.
    fs::write(&one, "another").unwrap();
    File::options().write(true).open(&one).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!([sign(&sandbox), sign(&sandbox)], [1, 0], "another content");
    File::options().write(true).open(&one).unwrap().set_modified(later).unwrap();
    File::options().write(true).open(&signature).unwrap().set_modified(later).unwrap();
    assert_eq!(sign(&release), 2, "another key");
    for content in ["", "not a signature"] {
        fs::write(&signature, content).unwrap();
        File::options().write(true).open(&signature).unwrap().set_modified(later).unwrap();
        assert_eq!(sign(&release), 1, "{content}");
        File::options().write(true).open(&signature).unwrap().set_modified(later).unwrap();
    }
    // With several keys each has its own file.
    let both = sandbox + &release;
    assert_eq!([sign(&both), sign(&both)], [4, 2], "one is newer than its signatures");
}

#[test]
fn a_text_exists_if_its_signature_is_of_it() {
    let bench = Bench::new();
    let folder = Folder::new(&bench);
    let file = bench.file("notes.txt", "- a list\n-----BEGIN\nend\n");
    let key = bench.sandbox.fingerprint("sandbox");
    let sign = |inputs: &str| folder.requests(&format!("clear-sign --signing-key {key} {inputs}"));
    let inputs = format!("one @{}", file.display());
    assert_eq!([sign(&inputs), sign(&inputs)], [2, 0]);
    fs::write(&file, "- a list\n-----BEGIN\nEND\n").unwrap();
    assert_eq!([sign(&inputs), sign(&inputs)], [1, 0]);
    assert_eq!(sign(&inputs.replace("one", "two")), 1);
    assert_eq!(sign(&inputs), 1);
}

/// The state file is that of what was asked for first, and its run brings signatures into the folder.
fn a_run_goes_on_with_its_state_file_when_some_signatures_exist_by_then(protocol: Protocol) {
    let refusal =
        ReplyAct::ServerError { errors: vec!["no".into()], signing_status: "failed".into() };
    let bench = protocol.misbehaving(vec![rule(When::Request(3), refusal)]);
    let folder = Folder::new(&bench);
    let sign = format!("container-sign{}", key(&bench, "sandbox"));
    folder.run(&(sign.clone() + &images(&[1])));

    let state = bench.folder().join("run.state");
    let all = format!("{sign}{} --format ndjson", images(&[1, 2, 3]));
    let with_state = format!("{all} --state {}", state.display());
    let first =
        format!("{with_state} --task-id 7 --output-dir {} --skip-existing", folder.path.display());
    bench.run(&bench.config(), &first).expect(1);
    assert_eq!(folder.files().len(), 2);
    let (ended, requests) = folder.run(&with_state);
    assert_eq!(requests, 1);
    assert_eq!(statuses(&ended), ["exists", "signed", "signed"]);
    let (ended, requests) = folder.run(&with_state);
    assert_eq!((requests, statuses(&ended)), (0, statuses(&ended)));
    assert_eq!(statuses(&ended), ["exists", "signed", "signed"]);
    assert_eq!(
        folder.list(),
        [("exists", true), ("signed", true), ("signed", true)]
            .map(|(status, is_there)| (status.to_owned(), is_there))
    );

    // Without the option, and with another file, it is another operation.
    let other = format!("{with_state} --task-id 7 --output-dir {}", folder.path.display());
    bench.run(&bench.config(), &other).expect(78).says("existing is [0] there and none now;");
    // What existed is part of the operation.
    bench
        .run(&bench.config(), &first.replace("app:1", "app:9"))
        .expect(78)
        .says("items are not those of the file;");
    // Nothing would bring back what is gone, so the run is no success.
    let elsewhere = first.replace("/signatures ", "/others ");
    assert_ne!(elsewhere, first);
    bench
        .run(&bench.config(), &elsewhere)
        .expect(78)
        .says("does not hold all signatures that existed when it was made: 1 missing;");
    let new = all + " --state " + bench.folder().join("new.state").to_str().unwrap();
    for _ in 0..2 {
        let (ended, requests) = folder.run(&new);
        assert_eq!((requests, statuses(&ended)), (0, vec!["exists".to_owned(); 3]));
    }
}

#[test]
fn a_key_without_an_id_is_asked_for_again_with_a_warning() {
    let bench = Bench::new();
    let folder = Folder::new(&bench);
    let arguments = format!("container-sign --signing-key production{}", images(&[1, 2]));
    for _ in 0..2 {
        let (ended, requests) = folder.run(&arguments);
        assert_eq!(requests, 2);
        ended.says_once("--skip-existing: the key \"production\" is no hexadecimal id");
    }
    // An alias has the id of its key.
    let id = bench.sandbox.fingerprint("sandbox");
    let config = bench.config().set("key_aliases", &format!("{{production: \"{id}\"}}"));
    let arguments =
        format!("{arguments} --task-id 7 --skip-existing --output-dir {}", folder.path.display());
    let ended = bench.run(&config, &arguments).expect(0);
    assert_eq!(bench.record().requests.len(), 4);
    assert!(!ended.stderr.contains("hexadecimal"), "{}", ended.stderr);
}

#[test]
fn without_a_folder_it_is_wrong_usage() {
    let bench = Bench::new();
    let arguments = format!(
        "container-sign --signing-key ABCD1234 --task-id 7 --skip-existing{}",
        images(&[1])
    );
    bench.run(&bench.config(), &arguments).expect(2).says("give --output-dir, too");
    assert!(bench.record().connections.is_empty());
}
