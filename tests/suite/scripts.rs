//! The scripts in examples/scripts, as they are.

use std::{
    fs,
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use amqp_sandbox::{ReplyAct, Verifier, When};
use serde_json::{Value, json};

use crate::{
    cycle::times_received,
    harness::{Bench, Config, Ended, LONG, Program, rule, under_test},
    peer,
    skopeo::{Skopeo, digest, manifest},
};

/// A script, which finds the program in PATH.
fn script(bench: &Bench, config: &Config, name: &str, words: &[&str]) -> Program {
    let programs = bench.folder().join("programs");
    if !programs.exists() {
        fs::create_dir(&programs).unwrap();
        symlink(under_test(), programs.join("amqp-messenger")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scripts").join(name);
    let mut program = Program::new(&path);
    let search = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    program.args(words);
    program.command.env("PATH", search).env("TASK_ID", "7");
    program.command.env("CONFIG", bench.file("config.yaml", config.yaml()));
    program.command.env("KEY", bench.sandbox.fingerprint("sandbox"));
    program
}

fn list(bench: &Bench, count: usize) -> String {
    let line = |index: usize| {
        let reference = format!("registry.example.com/ns/app:{index}");
        format!("{}\n", json!({"reference": reference, "digest": digest(&manifest(index))}))
    };
    let path = bench.file("images.ndjson", (0..count).map(line).collect::<String>());
    path.display().to_string()
}

/// The script is killed with everything that it started, when half of the list is signed; the other half is answered while
/// nothing runs.
#[test]
fn a_step_that_was_killed_is_run_again_and_asks_for_nothing_twice() {
    const COUNT: usize = 10;
    let late = rule(When::FromRequest(6), ReplyAct::Delay(Duration::from_secs(1)));
    let bench = Bench::misbehaving(vec![late]);
    let result = bench.folder().join("result.ndjson");
    let words = [&list(&bench, COUNT), result.to_str().unwrap()];

    let mut step = script(&bench, &bench.config(), "sign-images", &words);
    step.command.process_group(0);
    let running = step.start();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() >= 5).unwrap();
    kill_group(running.id());
    running.wait().expect(137);

    script(&bench, &bench.config(), "sign-images", &words).run().expect(0);
    let times = times_received(&bench);
    assert_eq!(times.len(), COUNT);
    assert!(times.values().all(|&times| times == 1), "{times:?}");
    let document: Value = serde_json::from_str(&fs::read_to_string(&result).unwrap()).unwrap();
    let results = document["operation_results"].as_array().unwrap();
    assert_eq!(results.len(), COUNT);
    let skopeo = Skopeo::trusting(&bench.sandbox);
    for (index, signed) in results.iter().enumerate() {
        let signature = signed[0]["msg"]["signed_claim"].as_str().unwrap();
        let signature = skopeo.file(&openssl::base64::decode_block(signature).unwrap());
        let reference = format!("registry.example.com/ns/app:{index}");
        let key = bench.sandbox.fingerprint("sandbox");
        assert_eq!(skopeo.verify(&manifest(index), &reference, key, &signature), Ok(()));
    }

    // A third time, nothing is left to do.
    let connections = bench.record().connections.len();
    script(&bench, &bench.config(), "sign-images", &words).run().expect(0);
    assert_eq!(bench.record().connections.len(), connections);
}

fn kill_group(leader: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -s KILL -- -{leader}")]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_step_that_can_be_finished_later_says_so() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    let result = bench.folder().join("result.ndjson");
    let words = [&list(&bench, 2), result.to_str().unwrap()];
    let mut step = script(&bench, &bench.config(), "sign-images", &words);
    step.command.env("DEADLINE", "1");
    step.run().expect(124).says("run the step again");
}

#[test]
fn files_with_any_names_are_signed_from_find() {
    let bench = Bench::new();
    let folder = bench.folder().join("files");
    fs::create_dir_all(folder.join("below")).unwrap();
    let names = ["plain", "two words", "line\nbreak", "-dash", "below/below"];
    for name in names {
        fs::write(folder.join(name), name).unwrap();
    }
    let result = bench.folder().join("result.json");
    let words = [folder.to_str().unwrap(), result.to_str().unwrap()];
    script(&bench, &bench.config(), "sign-files", &words).run().expect(0);

    let document: Value = serde_json::from_str(&fs::read_to_string(&result).unwrap()).unwrap();
    let results = document["operation_results"].as_array().unwrap();
    let signed = fs::read_to_string(bench.folder().join("result.json.files")).unwrap();
    let signed: Vec<_> = signed.split_terminator('\0').collect();
    assert_eq!((signed.len(), results.len()), (names.len(), names.len()));
    let keys = fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
    let verifier = Verifier::from_armoured(&keys).unwrap();
    for (file, result) in signed.iter().zip(results) {
        let signature = result[0]["msg"]["signed_payload"].as_str().unwrap();
        assert!(verifier.is_detached_signature(signature, &fs::read(file).unwrap()), "{file:?}");
    }
}

/// The command of the loop writes each signature to a file.
#[test]
fn signatures_are_handed_on_one_by_one_and_missing_ones_are_named() {
    let bench = Bench::new();
    let folder = bench.folder().to_owned();
    let command = bench.file("keep", "#!/bin/sh\ncat >\"$KEPT/${1##*:}\"\necho \"$1 $2\"\n");
    make_executable(&command);
    let words = [&list(&bench, 3), command.to_str().unwrap()];
    let publish = |bench: &Bench| -> Ended {
        let mut program = script(bench, &bench.config(), "publish-signatures", &words);
        program.command.env("KEPT", &folder);
        program.run()
    };
    let ended = publish(&bench).expect(0);
    let skopeo = Skopeo::trusting(&bench.sandbox);
    let key = bench.sandbox.fingerprint("sandbox");
    for index in 0..3 {
        let reference = format!("registry.example.com/ns/app:{index}");
        let said = format!("{reference} {}", digest(&manifest(index)));
        assert!(ended.stdout.lines().any(|line| line == said), "{}", ended.stdout);
        let kept = folder.join(index.to_string());
        assert_eq!(skopeo.verify(&manifest(index), &reference, key, &kept), Ok(()));
    }

    let refused = ReplyAct::ServerError {
        errors: vec!["no such key".to_owned()],
        signing_status: "failure".to_owned(),
    };
    bench.sandbox.set_behaviours(vec![rule(When::Request(5), refused)]);
    let ended = publish(&bench).expect(1);
    ended.says("registry.example.com/ns/app:1: refused: no such key");
    assert_eq!(ended.stdout.lines().count(), 2);
}

#[test]
fn a_release_begins_only_if_its_signing_can_work() {
    let bench = Bench::new();
    let begun = bench.folder().join("begun");
    let words = ["touch", begun.to_str().unwrap()];
    let down = format!("[\"amqps://localhost:{}\"]", peer::closed_port());
    let config = bench.config().set("messaging_brokers", &down).patience(1, 1, 1);
    let ended = script(&bench, &config, "release", &words).run().expect(69);
    ended.says("release: not begun");
    assert!(!begun.exists());
    script(&bench, &bench.config(), "release", &words).run().expect(0);
    assert!(begun.exists());
    assert_eq!(bench.record().requests.len(), 0);
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Scripts of other programs would find out too late that a shell reads them in another way.
#[test]
fn scripts_are_for_every_shell() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scripts");
    let scripts: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(scripts.len() >= 3);
    for path in scripts {
        assert!(fs::read_to_string(&path).unwrap().starts_with("#!/bin/sh\n"), "{path:?}");
        for shell in ["sh", "bash"] {
            let status = Command::new(shell).arg("-n").arg(&path).stdin(Stdio::null()).status();
            assert!(status.unwrap().success(), "{shell} {path:?}");
        }
    }
}
