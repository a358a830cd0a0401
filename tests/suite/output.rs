//! `--output` and `--output-dir`: results in files.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use amqp_sandbox::{ReplyAct, Verifier, When};
use serde_json::{Value, json};

use crate::harness::{Bench, Program, Protocol, images, refused, rule, signal};

over_both!(
    on_a_full_disk_the_run_ends_and_nothing_more_is_accepted,
    a_killed_run_goes_on_and_a_complete_one_changes_nothing,
    a_run_that_fails_writes_what_there_is_and_one_that_is_refused_touches_nothing,
);

/// The files below a folder by their names, also of folders in it.
pub fn tree(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    names.sort();
    names
}

/// What changes if a file is written or replaced.
pub fn marks(folder: &Path) -> Vec<(String, u64, i64, i64)> {
    let mark = |name: String| {
        let found = fs::metadata(folder.join(&name)).unwrap();
        (name, found.ino(), found.mtime(), found.mtime_nsec())
    };
    tree(folder).into_iter().map(mark).collect()
}

/// What lists the files of a folder.
pub fn listed(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("signatures.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn verifier(bench: &Bench) -> Verifier {
    let key = fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
    Verifier::from_armoured(&key).unwrap()
}

/// A limit of the size of files in place of a full disk.
fn limited(program: Program, kilobytes: u32) -> Program {
    program.within("bash", &["-c", &format!(r#"ulimit -f {kilobytes}; exec "$0" "$@""#)])
}

fn folder(bench: &Bench, name: &str) -> PathBuf {
    let folder = bench.folder().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

#[test]
fn a_file_gets_what_standard_output_would_have() {
    for format in ["json", "ndjson", "raw", "summary"] {
        let bench = Bench::new();
        let out = folder(&bench, "out");
        let (file, state) = (out.join("results"), bench.folder().join("state"));
        fs::write(&file, "what was there before").unwrap();
        let link = bench.folder().join("link");
        symlink(&file, &link).unwrap();
        let arguments = format!("{} --format {format} --state {}", images(3), state.display());
        let output = format!("{arguments} --output {}", link.display());
        let ended = bench.run(&bench.config(), &output).expect(0);
        assert_eq!(ended.stdout, "");
        let marks_before = marks(&out);
        // All is signed by now: times are missing in the table.
        bench.run(&bench.config(), &output).expect(0);
        if format != "summary" {
            assert_eq!(marks(&out), marks_before, "the same bytes are not written again");
        }
        let printed = bench.run(&bench.config(), &arguments).expect(0).stdout;
        assert_eq!(fs::read_to_string(&file).unwrap(), printed, "{format}");
        assert_eq!(tree(&out), ["results"]);
        assert!(link.is_symlink());
        assert_eq!(bench.record().requests.len(), 3);
    }
}

fn a_run_that_fails_writes_what_there_is_and_one_that_is_refused_touches_nothing(
    protocol: Protocol,
) {
    for format in ["json", "ndjson"] {
        let bench = protocol.misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
        let out = folder(&bench, "out");
        let file = out.join("results");
        let signatures = bench.folder().join("signatures");
        let arguments = format!(
            "--format {format} --output {} --output-dir {}",
            file.display(),
            signatures.display()
        );
        let config = bench.config().patience(1, 1, 1);
        fs::write(&file, "before").unwrap();
        let wrong = format!("{} --digest sha256:1 --reference r/a:1 {arguments}", images(1));
        bench.run(&config, &wrong).expect(2);
        assert_eq!(
            (fs::read(&file).unwrap(), tree(&out)),
            (b"before".to_vec(), vec!["results".into()])
        );
        bench.run(&config, &format!("{} {arguments}", images(3))).expect(75);
        let text = fs::read_to_string(&file).unwrap();
        let requests = bench.record().requests;
        assert_eq!(tree(&out), ["results"]);
        let list = listed(&signatures);
        let states: Vec<_> = list.iter().map(|line| line["status"].as_str().unwrap()).collect();
        assert_eq!(states, ["signed", "unanswered", "signed"]);
        assert_eq!(list[1]["signature_file"], Value::Null);
        assert_eq!(tree(&signatures).len(), 3, "two signatures and the list");
        for (number, request) in requests.iter().enumerate() {
            let id = request.request_id.as_deref().unwrap();
            // The document has only replies.
            assert!(text.contains(id) || (format == "json" && number == 1), "{text}");
        }
    }
}

#[test]
fn what_cannot_be_replaced_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    let out = folder(&bench, "out");
    let (there, file) = (out.display(), bench.file("file", ""));
    let state = bench.folder().join("state").display().to_string();
    let cases = [
        (format!("--output {there}"), 74, "it is a folder; expected a regular file, or none"),
        ("--output /dev/null".into(), 74, "it is a device, pipe or socket; expected a regular"),
        (format!("--output {there}/none/results"), 74, "create the folder that it is to be in"),
        (format!("--output-dir {there}/none/results"), 74, "create the folder that it is to be in"),
        (format!("--output-dir {}", file.display()), 74, "where a folder is expected"),
        (format!("--output {state} --state {state}"), 2, "--output and --state name one file"),
        (
            format!("--output-dir {there} --output {there}/signatures.json"),
            2,
            "--output names the list of --output-dir; give it another file",
        ),
        (
            format!("--output-dir {there} --state {there}/signatures.json"),
            2,
            "--state names the list of --output-dir; give it another file",
        ),
        ("--output -".into(), 2, "--output is \"-\"; leave it out for standard output"),
        ("--layout lookaside".into(), 2, "--layout is about files; give --output-dir, too"),
        (format!("--layout flat --output-dir {there}"), 2, "expected lookaside"),
        ("--output x --dry-run".into(), 2, "--dry-run and --output exclude each other"),
        (format!("--output-dir {there} --dry-run"), 2, "--dry-run and --output-dir exclude"),
    ];
    for (arguments, status, says) in cases {
        let ended = bench.run(&bench.config(), &format!("{} {arguments}", images(1)));
        refused(&bench, ended, status, &[says]);
        assert!(tree(&out).is_empty());
    }
}

/// The broker keeps what could not be written; what was received is in the document nevertheless.
fn on_a_full_disk_the_run_ends_and_nothing_more_is_accepted(protocol: Protocol) {
    let bench = protocol.bench();
    let out = folder(&bench, "out");
    let arguments = format!("{} --output-dir {}", images(30), out.display());
    let ended = limited(bench.program(&bench.config(), &arguments), 0).run();
    // Not even the first file can be made; bash may count it.
    let ended = ended.expect(74);
    ended.says("cannot read or write: File too large");
    assert_eq!(bench.record().accepted().count(), 0);
    assert!(ended.messages().iter().any(|message| !message.is_null()));
    assert!(tree(&out).is_empty());

    let bench = protocol.bench();
    let file = bench.folder().join("results");
    let arguments = format!("{} --format ndjson --output {}", images(200), file.display());
    limited(bench.program(&bench.config(), &arguments), 120).run().expect(74);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.ends_with('\n'), "only whole lines");
    let lines = text.lines().count();
    let accepted = bench.record().accepted().count();
    assert!(0 < accepted && accepted <= lines, "{accepted} are accepted, and {lines} written");
}

/// Arguments, the names of the files without signatures.json, and what each is a signature of.
#[test]
fn each_signature_has_a_file_with_a_name_of_its_own() {
    let bench = Bench::new();
    let verifier = verifier(&bench);
    let files = folder(&bench, "files");
    for name in ["app.tar", "notes.txt"] {
        fs::write(files.join(name), name).unwrap();
    }
    let (app, notes) = (files.join("app.tar"), files.join("notes.txt"));
    let (app, notes) = (app.display(), notes.display());
    let key = "--signing-key ABCD1234 --task-id 7";
    let keys = "--task-id 7 --signing-key ABCD1234 --signing-key 11111111";
    let names = "--signing-key-name team/one --signing-key-name two";
    let cases: [(String, &[(&str, &str)]); 5] = [
        (
            format!("blob-sign {key} --blob-file {app} --blob-file {notes}"),
            &[("app.tar.", "app.tar"), ("notes.txt.", "notes.txt")],
        ),
        (
            format!("blob-sign {keys} {names} --blob-file {app}"),
            &[("app.tar.team_one.", "app.tar"), ("app.tar.two.", "app.tar")],
        ),
        (
            format!("blob-sign {keys} --blob-file {app}"),
            &[("app.tar.ABCD1234.", "app.tar"), ("app.tar.11111111.", "app.tar")],
        ),
        (
            format!("clear-sign {key} @{notes} one"),
            &[("notes.txt.", "notes.txt"), ("text-1.", "one")],
        ),
        (
            format!("clear-sign {keys} one"),
            &[("text-0.ABCD1234.", "one"), ("text-0.11111111.", "one")],
        ),
    ];
    for (number, (arguments, expected)) in cases.iter().enumerate() {
        // It is made.
        let out = bench.folder().join(format!("out-{number}"));
        let ended = bench
            .run(&bench.config(), &format!("{arguments} --output-dir {}", out.display()))
            .expect(0);
        ended.document();
        let list = listed(&out);
        let mut names: Vec<_> = vec!["signatures.json".to_owned()];
        assert_eq!(list.len(), expected.len(), "{arguments}");
        for (line, (name, content)) in list.iter().zip(*expected) {
            let file = line["signature_file"].as_str().unwrap();
            let bytes = fs::read(out.join(file)).unwrap();
            let extension = if bytes.starts_with(b"-----BEGIN PGP") { "asc" } else { "sig" };
            assert_eq!((file, &line["status"]), (&*format!("{name}{extension}"), &json!("signed")));
            let value = openssl::base64::encode_block(&bytes);
            let is_right = match arguments.starts_with("blob") {
                true => verifier.is_detached_signature(&value, content.as_bytes()),
                false => verifier.content(&value).is_some_and(|it| it == content.as_bytes()),
            };
            assert!(is_right, "{file} of {arguments}");
            names.push(file.to_owned());
        }
        names.sort();
        assert_eq!(tree(&out), names, "{arguments}");
    }
}

#[test]
fn two_items_of_one_name_are_refused_before_anything_is_sent() {
    let bench = Bench::new();
    let [one, two] = ["one", "two"].map(|name| folder(&bench, name).join("app"));
    for file in [&one, &two] {
        fs::write(file, "app").unwrap();
    }
    let [a, b] = [one.display(), two.display()];
    let long = bench.folder().join("n".repeat(252));
    fs::write(&long, "app").unwrap();
    let list = bench.file("list", format!("{a}\n{b}\n"));
    let out = bench.folder().join("out");
    let same = format!("\"{a}\" and \"{b}\" would have one file, app.sig or app.asc; give them to");
    for (items, says) in [
        (format!("--blob-file {a} --blob-file {b}"), same.as_str()),
        (format!("--from {}", list.display()), &same),
        (format!("--blob-file {}", long.display()), "would have too long a name"),
        (
            format!(
                "--blob-file {a} --signing-key-name k --signing-key 11111111 --signing-key-name a+b --signing-key 22222222 --signing-key-name a*b"
            ),
            "by a+b and",
        ),
    ] {
        let arguments = format!(
            "blob-sign --signing-key ABCD1234 --task-id 7 {items} --output-dir {}",
            out.display()
        );
        refused(&bench, bench.run(&bench.config(), &arguments), 2, &["--output-dir: ", says]);
        assert!(!out.exists());
    }
}

fn a_killed_run_goes_on_and_a_complete_one_changes_nothing(protocol: Protocol) {
    let last = rule(When::Request(20), ReplyAct::Delay(Duration::from_secs(2)));
    let bench = protocol.misbehaving(vec![last]);
    let out = bench.folder().join("out");
    let results = bench.folder().join("results");
    let state = bench.folder().join("state");
    let arguments = format!(
        "{} --state {} --format ndjson --output {} --output-dir {}",
        images(20),
        state.display(),
        results.display(),
        out.display()
    );
    let config = bench.config().patience(60, 1, 1);
    let running = bench.program(&config, &arguments).start();
    bench.sandbox.wait_for(crate::harness::LONG, |record| record.accepted().count() == 19).unwrap();
    signal("KILL", running.id());
    running.wait().expect(137);
    assert_eq!(tree(&out).len(), 19, "each is there before the broker knows that it has come");
    bench.run(&config, &arguments).expect(0);
    let list = listed(&out);
    assert_eq!(list.len(), 20);
    assert_eq!(fs::read_to_string(&results).unwrap().lines().count(), 20);
    let mut names: Vec<_> =
        list.iter().map(|line| line["signature_file"].as_str().unwrap().to_owned()).collect();
    names.push("signatures.json".into());
    names.sort();
    assert_eq!(tree(&out), names);
    let before = marks(&out);
    bench.run(&config, &arguments).expect(0);
    assert_eq!(marks(&out), before);
}

/// The broker does not offer it again.
#[test]
fn a_killed_run_leaves_what_has_come_of_a_batch() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::PartialBatch(2))]);
    let out = bench.folder().join("out");
    let arguments = format!("{} --signer-type batch --output-dir {}", images(3), out.display());
    let running = bench.program(&bench.config().patience(60, 1, 1), &arguments).start();
    bench.sandbox.wait_for(crate::harness::LONG, |record| record.accepted().count() == 1).unwrap();
    signal("KILL", running.id());
    running.wait().expect(137);
    assert_eq!(tree(&out).len(), 2);

    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::InParts)]);
    let out = bench.folder().join("out");
    let arguments =
        format!("{} --signer-type batch --format ndjson --output-dir {}", images(3), out.display());
    bench.run(&bench.config(), &arguments).expect(0);
    assert!(listed(&out).iter().all(|line| line["status"] == "signed"));
    assert_eq!(tree(&out).len(), 4, "one for each, and the list");
}
