//! `verify`: what a run wrote is verified again, without a broker.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::harness::{Bench, Config, Ended, Program, images, under_test};

/// The kinds of results that a run writes, and how the command line names them.
const RESULTS: [(&str, &str); 5] = [
    ("json", "--output results"),
    ("ndjson", "--format ndjson --output results"),
    ("raw", "--raw --output results"),
    ("folder", "--output-dir folder"),
    ("both", "--format ndjson --output results --output-dir folder"),
];

/// A sandbox, a configuration and files to sign; and another sandbox's keys.
struct Signed {
    bench: Bench,
    folder: PathBuf,
}

impl Signed {
    fn new() -> Self {
        let bench = Bench::new();
        let folder = bench.folder().to_owned();
        fs::write(folder.join("one"), "one\n- two \n").unwrap();
        fs::write(folder.join("two"), [0, 255, 13, 10]).unwrap();
        Self { bench, folder }
    }

    fn key(&self) -> String {
        format!("--signing-key {}", self.bench.sandbox.fingerprint("sandbox"))
    }

    /// What each command signs.
    fn operations(&self) -> [(&'static str, String); 4] {
        let key = self.key();
        let items = |arguments: String| arguments.split_once(" --task-id 7").unwrap().1.to_owned();
        let both = format!(
            "{key} --signing-key-name sandbox --signing-key {} --signing-key-name release",
            self.bench.sandbox.fingerprint("release")
        );
        [
            ("container-sign", format!("{key}{}", items(images(3)))),
            ("container-sign", format!("{both} --signer-type batch{}", items(images(3)))),
            ("clear-sign", format!("{key} text @{}", self.folder.join("one").display())),
            (
                "blob-sign",
                format!(
                    "{key} --blob-file {} --blob-file {}",
                    self.folder.join("one").display(),
                    self.folder.join("two").display()
                ),
            ),
        ]
    }

    fn sign(&self, command: &str, operation: &str, results: &str) {
        let results = self.placed(results);
        let arguments = format!("{command} {operation} --task-id 7 {results}");
        self.bench.run(&self.bench.config(), &arguments).expect(0);
    }

    /// The options with whole names of files.
    fn placed(&self, results: &str) -> String {
        let place = |name: &str| self.folder.join(name).display().to_string();
        results
            .replace(" results", &format!(" {}", place("results")))
            .replace(" folder", &format!(" {}", place("folder")))
    }

    fn program(&self, command: &str, arguments: &str) -> Program {
        let mut program = Program::new(&under_test());
        program.command.env("HOME", &self.folder);
        program.args(["verify", command]);
        program.args(arguments.split(' ').filter(|word| !word.is_empty()));
        program
    }

    fn verify(&self, command: &str, operation: &str, results: &str) -> Ended {
        let keys = self.bench.sandbox.public_key_file();
        let results = self.placed(results);
        let arguments = format!("{operation} {results} --verify-keys {}", keys.display());
        self.program(command, &arguments).run()
    }

    fn clean(&self) {
        let _ = fs::remove_file(self.folder.join("results"));
        let _ = fs::remove_dir_all(self.folder.join("folder"));
    }
}

#[test]
fn what_a_run_wrote_is_good_in_every_form() {
    let signed = Signed::new();
    for (command, operation) in signed.operations() {
        for (form, results) in RESULTS {
            signed.clean();
            signed.sign(command, &operation, results);
            let ended = signed.verify(command, &operation, results);
            assert_eq!(ended.status, 0, "{command} {form}: {}", ended.stderr);
            let count = if operation.contains("batch") { 6 } else { operation_size(command) };
            ended.logs(&format!("{count} of {count} signatures are good"));
            assert_eq!(ended.stdout, "");
        }
    }
}

fn operation_size(command: &str) -> usize {
    if command == "container-sign" { 3 } else { 2 }
}

/// A key that was asked for without a name has the name that the server gives it, and nothing else may be in the document.
#[test]
fn a_batch_says_what_each_value_is_for() {
    let signed = Signed::new();
    let (command, operation) = signed.operations()[0].clone();
    let operation = format!("{operation} --signer-type batch");
    signed.sign(command, &operation, "--output results");
    let path = signed.folder.join("results");
    let text = fs::read_to_string(&path).unwrap();
    let claims = "\"signed_claims\": {";
    assert_eq!(text.matches(&format!("{claims}\"\": ")).count(), 3, "{text}");
    let added =
        |claim: &str| text.replacen("{\"claim_file\"", &format!("{claim}, {{\"claim_file\""), 1);
    for (edited, failures) in [
        (text.replace(&format!("{claims}\"\": "), &format!("{claims}\"production\": ")), 0),
        (added("{\"signed_claims\": {\"\": \"QQ==\"}}"), 1),
        (added("{\"claim_file\": \"e30=\", \"signed_claims\": {\"\": \"QQ==\"}}"), 1),
        (added("{\"signed_claims\": {\"\": \"\"}}"), 0),
    ] {
        fs::write(&path, &edited).unwrap();
        let ended = signed.verify(command, &operation, "--output results");
        let status = if failures > 0 { 65 } else { 0 };
        assert_eq!(ended.status, status, "{edited}: {}", ended.stderr);
        let found = ended.stderr.lines().filter(|line| line.contains("another item or key"));
        assert_eq!(found.count(), failures, "{}", ended.stderr);
    }
}

/// Each value, with another in its place.
#[test]
fn crossed_results_are_failures_in_every_form() {
    let signed = Signed::new();
    for (command, operation) in signed.operations() {
        for (form, results) in &RESULTS[..3] {
            signed.clean();
            signed.sign(command, &operation, results);
            let path = signed.folder.join("results");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, crossed(&text)).unwrap();
            let ended = signed.verify(command, &operation, results);
            assert_eq!(ended.status, 65, "{command} {form}: {}", ended.stderr);
            let failures = ended.stderr.lines().filter(|line| line.contains(" by "));
            assert_eq!(failures.count(), 2, "{command} {form}: {}", ended.stderr);
        }
    }
}

/// The results with the first two different values in each other's place.
fn crossed(text: &str) -> String {
    let mut values = Vec::new();
    for part in text.split(['"', '\n']) {
        // Long base64 that is not the claim itself, which begins with a brace.
        let is_value = part.len() > 120 && part.len().is_multiple_of(4) && !part.starts_with("ey");
        let is_base64 = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
        if is_value && is_base64 && !values.contains(&part) {
            values.push(part);
        }
    }
    let [one, two, ..] = values[..] else { panic!("two values in {text}") };
    text.replace(one, "\u{1}").replace(two, one).replace('\u{1}', two)
}

#[test]
fn files_of_others_are_failures() {
    let signed = Signed::new();
    let operations = signed.operations();
    let (command, operation) = &operations[3];
    signed.sign(command, operation, "--output-dir folder");
    let file = |name: &str| signed.folder.join("folder").join(name);
    fs::copy(file("one.asc"), file("two.asc")).unwrap();
    let ended = signed.verify(command, operation, "--output-dir folder").expect(65);
    ended.says("two by ").says("bad signature").logs("1 of 2 signatures are good");
    fs::remove_file(file("two.asc")).unwrap();
    let ended = signed.verify(command, operation, "--output-dir folder").expect(65);
    ended.says("there is no signature");

    // Another's signature beside the right one does not matter, as skopeo has it.
    let (command, operation) = &operations[0];
    signed.clean();
    signed.sign(command, operation, "--output-dir folder");
    let image = |number: usize| file(&format!("ns/app@sha256={number:064x}")).join("signature-1");
    fs::copy(image(0), image(1).with_file_name("signature-2")).unwrap();
    signed.verify(command, operation, "--output-dir folder").expect(0);
    fs::rename(image(1).with_file_name("signature-2"), image(1)).unwrap();
    let ended = signed.verify(command, operation, "--output-dir folder").expect(65);
    ended.says("another image: registry.example.com/ns/app:0");
}

#[test]
fn results_of_another_run_are_told_apart() {
    let signed = Signed::new();
    let (command, operation) = &signed.operations()[0];
    let less = operation.rsplit_once(" --digest").unwrap().0;
    // The result of the third image is missing, or there is one too many; the others are good.
    let missing = (
        less,
        &**operation,
        ["app:2", "there is no signature"],
        "2 of 3 signatures",
        "has 2 results, expected 3",
    );
    let stray = (
        &**operation,
        less,
        ["line 3: ", "is for another item or key"],
        "2 of 2 signatures",
        "has 3 results, expected 2",
    );
    for (form, results) in &RESULTS[..3] {
        for (signed_for, asked_for, lines, good, count) in [missing, stray] {
            signed.clean();
            signed.sign(command, signed_for, results);
            let ended = signed.verify(command, asked_for, results);
            match *form {
                "ndjson" => ended.expect(65).says(lines[0]).says(lines[1]).logs(good),
                _ => ended.expect(2).says(count),
            };
        }
    }
}

/// The claims of a batch are known by the names of keys.
#[test]
fn a_batch_without_the_names_of_its_keys_is_told_apart() {
    let signed = Signed::new();
    let (command, operation) = &signed.operations()[1];
    signed.sign(command, operation, "--output results");
    let unnamed = operation
        .replace(" --signing-key-name sandbox", "")
        .replace(" --signing-key-name release", "")
        .replace(" --signer-type batch", "");
    let ended = signed.verify(command, &unnamed, "--output results").expect(65);
    ended.says("by \"release\" is for another item or key").logs("0 of 6 signatures are good");
}

#[test]
fn the_key_decides() {
    let signed = Signed::new();
    let (command, operation) = &signed.operations()[0];
    signed.sign(command, operation, "--output results");
    // The keys of another sandbox.
    let other = Bench::new();
    let verify = |keys: &Path, operation: &str| {
        let results = signed.placed("--output results");
        let arguments = format!("{operation} {results} --verify-keys {}", keys.display());
        signed.program(command, &arguments).run()
    };
    let keys = other.sandbox.public_key_file();
    verify(&keys, operation).expect(78).says("no certificate of the key");
    let release = signed.bench.sandbox.fingerprint("release");
    let by_release = operation.replace(signed.bench.sandbox.fingerprint("sandbox"), release);
    let own = signed.bench.sandbox.public_key_file();
    let ended = verify(&own, &by_release).expect(65);
    ended.says(&format!("another key: {}", signed.bench.sandbox.fingerprint("sandbox")));
    // An id of 8 digits, and a name, which any certificate may have.
    for key in [&signed.bench.sandbox.fingerprint("sandbox")[32..], "some-name"] {
        let by_key = operation.replace(signed.bench.sandbox.fingerprint("sandbox"), key);
        let ended = verify(&own, &by_key).expect(0);
        let warns = ended.stderr.contains("a signature by any certificate counts");
        assert_eq!(warns, key == "some-name", "{}", ended.stderr);
    }
}

/// Aliases and certificates may be those of the configuration.
#[test]
fn a_configuration_is_read_if_there_is_one() {
    let signed = Signed::new();
    let (command, operation) = &signed.operations()[0];
    signed.sign(command, operation, "--output results");
    let fingerprint = signed.bench.sandbox.fingerprint("sandbox");
    let aliased = operation.replace(fingerprint, "production");
    let keys = signed.bench.sandbox.public_key_file();
    let config = |config: Config| signed.bench.file("config.yaml", config.yaml());
    let with_keys = signed
        .bench
        .config()
        .set("key_aliases", &format!("{{production: {fingerprint}}}"))
        .set("verify_keys", &format!("{:?}", keys.display().to_string()));
    let results = signed.placed("--output results");
    let arguments = |path: &Path| format!("{aliased} {results} --config-file {}", path.display());
    let path = config(with_keys.clone());
    signed.program(command, &arguments(&path)).run().expect(0);
    let path = config(with_keys.without("verify_keys"));
    let ended = signed.program(command, &arguments(&path)).run().expect(2);
    ended.says("no certificates to verify with; give --verify-keys");
}

#[test]
fn mistakes_are_named() {
    let signed = Signed::new();
    let keys = signed.bench.sandbox.public_key_file();
    let keys = format!("--verify-keys {}", keys.display());
    let image = format!("--digest sha256:{} --reference r/a:1", "0".repeat(64));
    for (arguments, status, expected) in [
        (String::new(), 2, "missing COMMAND; expected container-sign, clear-sign or blob-sign"),
        ("check".into(), 2, "COMMAND is \"check\"; expected"),
        (format!("container-sign {keys} {image}"), 2, "missing --signing-key"),
        (format!("container-sign {keys} --signing-key K"), 2, "missing --digest, --reference"),
        (format!("blob-sign {keys} --signing-key K"), 2, "missing --blob-file"),
        (
            format!("blob-sign {keys} --signing-key K --blob-file a b"),
            2,
            "unexpected argument \"b\"",
        ),
        (format!("clear-sign {keys} --signing-key K --from l text"), 2, "exclude each other"),
        (
            format!("container-sign {keys} --signing-key K {image} --output /nowhere"),
            66,
            "/nowhere",
        ),
        (
            format!("container-sign {keys} --signing-key K {image} --output-dir /nowhere"),
            66,
            "/nowhere",
        ),
        (
            format!("container-sign --signing-key K {image} --task-id 1"),
            2,
            "--task-id is not an option",
        ),
        (
            format!("container-sign {keys} --signing-key K --from -"),
            2,
            "standard input cannot be both what was signed and the results",
        ),
        (
            format!("blob-sign {keys} --signing-key K --blob-file -"),
            2,
            "name the results by --output",
        ),
        (format!("container-sign {keys} --signing-key K {image}"), 65, "there is no signature"),
    ] {
        let mut program = Program::new(&under_test());
        program.command.env("HOME", signed.folder.clone());
        program.args(["verify"]).args(arguments.split(' ').filter(|word| !word.is_empty()));
        let ended = program.run();
        assert_eq!(ended.status, status, "{arguments}: {}", ended.stderr);
        ended.says(expected);
    }
}
